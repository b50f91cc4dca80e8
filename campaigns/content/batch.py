"""A batch of deliveries becomes a batch of messages: a constant number of queries, and a bad row fails alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.models import Campaign, Delivery


@dataclass(slots=True)
class Outgoing:
    """One message ready for the wire, or the `error` that kept it from being made (then `message` is empty).

    `recipient` and `envelope_from` are bare addresses; `message` has CRLF line ends, no line longer than 998 octets
    and none that starts with a dot, so it needs no dot-stuffing.
    """

    delivery_id: int
    envelope_from: str
    recipient: str
    message: bytes
    error: str = ""


def messages(campaign: Campaign, deliveries: Sequence[Delivery]) -> list[Outgoing]:
    """Return one `Outgoing` per delivery, in their order."""
    raise NotImplementedError
