"""Who asks at a till, and what she is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contacts.models import Contact
from social.models import Claim, Device, FanProof, Offer, Redemption, StaffMember

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Who:
    """Who redeems: `client` names the asker for idempotency and the brake (`device:3`, `key:<prefix>`, `user:1`)."""

    client: str
    channel: str = Redemption.Channel.POS
    device: Device | None = None
    staff: StaffMember | None = None
    user: User | None = None

    @classmethod
    def at_till(cls, device: Device, staff: StaffMember) -> Who:
        """Return a cashier at an enrolled till."""
        return cls(client=f"device:{device.pk}", device=device, staff=staff)

    @classmethod
    def by_key(cls, prefix: str) -> Who:
        """Return a partner's till or shop, by its API key."""
        return cls(client=f"key:{prefix}", channel=Redemption.Channel.API)

    @classmethod
    def by_user(cls, user: User) -> Who:
        """Return a person signed in to the admin."""
        return cls(client=f"user:{user.pk}", user=user)


@dataclass(frozen=True)
class Verdict:
    """What a till shows: `reason` '' is green. Offer and holder are None when the code is unknown."""

    reason: str
    detail: dict[str, Any] = field(default_factory=dict)
    offer: Offer | None = None
    claim: Claim | None = None
    contact: Contact | None = None
    proof: FanProof | None = None

    @property
    def is_good(self) -> bool:
        """Say whether it may be redeemed now."""
        return not self.reason

    @property
    def first_name(self) -> str:
        """The holder's first name: all that a cashier sees of her."""
        return self.contact.first_name if self.contact else ""
