"""What a person opened lately, newest first: contacts, campaigns, segments, offers and the like.

latest(user)       # → [Opened("Ann Martin", "/admin/contacts/contact/7/profile/", "person"), …]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.team.models import SeenPage

SHOWN = 6
KEPT = 12  # pages of one person that are remembered
ICONS = {
    "contacts.contact": "person",
    "contacts.segment": "filter_alt",
    "contacts.signupform": "how_to_reg",
    "campaigns.campaign": "campaign",
    "campaigns.automation": "bolt",
    "campaigns.emailcontent": "mail",
    "social.offer": "local_activity",
    "social.referralprogram": "redeem",
    "social.qrcode": "qr_code_2",
    "social.codebatch": "password",
}
NAMED = re.compile(r"(contacts|campaigns|social)_([a-z]+)_(change|profile|report)")
PAGE = {"contacts.contact": "profile"}  # of several pages of a thing, the one to come back to


@dataclass(frozen=True, slots=True)
class Opened:
    """A thing that was opened: what it is called now, where it is, its sign."""

    name: str
    url: str
    icon: str


class Remember:
    """Middleware: notes each thing of the desk that a person opens. A failure to note it never keeps her from it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if request.method == "GET" and answer.status_code == 200 and (match := request.resolver_match):
            named = NAMED.fullmatch(match.url_name or "") if match.app_name == "admin" else None
            numbers = [str(value) for value in match.kwargs.values() if str(value).isdecimal()]
            if named and numbers and isinstance(request.user, User):
                model = f"{named[1]}.{named[2]}"
                if model in ICONS and named[3] == PAGE.get(model, named[3]):
                    note(request.user, model, int(numbers[0]), request.path)
        return answer


def note(user: User, model: str, number: int, path: str) -> None:
    """Remember that a person opened a thing.

    Writes:  SeenPage, and forgets those beyond KEPT.
    """
    try:
        with transaction.atomic():
            mine = SeenPage.objects.filter(user=user)
            if not mine.filter(model=model, number=number).update(path=path, at=timezone.now()):
                SeenPage.objects.create(user=user, model=model, number=number, path=path, at=timezone.now())
                old = list(mine.order_by("-at").values_list("pk", flat=True)[KEPT:])
                SeenPage.objects.filter(pk__in=old).delete()
    except DatabaseError:
        return  # a busy database: she has her page


def latest(user: User, n: int = SHOWN) -> list[Opened]:
    """Return what a person opened lately and may still see; what is gone meanwhile is passed over."""
    seen = list(SeenPage.objects.filter(user=user).order_by("-at")[:KEPT])
    wanted: dict[str, list[int]] = {}
    for one in seen:
        wanted.setdefault(one.model, []).append(one.number)
    found = {
        (model, pk): str(row)
        for model, numbers in wanted.items()
        if user.has_perm(f"{model.partition('.')[0]}.view_{model.partition('.')[2]}")
        for pk, row in apps.get_model(model)._default_manager.in_bulk(numbers).items()
    }
    still = [(found.get((one.model, one.number)), one) for one in seen]
    return [Opened(name, one.path, ICONS[one.model]) for name, one in still if name][:n]
