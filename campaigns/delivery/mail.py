"""A mail on its way through a relay, and what a relay reports about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from campaigns.models import Delivery

if TYPE_CHECKING:
    from campaigns.content.merging import Letter


@dataclass(slots=True, eq=False)
class Mail:
    """A claimed row with its message: complete RFC 5322 bytes, CRLF, no line that starts with a dot."""

    row: Delivery
    envelope_from: str
    recipient: str
    message: bytes
    letter: Letter | None = None  # before it was bytes, for providers that take many a call

    @property
    def held(self) -> tuple[int, int]:
        """The row as the ledger knows it: (id, fence)."""
        return self.row.id, self.row.fence


@dataclass(slots=True)
class Outcome:
    """What a relay learned about one mail.

    `code` 0 = no reply. `is_dotted`: the final dot (or an API call) had gone out. Then no reply means doubt; before,
    nothing happened.
    """

    mail: Mail
    code: int
    text: str
    is_dotted: bool = False


class Feed(Protocol):
    """Where a relay gets its mails."""

    def buffered(self) -> int:
        """Return how many mails are claimed and not handed out."""

    def next(self) -> Mail | None:
        """Return a mail, None when there is none now."""

    def is_exhausted(self) -> bool:
        """Say whether nothing will come any more in this turn."""

    def give_back(self, mail: Mail) -> None:
        """Take back a mail that was not tried."""

    def prepare(self, seconds: float, enough: int) -> None:
        """Render in time that is idle otherwise: until it is over or `enough` mails are ready."""

    def fetch_ahead(self) -> bool:
        """Claim the next rows while the last ones are on their way, and say whether that wrote to the database."""


class Desk(Protocol):
    """Where a relay asks for leave to send and reports."""

    def settle(self, outcomes: list[Outcome], ready: list[Mail]) -> set[int]:
        """Record outcomes and commit the intents of `ready` in one transaction; return the ids that may go out now."""

    def tick(self) -> None:
        """Keep the leases; called at least every few seconds."""

    def relay_failed(self, why: str) -> None:
        """Note that the relay itself fails."""

    def is_stopped(self) -> bool:
        """Say whether the process was asked to stop."""
