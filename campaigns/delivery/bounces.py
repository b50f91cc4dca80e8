"""What follows when a mail comes back later: by our bounce mailbox, a pipe, or a provider's webhook. One vocabulary.

take(raw)                     # → "bounce", "complaint", "auto_reply", …; unknown and forged ones change nothing
came_back(42, 550, "5.1.1 no such user")
complained(42)
accepted(42)                  # proof that a mail in doubt was taken

Each verb may be repeated and come in any order: what it writes is written once, on the delivery's row.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.delivery import consequences, control, replies, returned
from campaigns.delivery.replies import Fault
from campaigns.models import Campaign, Delivery
from campaigns.tracking import events
from contacts import manners, suppression
from contacts.models import Suppression
from contacts.scrubbing import scrub

logger = logging.getLogger(__name__)
State = Delivery.State
LEAST_RETURNS, LEAST_COMPLAINTS = 10, 5  # below these a share says nothing


def take(raw: bytes, envelope: str = "") -> str:
    """Draw the consequences of one returned mail and return what it was; "unmatched" when it is about no mail of ours.

    Writes:  as `came_back` and `complained`.
    """
    report = returned.read(raw, envelope)
    if report.kind in {"unknown", "auto_reply"}:
        return report.kind
    row = find(report.delivery.campaign_id, report.delivery.delivery_id) if report.delivery else None
    if row is None:
        return "unmatched"
    if report.kind == "bounce":
        came_back(row, report.code, report.text)
    elif report.kind == "complaint":
        complained(row)
    else:
        accepted(row)
    return report.kind


def find(campaign_id: int, delivery_id: int) -> Delivery | None:
    """Return the delivery of a token or of a provider's metadata, None when there is none."""
    rows = Delivery.objects.filter(pk=delivery_id, campaign_id=campaign_id) if campaign_id and delivery_id else None
    return rows.select_related("campaign", "contact").first() if rows is not None else None


def came_back(row: Delivery, code: int, text: str) -> bool:
    """Note that a mail came back and say whether that was news.

    Writes:  Delivery.bounced_at and the reply; a bounce event; a Suppression where the contact's address is at fault; a
             pause where we are.
    """
    judged = replies.judge(code, text)
    with transaction.atomic():
        accepted(row)  # who sends it back had taken it
        values = {"bounced_at": manners.database_now(), "reply_code": code or None, "reply": scrub(text)[:300]}
        if not Delivery.objects.filter(pk=row.pk, bounced_at=None).update(**values):
            return False
        row.refresh_from_db()
        consequences.note_bounce(row)
        if judged.fault is Fault.CONTACT and row.contact and row.contact.email:
            suppress_if_at_fault(row, row.contact.email, judged, code, text)
    if judged.fault is Fault.SENDER:
        pause_if_refused(row.campaign)
    logger.info("campaign=%s delivery=%s came back code=%s", row.campaign_id, row.pk, code)
    return True


def suppress_if_at_fault(row: Delivery, email: str, judged: replies.Judgement, code: int, text: str) -> None:
    """Suppress an address that does not exist at once, one that is full or unreachable after several returns."""
    is_soft = judged is replies.FULL_MAILBOX or not judged.is_final
    if judged.is_hard:
        reason = Suppression.Reason.HARD_BOUNCE
    elif is_soft and consequences.has_bounced_long(row):
        reason = Suppression.Reason.SOFT_BOUNCES
    else:
        return
    detail = f"{code} {replies.enhanced(text)}".strip()
    suppression.suppress(email, reason, detail=detail, source=consequences.source(row))


def complained(row: Delivery) -> bool:
    """Note that the person called the mail unwanted and say whether that was news.

    Writes:  Delivery.complained_at, a complaint event, a Suppression of the address; a pause when there are many.
    """
    with transaction.atomic():
        accepted(row)
        if not Delivery.objects.filter(pk=row.pk, complained_at=None).update(complained_at=manners.database_now()):
            return False
        events.record("complaint", key=f"complaint:{row.pk}", contact=row.contact, campaign=row.campaign, delivery=row)
        if row.contact and row.contact.email:
            suppression.suppress(row.contact.email, Suppression.Reason.COMPLAINT, source=consequences.source(row))
    pause_if_unwanted(row.campaign)
    return True


def accepted(row: Delivery) -> bool:
    """Settle a mail in doubt as sent, for there is proof, and say whether it was in doubt."""
    values = {"state": State.SENT, "sent_at": manners.database_now(), "reply": "proven later"}
    return bool(Delivery.objects.filter(pk=row.pk, state=State.AMBIGUOUS).update(**values))


def refused_later(row: Delivery, text: str) -> bool:
    """Note that a provider dropped a mail that it had taken, for a reason of its own; nobody is suppressed."""
    with transaction.atomic():
        accepted(row)
        values = {"state": State.FAILED, "reply": scrub(text)[:300]}
        return bool(Delivery.objects.filter(pk=row.pk, state=State.SENT).update(**values))


def pause_if_refused(campaign: Campaign) -> None:
    """Pause a campaign of which receivers send back too much for our own fault."""
    ours = Delivery.objects.filter(campaign=campaign, bounced_at__isnull=False, reply__contains="5.7.").count()
    sent = Delivery.objects.filter(campaign=campaign, state=State.SENT).count()
    if ours >= LEAST_RETURNS and ours * 100 > settings.PAUSE_POLICY_PERCENT * sent:
        words = _(
            "%(n)s mails came back because receivers refuse us, not single addresses. Have the domain's SPF, DKIM and "
            "DMARC and the relay checked, then resume; nobody was suppressed for it."
        )
        pause(campaign, words % {"n": ours})


def pause_if_unwanted(campaign: Campaign) -> None:
    """Pause a campaign about which too many people complain."""
    n = Delivery.objects.filter(campaign=campaign, complained_at__isnull=False).count()
    if n < LEAST_COMPLAINTS:
        return
    sent = Delivery.objects.filter(campaign=campaign, state=State.SENT).count()
    if n * 1000 > settings.PAUSE_COMPLAINTS_PER_THOUSAND * sent:
        words = _(
            "%(n)s of %(sent)s people complained about this mail: providers block senders above 3 in 1,000. "
            "Look at where the list comes from and what the mail promises before you resume."
        )
        pause(campaign, words % {"n": n, "sent": sent})


def pause(campaign: Campaign, reason: str) -> None:
    try:
        control.pause(campaign, reason, "bounces")
    except control.WrongState:
        logger.info("campaign=%s was not sending any more", campaign.pk)
