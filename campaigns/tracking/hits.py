"""One line of a spool, read back: who loaded what, when, from where. Upper floors' handlers get these.

    class Module:                                   # named in settings.HIT_HANDLERS
        KINDS = "v"                                 # letters of the paths it takes: 'v' friend's page, 'q' QR code
        def handle(hits: Sequence[Hit], batch: Batch) -> None:
            batch.add(Act(kind="earned_visit", at=hits[0].at, key=hits[0].key, ...))

`handle` runs inside the ingest's transaction, with only its own kinds, already classified. It writes its own rows, adds
events by `batch.add`, and must answer the same when run again for the same keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from campaigns.models import Link
from campaigns.tracking.rollups import Act
from contacts.signup import ip_prefix


@dataclass(slots=True)
class Hit:
    """One request that the front accepted.

    kind        'o' pixel, 'c' click, 'w' web version, 'f' offer's page, 'v' friend's page, 'q' QR code,
                'p' button that asks for consent
    token       the mail token's payload is in campaign_id and delivery_id; for 'v' and 'q' the public token as stored
    number      the link's number ('c')
    ip          full address, in memory only: never stored
    flags       'h' a HEAD request, 'p' a prefetch, '' neither
    key         'spool:<file>:<offset>', unique for ever
    verdict …   set by classify before handlers run
    """

    kind: str
    at: datetime
    key: str
    token: str
    number: int = 0
    flags: str = ""
    ip: str = ""
    user_agent: str = ""
    referer: str = ""
    language: str = ""
    campaign_id: int | None = None
    delivery_id: int | None = None
    contact_id: int | None = None
    link_id: int | None = None
    verdict: str = "human"
    rule: str = ""
    ruleset: int = 0
    device: str = ""
    os: str = ""
    network: str = ""
    country: str = ""
    range: str | None = None

    @property
    def ip_prefix(self) -> str:
        """The address range that may be stored for 30 days: /24 or /48; worked out once."""
        if self.range is None:
            self.range = ip_prefix(self.ip)
        return self.range


@dataclass
class Batch:
    """What handlers share: links of the batch by public token, and the events they add."""

    links: dict[str, Link] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)

    def add(self, act: Act) -> None:
        """Store this event with the batch; `act.key` must be unique, the hit's own key is."""
        self.acts.append(act)


class Handler(Protocol):
    """A module of settings.HIT_HANDLERS."""

    KINDS: str

    def handle(self, hits: Sequence[Hit], batch: Batch) -> None: ...
