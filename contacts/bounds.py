"""What a partner's key that is bound to topics may see: the people who are subscribed to these, and their campaigns.

narrow(request, Delivery.objects.all(), "campaign__topic")   # those of its topics; all for a key that is not bound
check_person(request, ann)                                   # 422 for somebody who is not subscribed to one of them

What is about everybody, or about a whole person whatever her topics, is refused to such a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request

from contacts.models import Contact, Subscription, Topic

M = TypeVar("M", bound=Model)
PERSON = "subscriptions__topic"  # how a lookup ends that goes by a person
ASIDE = "_topics"  # on the request's key: asked once


class TakenOut(Exception):
    """These people (ids) left the topics of a bound key: only they themselves can come back."""

    def __init__(self, people: set[int]) -> None:
        super().__init__(_("She left these topics. Only she herself can come back."))
        self.people = people


def topics_of(request: Request) -> list[int]:
    """Return the topics that the key of a request is bound to; none = all."""
    key = request.auth  # the roof's ApiKey, unknown down here
    if not hasattr(key, "topics"):
        return []
    known: list[int] | None = getattr(key, ASIDE, None)
    if known is None:
        known = list(key.topics.values_list("pk", flat=True))
        setattr(key, ASIDE, known)
    return known


def narrow(request: Request, rows: QuerySet[M], lookup: str) -> QuerySet[M]:
    """Return those rows that this key may see; `lookup` leads from a row to its topic, by a person or a campaign."""
    topics = topics_of(request) if lookup else []
    if not topics:
        return rows
    if not lookup.endswith(PERSON):
        return rows.filter(**{f"{lookup}__in": topics})
    person = lookup.removesuffix(PERSON).removesuffix("__") or "pk"
    subscribed = Subscription.objects.filter(
        contact=OuterRef(person), topic__in=topics, state=Subscription.State.SUBSCRIBED
    )
    return rows.filter(Exists(subscribed))


def check_person(request: Request, person: Contact | None, field: str = "contact") -> None:
    """Raises: ValidationError (422) for a person whom this key may not see."""
    if person is not None and not narrow(request, Contact.objects.filter(pk=person.pk), PERSON).exists():
        raise ValidationError({field: [_("There is no such contact for this key.")]})


def check_taken_in(request: Request, people: Iterable[int]) -> None:
    """Raises: TakenOut naming those of these people whom this key cannot see although it subscribed them: they left."""
    if topics_of(request):
        named = set(people)
        seen = narrow(request, Contact.objects.filter(pk__in=named), PERSON)
        if left := named - set(seen.values_list("pk", flat=True)):
            raise TakenOut(left)


def check_topics(request: Request, named: Iterable[Topic | None], field: str = "topic") -> None:
    """Raises: ValidationError (422) for a topic that this key is not bound to, or for none where it is bound."""
    if (topics := topics_of(request)) and any(topic is None or topic.pk not in topics for topic in named):
        raise ValidationError({field: [_("This key is bound to topics. Name one of them.")]})


def refuse_whole(request: Request) -> None:
    """Raises: PermissionDenied (403) for a bound key, which asks for what is about everybody or a whole person."""
    if topics_of(request):
        raise PermissionDenied(_("This key is bound to topics; this is about more than these."))
