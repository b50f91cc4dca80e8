"""The people of a shop: whom its managers may write to. What campaigns/writers.py asks of this floor.

segments_of(ines)     # → [People of Le Port]: the segment of each shop that she manages
propose(port)         # → the segment "People of Le Port": who bought or redeemed there
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from contacts import audit
from contacts.models import Segment
from social.models import Place


def segments_of(user: User) -> list[Segment]:
    """Return the people of the shops that a person manages, by the shops' names."""
    shops = Place.objects.filter(managers=user.pk, archived_at=None, people__isnull=False)
    return list(dict.fromkeys(place.people for place in shops.select_related("people") if place.people))


def is_shops(segment: Segment | None) -> bool:
    """Say whether a segment is the people of some shop."""
    return segment is not None and Place.objects.filter(people=segment, archived_at=None).exists()


@transaction.atomic
def propose(place: Place, by: User) -> Segment:
    """Give a place that names no people yet those who ever bought or redeemed there, and return the segment.

    Writes:  Segment, Place.people, an AuditEntry. Safe to repeat: a place that has its people keeps them.
    """
    held = Place.objects.select_for_update(of=("self",)).select_related("people").get(pk=place.pk)
    if held.people is not None:
        return held.people
    rules = {
        "any": [{"field": name, "op": "did", "value": {"place": place.pk}} for name in ("ordered", "redeemed")],
    }
    name = _("People of %(place)s") % {"place": place.name}
    if Segment.objects.filter(name=name).exists():
        name = f"{name} ({place.slug})"
    segment = Segment.objects.create(name=name, description=_("who bought or redeemed there"), rules=rules)
    Place.objects.filter(pk=place.pk).update(people=segment)
    audit.record(by, "named the people of", place, segment=segment.pk)
    return segment
