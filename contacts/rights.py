"""A person's own way to her data: a fresh link, mailed to the address on file, good for a day.

ask(ann)                       # → a mail with a link; the link of an old mail may have been passed on
contact = whose("k7x2…")       # → ann, within a day
change_address(ann, "ann@new.example", by="herself")

An address that nobody has gets no mail, and whoever asks cannot tell.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contacts import audit, consent, identities, suppression
from contacts.models import Contact, Identity, Notice, Subscription, Suppression

NOTICE = "your_data"
LIFETIME = timedelta(hours=24)
GAP = timedelta(hours=1)  # between two such mails, so that nobody's inbox can be flooded
FOLLOWS = {Suppression.Reason.UNSUBSCRIBED_ALL, Suppression.Reason.COMPLAINT}  # a person's no goes with her


def ask(contact: Contact, now: datetime | None = None) -> Notice | None:
    """Mail the contact a fresh link to her data and return the Notice; None when one went out within the hour.

    Writes:  Notice "your_data"; its key is the hash of the link's token, so no table holds the token to look up.
    """
    now = now or timezone.now()
    if not contact.email or contact.unsendable:
        return None
    with transaction.atomic():
        Contact.objects.select_for_update().get(pk=contact.pk)
        if Notice.objects.filter(contact=contact, kind=NOTICE, created_at__gt=now - GAP).exists():
            return None
        token = secrets.token_hex(16)
        url = f"{settings.SITE_URL}/your-data/{token}/"
        return Notice.objects.create(
            contact=contact, kind=NOTICE, key=_key(token), payload={"url": url, "address": contact.address_hash}
        )


def whose(token: str, now: datetime | None = None) -> Contact | None:
    """Return the contact whose fresh link this is; None for one that is unknown, a day old, or of an address left."""
    since = (now or timezone.now()) - LIFETIME
    notice = Notice.objects.filter(key=_key(token), kind=NOTICE, created_at__gt=since).select_related("contact").first()
    if notice is None or notice.payload.get("address") != notice.contact.address_hash:
        return None
    return notice.contact


def _key(token: str) -> str:
    return f"{NOTICE}:{hashlib.sha256(token.encode()).hexdigest()}"


def change_address(contact: Contact, email: str, *, by: Any, language: str = "") -> Contact:
    """Write to the contact at another address once she has confirmed it there, and return her.

    Her history and the evidence of every consent stay hers; the former address stays an identity she is found by.

    Writes:  Contact.email, Identity, Subscription (PENDING until she confirms), a Notice to confirm, an AuditEntry;
             a Suppression "left everything" or "complained" goes with her.
    Raises:  BadAddress, IdentityTaken.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        former = contact.email
        identities.set_email(contact, email)
        if contact.email == former:
            return contact
        Identity.objects.filter(contact=contact, kind=Identity.Kind.EMAIL, value=contact.email or "").delete()
        contact.save(update_fields=["email", "address_hash", "unsendable", "updated_at"])
        if former:
            identities.attach(contact, Identity.Kind.EMAIL, former, Identity.Proof.DECLARED, "former address")
            carry_no(former, contact)
        if contact.email:
            _confirm(contact, language)
        audit.record(by, "changed address of contact", contact)
    return contact


def carry_no(former: str, contact: Contact) -> None:
    """Let a no that was said at the former address hold at the contact's address too."""
    held = suppression.find(former)
    if held is not None and contact.email and held.reason in FOLLOWS:
        suppression.suppress(contact.email, held.reason, detail=held.detail, source="change of address")


def _confirm(contact: Contact, language: str) -> None:
    """Hold the subscriptions back until the person has pressed the button in a mail to the new address."""
    held = contact.subscriptions.filter(state=Subscription.State.SUBSCRIBED).select_related("topic")
    topics = [subscription.topic for subscription in held]
    waiting = contact.subscriptions.filter(state=Subscription.State.PENDING).select_related("topic")
    topics += [one.topic for one in waiting if not consent.has_left(one.state, one.unsubscribed_at)]
    contact.subscriptions.filter(state=Subscription.State.SUBSCRIBED).update(state=Subscription.State.PENDING)
    if topics:
        consent.request(
            contact, topics, form_slug="change of address", wording="", evidence={"change": "address"},
            language=language or contact.language or settings.LANGUAGE_CODE,
        )  # fmt: skip
