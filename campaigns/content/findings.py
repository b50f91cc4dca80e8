"""What is wrong with a mail, where, and what to do about it: one sentence each, shown on save and before sending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark. An `error` stops publishing and sending, a `warning` asks for a look, a `note` informs.

    `where` is for people: `fr, block 3 (button)`; `code` is for programs and tests: `merge.unknown`.
    """

    level: Level
    code: str
    message: str
    remedy: str = ""
    where: str = ""


class BadContent(ValueError):
    """The content cannot be compiled or saved; `findings` says why, block by block."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("; ".join(" ".join(filter(None, (f.where, f.message, f.remedy))) for f in findings))


def errors(findings: list[Finding]) -> list[Finding]:
    """Return those that forbid to go on."""
    return [finding for finding in findings if finding.level == "error"]
