"""Why a referral is looked at by a person: the sponsor under another name, or many friends that are none.

    reasons_of(share_link, "ann+x@gmail.com", origin="9c…", same_device=False)   # → ["same_mailbox"]
    evidence(referral)                                                           # → sentences for who decides

Nothing is refused by itself: who lives together, or signs up at one fair, is looked at and then counts.
Source: the checks that referral systems share: canonical address, device, disposable domains, bursts from one network.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from social.models import EarnedVisit, Referral, ShareLink

DOTLESS = ("gmail.com", "googlemail.com")  # their mailboxes ignore dots. Source: support.google.com/mail/answer/7436150
SAME_MAILBOX, SAME_DEVICE, DISPOSABLE = "same_mailbox", "same_device", "disposable"
SAME_ORIGIN, MANY_TODAY = "same_origin", "many_today"
RETURNED = "order_returned"  # everything the friend bought came back
FROM_ONE_PLACE = 3  # friends of one sponsor from one network on one day; the next is looked at
A_DAY = 20  # friends of one sponsor within 24 hours; the next is looked at


def reasons_of(share_link: ShareLink, address: str, *, origin: str = "", same_device: bool = False) -> list[str]:
    """Return why this sign-up is to be looked at, [] for nothing.

    Reads:   Referral of the sponsor, of the last 24 hours.
    """
    sponsor, found = share_link.contact, []
    if sponsor is not None and sponsor.email and mailbox(sponsor.email) == mailbox(address):
        found.append(SAME_MAILBOX)
    if same_device:
        found.append(SAME_DEVICE)
    if is_disposable(address):
        found.append(DISPOSABLE)
    if sponsor is None:
        return found
    lately = Referral.objects.filter(sponsor=sponsor, created_at__gt=timezone.now() - timedelta(days=1))
    if origin and lately.filter(origin=origin).count() >= FROM_ONE_PLACE:
        found.append(SAME_ORIGIN)
    if lately.count() >= A_DAY:
        found.append(MANY_TODAY)
    return found


def mailbox(address: str) -> str:
    """Return the mailbox behind an address: without plus-tag, without dots where the provider ignores them."""
    local, _at, domain = address.lower().rpartition("@")
    local = local.partition("+")[0]
    if domain in DOTLESS:
        return f"{local.replace('.', '')}@{DOTLESS[0]}"
    return f"{local}@{domain}"


def is_disposable(address: str) -> bool:
    """Whether the address is of a provider whose mailboxes last for minutes."""
    labels = address.lower().rpartition("@")[2].split(".")
    return any(".".join(labels[start:]) in disposable() for start in range(len(labels) - 1))


@cache
def disposable() -> frozenset[str]:
    """Return the domains of disposable_domains.txt."""
    lines = (Path(__file__).parent / "disposable_domains.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def words(reason: str) -> str:
    """Return a reason in words: ours by name, a person's as she wrote it."""
    ours = {
        SAME_MAILBOX: _("the same mailbox as the sponsor's"),
        SAME_DEVICE: _("signed up on the sponsor's device"),
        DISPOSABLE: _("an address that lasts for minutes"),
        SAME_ORIGIN: _("more than %(n)d friends from one network on one day") % {"n": FROM_ONE_PLACE},
        MANY_TODAY: _("more than %(n)d friends within a day") % {"n": A_DAY},
        RETURNED: _("everything the friend bought came back"),
    }
    return ours.get(reason, reason)


def evidence(referral: Referral) -> list[str]:
    """Return what is known about a referral, in sentences, for the person who decides.

    Reads:   Referral of the sponsor, EarnedVisit of the link.
    """
    told = [_("Noted: %(reason)s.") % {"reason": words(reason)} for reason in referral.reasons]
    if referral.origin:
        n = _others(referral).filter(origin=referral.origin).count()
        told.append(ngettext("%(n)d other friend came from the same network that day.",
                             "%(n)d other friends came from the same network that day.", n) % {"n": n})  # fmt: skip
    if referral.sponsor_id is not None:
        told += _of_sponsor(referral)
    if referral.share_link_id is not None:
        seen = EarnedVisit.objects.filter(share_link=referral.share_link_id, is_sharer=False)
        n = seen.filter(first_at__lte=referral.created_at).count()
        told.append(ngettext("%(n)d visitor was on the link before she signed up.",
                             "%(n)d visitors were on the link before she signed up.", n) % {"n": n})  # fmt: skip
    if referral.confirmed_at is not None:
        minutes = max(0, round((referral.confirmed_at - referral.created_at).total_seconds() / 60))
        told.append(ngettext("She confirmed after %(n)d minute.", "She confirmed after %(n)d minutes.", minutes)
                    % {"n": minutes})  # fmt: skip
    return told


def _of_sponsor(referral: Referral) -> list[str]:
    every = _others(referral)
    brought, voided = every.count(), every.filter(state=Referral.State.VOIDED).count()
    first = ngettext("The sponsor brought %(n)d other friend", "The sponsor brought %(n)d other friends", brought)
    return [first % {"n": brought} + ", " + ngettext("%(n)d voided.", "%(n)d voided.", voided) % {"n": voided}]


def _others(referral: Referral) -> QuerySet[Referral]:
    return Referral.objects.filter(sponsor=referral.sponsor_id).exclude(pk=referral.pk)
