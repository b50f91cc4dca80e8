"""One mail to one person now, asked for by a partner: the same ledger and the same fences as every other mail.

send("order_ready", ann, {"order": "1042"}, "api:key:ab12:order-1042")     # → Delivery, queued
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from campaigns.delivery import control, notices
from campaigns.models import Campaign, Delivery
from contacts.models import Contact, Notice

LONGEST_OCCASION = 120  # characters of Delivery.occasion


class NotSwitchedOn(ValueError):
    """No mail with this trigger is being sent; the message names those that are."""


class NoAddress(ValueError):
    """The contact cannot be written to: she has no e-mail address."""


def send(trigger: str, contact: Contact, values: dict[str, Any], occasion: str, *, brand: str = "") -> Delivery:
    """Queue the mail of a trigger for one contact, once per occasion, and return its row, new or known.

    `brand` is the slug of the brand that writes; needed only where several have a mail with this trigger.

    Writes:  Delivery; the workers are told after the commit.
    Raises:  NotSwitchedOn, NoAddress. Whether she may be written to is asked at the intent, as for every mail.
    """
    if not contact.email:
        raise NoAddress(_("Contact %(id)s has no e-mail address. Give her one first.") % {"id": contact.pk})
    campaign = _campaign(trigger, brand)
    row = notices.delivery(Notice(contact=contact, kind=trigger, key=occasion, payload=values), campaign)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # this occasion has its mail already
        return Delivery.objects.get(campaign=campaign, contact=contact, occasion=occasion)
    transaction.on_commit(lambda: control.hint(campaign))
    return row


def occasion(client: str, key: str) -> str:
    """Return the occasion of a client's key: readable where it fits, else its hash."""
    text = f"api:{client}:{key}"
    return text if len(text) <= LONGEST_OCCASION else f"api:{hashlib.sha256(text.encode()).hexdigest()}"


def _campaign(trigger: str, brand: str) -> Campaign:
    switched_on = Campaign.objects.filter(kind=Campaign.Kind.TRANSACTIONAL, state=Campaign.State.SENDING)
    if brand:
        switched_on = switched_on.filter(topic__brand__slug=brand)
    found = list(switched_on.filter(trigger=trigger).select_related("content__brand", "topic__brand").order_by("pk"))
    if len(found) > 1:
        brands = ", ".join(sorted(each.topic.brand.slug for each in found if each.topic))
        raise NotSwitchedOn(
            _("Several brands send “%(trigger)s”: %(brands)s. Name one as brand.")
            % {"trigger": trigger, "brands": brands}
        )
    if not found:
        names = ", ".join(switched_on.order_by("trigger").values_list("trigger", flat=True)) or _("none")
        raise NotSwitchedOn(
            _("No mail with the trigger “%(trigger)s” is switched on. Switched on are: %(names)s.")
            % {"trigger": trigger, "names": names}
        )
    return found[0]
