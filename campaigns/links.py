"""Links: the numbers behind `/c/<t>/<n>` and the public tokens behind `/v/` and `/q/`; the target may change live.

link = number_for(campaign, version, "b3", "https://shop.example/sale")   # → number 3, the same for later versions
retarget(link, "https://shop.example/sale-extended", by=request.user)      # live on every node within seconds
public(Link.Kind.QR, campaign=campaign, target="https://…")                # → link.token, 80 random bits
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Max

from campaigns.models import Campaign, ContentVersion, Link, LinkTarget
from campaigns.tracking import targets
from campaigns.tracking.tokens import public_token
from contacts.models import Contact


def number_for(campaign: Campaign, version: ContentVersion | None, block: str, target: str) -> Link:
    """Return the campaign's link for this block and target: the one an earlier version took, else the next number.

    A link that was retargeted meanwhile is found by its former target too, so a new version keeps the change.

    Reads:   Link, LinkTarget of the campaign. `version` says who asks; numbers belong to the campaign.
    Writes:  one Link when the pair is new.
    """
    for _attempt in range(50):
        found = _same_place(campaign, block, target)
        if found is not None:
            return found
        last = Link.objects.filter(campaign=campaign).aggregate(last=Max("number"))["last"] or 0
        try:
            with transaction.atomic():
                link = Link.objects.create(campaign=campaign, number=last + 1, block=block, target=target)
        except IntegrityError:
            continue  # another compiler took the number first
        _publish(link)
        return link
    raise IntegrityError(f"Campaign {campaign.pk}: no free link number after 50 tries.")


def public(
    kind: str,
    *,
    campaign: Campaign | None = None,
    contact: Contact | None = None,
    target: str = "",
    block: str = "",
    expires_at: datetime | None = None,
) -> Link:
    """Return a new link with a random public token of 80 bits: it grants a visit and nothing else."""
    link = Link.objects.create(
        kind=kind,
        token=public_token(80),
        campaign=campaign,
        contact=contact,
        target=target,
        block=block,
        expires_at=expires_at,
    )
    _publish(link)
    return link


def retarget(link: Link, target: str, by: AbstractBaseUser | None) -> None:
    """Send the link elsewhere from now on, also in mails already sent.

    Writes:  LinkTarget with the former target and who changed it; Link; this node's cache at commit, the others'
             by their ingest within a second.
    """
    if target == link.target:
        return
    with transaction.atomic():
        LinkTarget.objects.create(link=link, target=link.target, changed_by_id=by.pk if by is not None else None)
        link.target = target
        link.save(update_fields=["target", "updated_at"])
        _publish(link)


def _same_place(campaign: Campaign, block: str, target: str) -> Link | None:
    here = Link.objects.filter(kind=Link.Kind.CLICK, campaign=campaign, block=block, number__isnull=False)
    return (
        here.filter(target=target).order_by("number").first()
        or here.filter(former_targets__target=target).order_by("number").first()
    )


def _publish(link: Link) -> None:
    transaction.on_commit(lambda: targets.put([link]), robust=True)
