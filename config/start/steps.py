"""The steps to a first campaign, each with what is done of it already; of a shop's manager her own two.

steps.of(marie)      # → [Step("begin", "Begin a campaign", …, is_done=True), …]
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from campaigns import founding, writers
from campaigns.models import Campaign
from config.needs import url
from contacts.models import Contact
from social.models import Offer


@dataclass(frozen=True)
class Step:
    """One step: where it is done, in words, and whether it is."""

    key: str
    title: str
    words: str
    url: str
    is_done: bool = False


def of(by: User) -> list[Step]:
    """Return the steps of a person who may write campaigns; none of another. Reads: one row of each table at most."""
    if not by.has_perm("campaigns.add_campaign"):
        return []
    drafts = writers.visible(by).filter(state=Campaign.State.DRAFT).order_by("-pk")
    draft = drafts.values_list("pk", flat=True).first()
    is_sent = writers.visible(by).filter(started_at__isnull=False, kind=Campaign.Kind.CAMPAIGN).exists()
    add = url("admin:campaigns_campaign_add")
    send = Step(
        "send",
        _("Look it through and send"),
        _("the check tells what is missing before anything leaves"),
        url("admin:campaigns_campaign_change", draft) if draft else add,
        is_sent,
    )
    if writers.is_bound(by):
        words = _("with a template approved for shops; it goes to the people of your shop")
        return [Step("begin", _("Begin a campaign"), words, add, is_sent or draft is not None), send]
    return [
        Step(
            "begin",
            _("Begin a campaign"),
            _("say who writes and choose a ready letter; nothing is sent yet"),
            add,
            not founding.missing(),
        ),
        Step(
            "people",
            _("Import your contacts"),
            _("a CSV file of any usual export; its columns are recognised"),
            url("admin:contacts_job_import"),
            Contact.objects.exists(),
        ),
        Step(
            "offer",
            _("Make an offer"),
            _("that only your fans get, with a code and a QR of each person; it may wait"),
            url("admin:social_offer_changelist"),
            Offer.objects.exists(),
        ),
        send,
    ]
