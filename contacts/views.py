"""The sign-up page: `/join/<slug>/` shows the form and takes it, without cookie, script or account.

    GET  /join/letter/           the form, in the visitor's language
    POST /join/letter/           email=ann@example.com&topic=letter&key=… → 303 /join/letter/thanks/
    POST from another site       without our key: the form again, filled in, one press from done

Whether an address is known already is never told: the answer is the same for all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from contacts import addresses, askers, consent, formkeys, identities, signup
from contacts.models import Consent, Contact, SignupForm, Topic
from contacts.pages import Page, private

PURPOSES = (Consent.Purpose.OPEN_TRACKING, Consent.Purpose.CLICK_TRACKING)


@dataclass
class Typed:
    """What the visitor sent, cut to sane lengths, and what is wrong with it."""

    email: str = ""
    first_name: str = ""
    topics: list[Topic] = field(default_factory=list)
    purposes: list[str] = field(default_factory=list)
    shop: str = ""  # the short name of the shop whose till showed the form's code
    problem: str = ""
    at: str = ""  # the field it is about


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the sign-up form; on POST ask the address to confirm."""
    form = _form_or_404(slug)
    shown = Page(request, form.brand)
    with translation.override(shown.language):
        if request.method != "POST":
            return _page(shown, form, Typed(shop=_shop(request.GET.get("at", ""))))
        newcomer = signup.newcomer(request)
        if newcomer.is_robot:
            return _thanks(form)
        typed = _typed(request, form, newcomer)
        if typed.problem:
            return _page(shown, form, typed, 400)
        if not askers.may_ask(request, "join"):
            typed.problem = signup.too_often()
            return _page(shown, form, typed, 429)
        _sign_up(request, form, typed)
        return _thanks(form)


@require_safe
def join_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what comes next: a mail to confirm, or the first letter."""
    form = _form_or_404(slug)
    return Page(request, form.brand).answer("public/join_thanks.html", {"form": form})


def _form_or_404(slug: str) -> SignupForm:
    return get_object_or_404(SignupForm.objects.select_related("brand"), slug=slug, archived_at=None)


def _typed(request: HttpRequest, form: SignupForm, newcomer: signup.Newcomer) -> Typed:
    said = request.POST
    offered = {topic.slug: topic for topic in _topics(form)}
    chosen = [offered[slug] for slug in said.getlist("topic") if slug in offered]
    typed = Typed(
        email=newcomer.email,
        first_name=newcomer.first_name,
        topics=chosen or (list(offered.values()) if len(offered) == 1 else []),
        purposes=[purpose.value for purpose in PURPOSES if form.asks_tracking and said.get(purpose.value)],
        shop=_shop(said.get("at", "")),
    )
    try:
        typed.email = addresses.normalise(typed.email)
    except addresses.BadAddress as why:
        typed.problem, typed.at = str(why), "email"
        return typed
    if not typed.topics:
        typed.problem, typed.at = _("Choose at least one topic."), "topic"
    elif not formkeys.check(str(said.get("key", "")), form.slug, "join"):
        typed.problem = _("One more press, please: your words are still there.")
    return typed


def _shop(text: str) -> str:
    return text if re.fullmatch(r"[-a-zA-Z0-9_]{1,50}", text) else ""


def _sign_up(request: HttpRequest, form: SignupForm, typed: Typed) -> None:
    language = translation.get_language() or settings.LANGUAGE_CODE
    evidence = signup.evidence(request, f"/join/{form.slug}/")
    words = wording(form, typed.purposes)
    with transaction.atomic():
        contact = _contact(form, typed, language)
        if form.is_double_opt_in:
            consent.request(
                contact, typed.topics, form_slug=form.slug, wording=words, language=language, evidence=evidence,
                purposes=typed.purposes,
            )  # fmt: skip
            return
        said: dict[str, Any] = {"method": "form", "wording": words, "language": language, "evidence": evidence}
        for topic in typed.topics:
            consent.subscribe(contact, topic, basis="consent", source=form.slug, **said)
        for purpose in typed.purposes:
            consent.give(contact, purpose, **said)


def _contact(form: SignupForm, typed: Typed, language: str) -> Contact:
    """Return the person of the address; what is known of her is not overwritten by who typed it."""
    source = f"/join/{form.slug}/" + (f"@{typed.shop}" if typed.shop else "")
    return identities.find_or_create(typed.email, first_name=typed.first_name, language=language, source=source)[0]


def wording(form: SignupForm, purposes: list[str]) -> str:
    """Return the words under which somebody signs up here, in the language now active."""
    labels = dict(Consent.Purpose.choices)
    measured = [str(labels[purpose]) for purpose in purposes]
    return "\n".join([_in_language(form, form.wording), *measured]).strip()


def _in_language(form: SignupForm, texts: Any) -> str:
    texts = texts if isinstance(texts, dict) else {}
    order = (translation.get_language() or "", form.brand.default_language, settings.LANGUAGE_CODE)
    return next((str(texts[code]) for code in order if texts.get(code)), "")


def _topics(form: SignupForm) -> list[Topic]:
    return list(form.topics.filter(archived_at=None).order_by("name"))


def _page(shown: Page, form: SignupForm, typed: Typed, status: int = 200) -> HttpResponse:
    topics = _topics(form)
    chosen = {topic.slug for topic in typed.topics}
    context = {
        "form": form,
        "typed": typed,
        "problem": typed.problem,
        "at": typed.at,
        "title": _in_language(form, form.title) or form.brand.name,
        "wording": _in_language(form, form.wording),
        "topics": [(topic, topic.slug in chosen) for topic in topics] if len(topics) > 1 else [],
        "purposes": [(one.value, one.value in typed.purposes) for one in PURPOSES] if form.asks_tracking else [],
        "form_key": formkeys.make(form.slug, "join"),
    }
    return shown.answer("public/join.html", context, status)


def _thanks(form: SignupForm) -> HttpResponse:
    where = reverse("join-thanks", args=[form.slug])
    answer = HttpResponseRedirect(f"{where}?lang={translation.get_language()}")
    answer.status_code = 303
    return private(answer)
