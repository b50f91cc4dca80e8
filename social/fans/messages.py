"""Level 3: a code that she sends us by direct message, or shows in a shop to somebody who looks at her phone.

code = ask(ann, "instagram")                                  # her offer page shows it for two days
proof = enter("7K2-M9PQ", by=user, handle="@ann.lyon")        # the community manager read it in a message of @ann.lyon
look("7K2-M9PQ", by=till)                                     # whose and of which network, before a proof is given
proof = enter("7K2-M9PQ", by=till, in_shop=True)              # a cashier saw on her phone that she follows
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import audit, identities
from contacts.models import Contact, Identity
from social.fans import pairing, proofs
from social.models import FanCode, FanProof
from social.models.fans import FanLevel
from social.offers import attempts
from social.offers.reasons import Reason, Refused
from social.tills import Till

BY_MESSAGE, BY_STAFF = "message", "staff"
LIFE = timedelta(days=2)  # a message is often read the next day


def ask(contact: Contact, network: str) -> FanCode:
    """Return the code she may send or show; the one she has while it holds.

    Writes:  FanCode.
    """
    return known(contact, network) or pairing.make(FanCode.Kind.ASK, network=network, life=LIFE, contact=contact)


def known(contact: Contact, network: str) -> FanCode | None:
    """Return the code she asked for and has not used yet."""
    hers = FanCode.objects.filter(
        kind=FanCode.Kind.ASK, contact=contact, network=network, used_at__isnull=True, expires_at__gt=timezone.now()
    )
    return hers.order_by("-created_at").first()


def look(raw: str, *, by: AbstractBaseUser | Till) -> FanCode:
    """Return the code that was typed, with its contact, while it can be used.

    Writes:  Attempt for a wrong code.
    Raises:  Refused(FAN_CODE_UNKNOWN | TOO_MANY_ATTEMPTS).
    """
    who = _who(by)
    attempts.brake(who)
    code = pairing.find(FanCode.Kind.ASK, raw)
    if code is None or code.contact is None or code.used_at is not None:
        attempts.note(Reason.FAN_CODE_UNKNOWN, raw[:40], who=who, place=by.place if isinstance(by, Till) else None)
        raise Refused(Reason.FAN_CODE_UNKNOWN)
    return code


def enter(
    raw: str,
    *,
    by: AbstractBaseUser | Till,
    handle: str = "",
    in_shop: bool = False,
) -> FanProof:
    """Return the proof of the person whose code this is.

    A handle is kept as hers, confirmed, so that the brand's list of followers finds her later. A till's proof names
    the shop and the cashier who looked.

    Writes:  FanCode, FanProof, Identity, AuditEntry; Attempt for a wrong code.
    Raises:  Refused(FAN_CODE_UNKNOWN | TOO_MANY_ATTEMPTS).
    """
    code = look(raw, by=by)
    evidence: dict[str, Any] = {"by": _who(by), **({"handle": handle} if handle else {})}
    if isinstance(by, Till):
        evidence |= {"place": by.place.pk, "staff": by.staff.pk if by.staff else None}
    with transaction.atomic():
        if code.contact is None or not pairing.spend(code):
            raise Refused(Reason.FAN_CODE_UNKNOWN)
        method = BY_STAFF if in_shop else BY_MESSAGE
        proof = proofs.give(code.contact, code.network, FanLevel.CODE, method, evidence)
        if handle:
            _keep_handle(code.contact, code.network, handle)
        audit.record(_who(by) if isinstance(by, Till) else by, "entered fan code", proof, level=proof.level)
    return proof


def _who(by: AbstractBaseUser | Till) -> str:
    return f"device:{by.device.pk}" if isinstance(by, Till) else f"user:{by.pk}"


def _keep_handle(contact: Contact, network: str, handle: str) -> None:
    try:
        with transaction.atomic():
            identities.attach(
                contact, Identity.Kind.HANDLE, f"{network}:{handle}", Identity.Proof.CONFIRMED, _("direct message")
            )
    except (identities.IdentityTaken, ValueError):
        return  # somebody else has it, or it is none: the proof stands on the message
