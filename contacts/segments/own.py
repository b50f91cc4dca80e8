"""What this floor knows of people itself: the person, her tags, topics and consents, the times of her acts.

{"field": "language", "op": "is", "value": "fr"}      {"field": "tag", "op": "has", "value": "vip"}
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import Brand, Consent, ContactTag, Identity, Preference, Segment, Subscription, Tag, Topic
from contacts.segments.acts import act
from contacts.segments.fields import Field, Leaf, Param, column, related
from contacts.segments.known import Fixed, Rows

STANDING, ACTS, SAID = _("Tags, topics and consents"), _("Acts"), _("What people said of themselves")
TAGS = Rows(lambda: Tag.objects.all(), "name")
TOPICS = Rows(lambda: Topic.objects.all(), "slug")
SEGMENTS = Rows(lambda: Segment.objects.filter(archived_at=None))
BRANDS = Rows(lambda: Brand.objects.all())


def _tagged(leaf: Leaf, now: datetime) -> Q:
    return related(ContactTag.objects.filter(tag__name=leaf.value))


def _stands(leaf: Leaf, now: datetime) -> Q:
    return related(Subscription.objects.filter(topic__slug=leaf.value, state=leaf.op))


def _agreed(leaf: Leaf, now: datetime) -> Q:
    return ~Q(**{f"{leaf.value}_at__isnull": True})


def _is_known_by(leaf: Leaf, now: datetime) -> Q:
    return related(Identity.objects.filter(kind=leaf.value))


def _measured(purpose: str) -> Any:
    return lambda leaf, now: Q(**{f"{purpose}_at__isnull": False})


def _purposes() -> list[tuple[Any, str | Promise]]:
    return [(p.value, p.label) for p in Consent.Purpose if p != Consent.Purpose.EMAIL]


def _declared(
    key: str, label: str | Promise, type_: str, known: Any, *, name: str = "", empty: Any = "", part: bool = False
) -> Field:
    """Return a field over an answer of the preference centre; of who gave none it is not observable.

    part  the answer is a list, and the value one of it.
    """
    name = name or key

    def answered(leaf: Leaf, now: datetime) -> Q:
        if leaf.op in ("is_set", "is_empty"):
            return Q(pk__isnull=False)  # that she said nothing, we know
        return related(Preference.objects.exclude(**{name: empty}))

    def condition(leaf: Leaf, now: datetime) -> Q:
        if leaf.op == "is_set":
            return related(Preference.objects.exclude(**{name: empty}))
        if part:
            words = Preference.objects.annotate(_said=Cast(name, TextField()))
            return related(words.filter(_said__contains=f'"{leaf.value}"'))
        lookup = {"in": f"{name}__in", "is": name}.get(leaf.op, f"{name}__{leaf.op}")
        if leaf.op == "between":
            return related(Preference.objects.filter(**{f"{name}__range": leaf.value}))
        return related(Preference.objects.filter(**{lookup: leaf.value}))

    return Field(key, label, SAID, type_, condition, None, answered, known)


def _offered(choices: Any) -> Any:
    """Return what gives the choices but the empty one, which stands for no answer."""
    return lambda: [(value, label) for value, label in choices.choices if value]


FIELDS: list[Field] = [
    column("email", _("e-mail"), "text"),
    column("first_name", _("first name"), "text"),
    column("last_name", _("last name"), "text"),
    column("language", _("language"), "choice", known=Fixed(lambda: settings.LANGUAGES)),
    column("time_zone", _("time zone"), "text"),
    column("source", _("source"), "text"),
    column("created", _("date of entry"), "date", name="created_at"),
    Field(
        "identity", _("known by"), _("Person"), "tag", _is_known_by, known=Fixed(lambda: Identity.Kind.choices)
    ),
    Field("tag", _("tag"), STANDING, "tag", _tagged, known=TAGS),
    Field("topic", _("topic"), STANDING, "topic", _stands, known=TOPICS),
    act(
        "subscribed",
        _("subscribed to a topic"),
        STANDING,
        lambda: Subscription.objects.filter(state=Subscription.State.SUBSCRIBED),
        at="subscribed_at",
        params=[Param("topic", _("topic"), "topic__slug", str, TOPICS)],
    ),
    Field("consent", _("consent"), STANDING, "consent", _agreed, known=Fixed(_purposes)),
    act(
        "agreed",
        _("gave a consent"),
        STANDING,
        lambda: Consent.objects.filter(is_given=True),
        params=[Param("purpose", _("purpose"), "purpose", str, Fixed(lambda: Consent.Purpose.choices))],
    ),
    _declared(
        "motivation", _("follows us for"), "tag", Fixed(lambda: Preference.Motivation.choices), name="motivations",
        empty=[], part=True,
    ),
    _declared("frequency", _("how often she wants mail"), "choice", Fixed(_offered(Preference.Frequency))),
    _declared("preferred_network", _("preferred network"), "text", None, name="network"),
    _declared("preferred_hour", _("preferred hour"), "number", None, name="hour", empty=None),
    _declared("reply_by", _("expects the answer"), "choice", Fixed(_offered(Preference.ReplyBy))),
    _declared(
        "reply_within", _("expects an answer within, hours"), "number", None, name="reply_within_hours", empty=None
    ),
    Field("segment", _("segment"), STANDING, "segment", None, known=SEGMENTS),
    column(
        "last_opened", _("last open"), "date", group=ACTS, name="last_opened_at", observable=_measured("open_tracking")
    ),
    column(
        "last_clicked", _("last click"), "date", group=ACTS, name="last_clicked_at",
        observable=_measured("click_tracking"),
    ),
    column("last_shared", _("last share"), "date", group=ACTS, name="last_shared_at"),
    column("last_redeemed", _("last redemption"), "date", group=ACTS, name="last_redeemed_at"),
]  # fmt: skip
