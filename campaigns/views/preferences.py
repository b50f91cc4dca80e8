"""Choices, `/p/<t>`: topics, measurement, how often, a pause, what one expects. No name, no address, no history.

POST /p/5a3f…   key=…&topic=offers&measure=open_tracking&pause=30
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.tracking.tokens import Purpose
from campaigns.views import unsubscribe
from campaigns.views.visit import Visit, visit
from contacts import consent, formkeys, preferences, profile, rights
from contacts.models import Consent, Contact, Preference, Subscription, Topic
from contacts.models.consent import Basis
from contacts.pages import not_found

MEASURES = {
    Consent.Purpose.OPEN_TRACKING: _("Let us see whether I open the mails."),
    Consent.Purpose.CLICK_TRACKING: _("Let us see which links I follow."),
    Consent.Purpose.PUBLIC_NAME: _("Show my first name to friends I share with."),
}
HOURS = (8, 10, 12, 14, 17, 19, 21)
PAUSES = {"30": _("one month"), "90": _("three months")}


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the choices as they stand, or change them."""
    found = visit(request, token, Purpose.PREFERENCES)
    if found is None or found.contact is None:
        return not_found(request)
    if request.method != "POST":
        return _choices(request, found, found.contact)
    if not formkeys.check(str(request.POST.get("key", "")), found.token, "preferences"):
        return _choices(request, found, found.contact, is_late=True)
    if "your_data" in request.POST:  # never from this link itself: it may be a friend's by now
        rights.ask(found.contact)
        return found.answer("public/your_data_asked.html")
    if "leave_all" in request.POST:
        reason = unsubscribe.reason_of(request)
        unsubscribe.leave(found, everything=True, method=Consent.Method.PREFERENCES, reason=reason)
    else:
        change(found, found.contact, request)
    return _choices(request, found, found.contact, is_saved=True)


def change(found: Visit, contact: Contact, request: HttpRequest) -> None:
    """Bring topics, measurement and pause to what the form says.

    Writes:  Subscription and Consent for each difference, with the words shown; Contact.paused_until.
    """
    chosen = set(request.POST.getlist("topic"))
    measured = set(request.POST.getlist("measure"))
    with transaction.atomic(), translation.override(found.language):
        for topic, is_subscribed in _topics(found, contact):
            if topic.slug in chosen and not is_subscribed:
                consent.subscribe(
                    contact,
                    topic,
                    basis=Basis.CONSENT,
                    method=Consent.Method.PREFERENCES,
                    wording=f"{topic.name}: {topic.description}",
                    language=found.language,
                )
            elif topic.slug not in chosen and is_subscribed:
                consent.unsubscribe(contact, topic, method=Consent.Method.PREFERENCES)
        for purpose, words in MEASURES.items():
            _measure(found, contact, purpose, purpose in measured, str(words))
        said = {**request.POST.dict(), "motivation": request.POST.getlist("motivation")}
        if "frequency" in said:  # a form that never showed the questions says nothing about them
            preferences.declare(contact, said, [key for key, _name in profile.network_choices()])
        _language(contact, str(request.POST.get("language", "")))
        _pause(contact, str(request.POST.get("pause", "keep")))


def _measure(found: Visit, contact: Contact, purpose: str, wanted: bool, words: str) -> None:
    stands = getattr(contact, consent.STANDING[Consent.Purpose(purpose)]) is not None
    said: dict[str, Any] = {
        "method": Consent.Method.PREFERENCES,
        "wording": words,
        "language": found.language,
        "brand": found.brand,
        "evidence": {"page": "/p/", "campaign": found.campaign.pk, "delivery": found.delivery.pk},
    }
    if wanted and not stands:
        consent.give(contact, purpose, **said)
    elif stands and not wanted:
        consent.withdraw(contact, purpose, **said)


def _language(contact: Contact, wanted: str) -> None:
    if wanted in dict(settings.LANGUAGES) and wanted != contact.language:
        contact.language = wanted
        contact.save(update_fields=["language", "updated_at"])


def _pause(contact: Contact, wanted: str) -> None:
    until = contact.paused_until
    if wanted in PAUSES:
        until = timezone.now() + timedelta(days=int(wanted))
    elif wanted == "none":
        until = None
    if until != contact.paused_until:
        contact.paused_until = until
        contact.save(update_fields=["paused_until", "updated_at"])


def _topics(found: Visit, contact: Contact) -> list[tuple[Topic, bool]]:
    """Return the brand's public topics (and the mail's own), each with whether she gets it."""
    shown = Q(is_public=True, brand=found.brand) | Q(pk=found.campaign.topic_id)
    held = Subscription.objects.filter(contact=contact, state=Subscription.State.SUBSCRIBED)
    subscribed = set(held.values_list("topic_id", flat=True))
    topics = Topic.objects.filter(shown, archived_at=None).order_by("name")
    return [(topic, topic.pk in subscribed) for topic in topics]


def _choices(
    request: HttpRequest, found: Visit, contact: Contact, *, is_saved: bool = False, is_late: bool = False
) -> HttpResponse:
    contact.refresh_from_db()
    is_paused = bool(contact.paused_until and contact.paused_until > timezone.now())
    context: dict[str, Any] = {
        "form_key": formkeys.make(found.token, "preferences"),
        "topics": _topics(found, contact),
        "measures": [
            (purpose.value, words, getattr(contact, consent.STANDING[purpose]) is not None)
            for purpose, words in MEASURES.items()
        ],
        "pauses": PAUSES.items(),
        "languages": [(code, get_language_info(code)["name_local"]) for code, _own in settings.LANGUAGES],
        "language": contact.language or found.language,
        "said": preferences.of(contact),
        "frequencies": Preference.Frequency.choices,
        "hours": [(hour, f"{hour:02d}:00") for hour in HOURS],
        "networks": profile.network_choices(),
        "motivations": Preference.Motivation.choices,
        "replies": preferences.REPLIES,
        "reply_ways": Preference.ReplyBy.choices,
        "reasons": unsubscribe.REASONS.items(),
        "paused_until": contact.paused_until if is_paused else None,
        "is_saved": is_saved,
        "is_late": is_late,
    }
    return found.answer("public/preferences.html", context)
