"""The least that a first campaign needs: a brand with its postal address, a topic to follow, an address that writes.

found("Brûlerie du Port", "3 quai Gambetta, 13002 Marseille", "bonjour@brulerie.example", by=request.user)   # → Topic
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaigns.models import Sender
from contacts import audit
from contacts.models import Brand, Topic

LONGEST_SLUG = 50
RIGHTS = ("contacts.add_brand", "contacts.add_topic", "campaigns.add_sender")


def missing() -> bool:
    """Say whether no brand has both a topic and an address that writes, so that no campaign can be composed."""
    topics = Topic.objects.filter(archived_at=None, brand__archived_at=None)
    return not topics.filter(brand__senders__archived_at=None, brand__senders__isnull=False).exists()


@transaction.atomic
def found(name: str, postal_address: str, from_email: str, *, by: User) -> Topic:
    """Return the topic "Our letter" of a brand with an address that writes; what is there already is used.

    Writes:  Brand, Topic, Sender where missing, and an AuditEntry for each made.
    """
    brand = Brand.objects.filter(name__iexact=name).first()
    if brand is None:
        brand = Brand.objects.create(name=name, slug=_free_slug(Brand, name), postal_address=postal_address)
        audit.record(by, "founded brand", brand)
    topic = brand.topics.filter(archived_at=None).first()
    if topic is None:
        topic = Topic.objects.create(brand=brand, name=_("Our letter"), slug=_free_slug(Topic, f"{name} letter"))
        audit.record(by, "founded topic", topic)
    if not brand.senders.filter(archived_at=None).exists():
        sender = Sender.objects.create(brand=brand, from_name=name, from_email=from_email)
        audit.record(by, "founded sender", sender)
    return topic


def _free_slug(model: type[Brand] | type[Topic], words: str) -> str:
    """Return a short name that no other row has."""
    base = slugify(words)[: LONGEST_SLUG - 4] or model._meta.model_name or "brand"
    taken = set(model.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(len(taken) + 1) if (slug := f"{base}-{n + 1}" if n else base) not in taken)
