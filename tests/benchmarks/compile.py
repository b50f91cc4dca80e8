"""From blocks to a mail that can be filled in: once per version and language, and again for each keystroke's preview.

The mail is the one of `benchmark render`. Beside it MJML alone (the library that turns it into HTML), which is the part
that no compiler of ours can save.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, transaction

from tests.benchmarks import render


class _Undo(Exception):
    """Everything this benchmark writes is rolled back."""


def run(n: int = 20) -> Iterator[dict[str, Any]]:
    """Yield the measured lines of n compilations."""
    lines: list[dict[str, Any]] = []
    try:
        with transaction.atomic():
            lines = _measure(n)
            raise _Undo
    except _Undo:
        yield from lines


def _measure(n: int) -> list[dict[str, Any]]:
    import mjml

    from campaigns.content import compiled, lint, web
    from campaigns.content.blocks import CompileEnv

    campaign, _deliveries = render.seed(1)
    version = campaign.content_version
    body = version.bodies.get()
    brand = version.content.brand
    env = CompileEnv(brand, body.language, campaign, "self", {})
    source = compiled.code(body, env, "mjml")

    def ready() -> None:
        compiled.forget()
        compiled.load(campaign, version, "en")

    return [
        _line("MJML alone", "", _median(lambda: mjml.mjml2html(source, disable_comments=False, fonts={}), n), n),
        _line("compile", "MJML alone", _median(ready, n), n),
        _line("preview of a keystroke", "", _median(lambda: web.preview(body, brand), n), n),
        _line("findings on save", "", _median(lambda: lint.body_findings(body, brand), n), n),
    ]


def _median(work: Callable[[], object], n: int) -> float:
    work()
    times = []
    for _round in range(n):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times) * 1000


def _line(name: str, against: str, value: float, n: int) -> dict[str, Any]:
    told = {"name": name, "value": round(value, 2), "unit": "ms", "n": n, "database": connection.vendor}
    return {**told, "against": against} if against else told
