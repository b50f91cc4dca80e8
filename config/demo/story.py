"""The demo from the first line of the import to the last order, each stage once.

told = tell(contacts=1000, say=print)
told.report.sentence, told.addresses["offer"]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from campaigns.delivery import control, notices, sender
from campaigns.models import Campaign, Delivery
from campaigns.reports import CampaignReport, campaign_report
from config.demo import doors, letters, orders, play, till
from config.demo import notices as events
from config.demo.addresses import addresses
from config.demo.contacts import bring
from config.demo.marks import once
from config.demo.shop import Shop, open_shop
from contacts.models import Job

AGO = timedelta(hours=46)  # when the demo's campaign was sent


@dataclass(frozen=True)
class Told:
    """What the demo made: the campaign's report, the addresses to open, and what to know beside."""

    report: CampaignReport
    addresses: dict[str, str]
    remarks: list[str]


def tell(*, contacts: int, say: Callable[[str], None]) -> Told:
    """Play the whole story, stage by stage; stages already played are passed over."""
    shop = open_shop()
    job = bring(shop, contacts)
    say(imported(job))
    triggered = events.on_events(shop)
    campaign = letters.autumn(shop)
    letters.christmas(shop)
    once("sent", lambda: _send(campaign, shop))
    campaign.refresh_from_db()
    say(_("Playing what fans, friends and machines do…"))
    _play(shop, campaign, triggered)
    return Told(campaign_report(campaign), addresses(shop, campaign), till.remarks(shop))


def imported(job: Job) -> str:
    """Return the import's outcome as a sentence; its parts add up to the lines of the file."""
    counts = {name: f"{job.counts.get(name, 0):,}" for name in ("lines", "created", "updated", "unchanged", "rejected")}
    return (
        _(
            "Imported %(lines)s lines: %(created)s new contacts, %(updated)s updated, %(unchanged)s unchanged,"
            " %(rejected)s rejected with a reason each."
        )
        % counts
    )


def _send(campaign: Campaign, shop: Shop) -> None:
    """Send into the Outbox, then let the campaign be two days old."""
    if campaign.state == Campaign.State.DRAFT:
        control.start(campaign, shop.admin)
    sender.run(campaign)
    Delivery.objects.filter(campaign=campaign, sent_at__isnull=False).update(sent_at=F("sent_at") - AGO)
    Campaign.objects.filter(pk=campaign.pk).update(
        started_at=F("started_at") - AGO, finished_at=F("finished_at") - AGO, audience_at=F("audience_at") - AGO
    )


def _play(shop: Shop, campaign: Campaign, triggered: dict[str, Campaign]) -> None:
    story = play.tell(shop, campaign)
    once("opens", lambda: play.opens(story))
    once("leaves", lambda: play.leaves(story))
    once("shares", lambda: play.shares(story))
    once("visits", lambda: play.visits(story))
    once("confirmations", _post)
    once("friends", lambda: play.friends(story, triggered["confirm_subscription"]))
    once("claims", lambda: play.claims(story))
    till.staff(shop)
    once("till", lambda: till.redeem(story))
    once("orders", lambda: orders.report(story))
    once("thanks", _post)
    doors.close()


def _post() -> None:
    """Send what was asked for meanwhile: confirmations, welcomes, thanks."""
    notices.drain()
    sender.run()
