"""Segments: rules built by click and keyboard, with their sentence, their count and ten people beside them.

The rules stand in the form as rows (`contacts.segments.draft`); every press posts the form to `builder/`, which answers
the rows as they are then. Count, query and the reasons of one person are asked for in the same way. Nothing is saved
before Save.
"""

from __future__ import annotations

import functools
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from simple_history.admin import SimpleHistoryAdmin

from contacts.admin.rules_field import SegmentForm, outline_context, read_json
from contacts.admin_base import FanfareAdmin
from contacts.models import Contact, Segment
from contacts.segments import counting, draft, fields, plan, predicate, references, rules, starters
from contacts.segments.known import Known, Words
from contacts.segments.rules import BadRule

FOUND = 8  # people that a search shows


@admin.register(Segment)
class SegmentAdmin(SimpleHistoryAdmin, FanfareAdmin):  # type: ignore[misc]
    """Who gets what, said in rules."""

    form = SegmentForm
    change_form_template = "admin/contacts/segment/change_form.html"
    search_fields = ["name", "description"]
    fieldsets = [(None, {"fields": ["name", "description", "rules"]})]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Return the columns; the one of the rules in words asks for the catalogue once a page."""
        known = functools.cache(fields.catalogue)

        @admin.display(description=gettext_lazy("people"))
        def sentence(segment: Segment) -> str:
            try:
                return rules.describe(rules.parse(segment.rules, known()), fields=known())
            except BadRule as why:
                return _("Broken: %(why)s") % {"why": why}

        return ["name", sentence, "updated_at"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        chosen = starters.find(request.GET.get("start", ""))
        ready = {"name": str(chosen.name), "description": str(chosen.meaning), "rules": chosen.rules} if chosen else {}
        return {**ready, **super().get_changeform_initial_data(request)}

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any, name: str) -> URLPattern:
            def guarded(request: HttpRequest) -> HttpResponse:
                self.guard(request)
                answer: HttpResponse = view(request)
                return answer

            found: URLPattern = path(f"{name}/", self.admin_site.admin_view(guarded), name=f"contacts_segment_{name}")
            return found

        return [
            page(require_POST(self.builder), "builder"),
            page(require_POST(self.preview), "preview"),
            page(require_POST(self.plan), "plan"),
            page(require_POST(self.why), "why"),
            page(require_GET(self.suggest), "suggest"),
            *super().get_urls(),
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        chosen = request.GET.get("start", "")
        ready = [] if object_id or chosen or request.method == "POST" else starters.by_group()
        extra = {**(extra_context or {}), "starters": ready, "sees_people": self.sees_people(request)}
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra)
        return answer

    def sees_people(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts.view_contact")

    def guard(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def builder(self, request: HttpRequest) -> HttpResponse:
        """Answer htmx with the rows as they are after the press; the count follows by the event `rules-changed`."""
        answer = TemplateResponse(request, "admin/contacts/segment/outline.html", pressed(request.POST))
        answer["HX-Trigger-After-Settle"] = "rules-changed"
        return answer

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Answer htmx with the sentence, the count and ten people of the rules as they stand in the form."""
        shown = {**preview(request.POST), "sees_people": self.sees_people(request)}
        return TemplateResponse(request, "admin/contacts/segment/preview.html", shown)

    def plan(self, request: HttpRequest) -> HttpResponse:
        """Answer htmx with the query that finds these people, and how the database would go about it."""
        return TemplateResponse(request, "admin/contacts/segment/plan.html", tried(request.POST, plan.explain, "plan"))

    def why(self, request: HttpRequest) -> HttpResponse:
        """Answer htmx with the answer of every rule for one person."""
        if not self.sees_people(request):
            raise PermissionDenied
        number = request.POST.get("why", "")
        person = Contact.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
        shown: dict[str, Any] = {"person": person}
        if person is not None:
            shown |= tried(request.POST, lambda tree: predicate.why(tree, person), "verdict")
        return TemplateResponse(request, "admin/contacts/segment/why.html", shown)

    def suggest(self, request: HttpRequest) -> HttpResponse:
        """GET ?of=ordered.place&q=ly → the options of a searched list; without `of`, the fields by group."""
        of, words = request.GET.get("of", ""), request.GET.get("q", "")[:100].replace("\x00", "")
        if of == "people" and not self.sees_people(request):
            raise PermissionDenied
        groups, is_free = options(of, words)
        answer = TemplateResponse(
            request, "admin/contacts/segment/options.html", {"groups": groups, "is_free": is_free}
        )
        answer["X-Free"] = "1" if is_free else ""
        return answer


def pressed(data: Any) -> dict[str, Any]:
    """Return the builder's context after one press on the posted form."""
    press, found = str(data.get("press", "")), draft.from_post(data)
    if press == "json:r":
        try:
            tree = read_json(data.get("rules_json", ""))
            rules.parse(tree)
            return outline_context(draft.from_tree(tree), everybody=tree == {"all": []})
        except BadRule as why:
            return {**outline_context(found), "problem": str(why), "json": data.get("rules_json", "")}
    everybody = press == "everybody:r" or (data.get("everybody") == "on" and not press)
    return outline_context(found, focus=draft.press(found, press), everybody=everybody)


def tree_of(data: Any) -> tuple[Any, bool]:
    """Return the rules of a posted form as a tree, and whether a row still waits for its choice.

    Raises:  BadRule when they come as JSON that cannot be read.
    """
    if "r:kind" not in data:
        return read_json(data.get("rules", "")), False
    made = draft.to_tree(draft.from_post(data))
    if not made.tree and data.get("everybody") == "on":
        return {"all": []}, False
    return made.tree, bool(made.blank)


def tried(data: Any, work: Any, name: str) -> dict[str, Any]:
    """Return what the work makes of the posted rules, under that name, or what is wrong with them."""
    try:
        tree, _waits = tree_of(data)
        references.check(tree)
        return {name: work(tree)}
    except BadRule as why:
        return {"problem": why}


def preview(data: Any) -> dict[str, Any]:
    """Return what the page shows of the posted rules: sentence, count, sample, or what is wrong."""
    try:
        tree, waits = tree_of(data)
        rule = references.check(tree)
        shown = counting.preview(rule)
    except BadRule as why:
        return {"problem": why}
    return {"sentence": rules.describe(rule), "count": shown.count, "sample": shown.sample, "waits": waits}


def options(of: str, words: str) -> tuple[list[tuple[str, list[tuple[Any, Any]]]], bool]:
    """Return the options of a searched list by group, and whether other words than these may be kept."""
    if of == "people":
        return [("", [(one.pk, f"{one} {one.email or ''}".strip()) for one in people(words)[:FOUND]])], False
    if not of:
        return fields_by_group(words), False
    known = known_values(of)
    found = known.find(words) if known else []
    return ([("", list(found))] if found else []), isinstance(known, Words)


def known_values(of: str) -> Known | None:
    """Return the list behind "tag" (a field) or "ordered.place" (a condition of an act)."""
    key, _dot, param = of.rpartition(".")
    catalogue = fields.catalogue()
    if of in catalogue:
        return catalogue[of].known
    field = catalogue.get(key)
    return field.params[param].known if field and param in field.params else None


def fields_by_group(words: str) -> list[tuple[str, list[tuple[Any, Any]]]]:
    """Return the fields whose label or group holds every word."""
    wanted = words.casefold().split()
    found = [
        (str(one.group), one.key, str(one.label))
        for one in fields.catalogue().values()
        if all(word in f"{one.group} {one.label} {one.key}".casefold() for word in wanted)
    ]
    found.sort(key=lambda one: one[0])
    return [(group, [(key, label) for _g, key, label in some]) for group, some in groupby(found, lambda one: one[0])]


def people(words: str) -> QuerySet[Contact]:
    """Return contacts whose address or name begins with the words: an index answers at a million."""
    first, _space, rest = words.strip().partition(" ")
    found = Q(last_name__istartswith=words.strip()) | Q(first_name__istartswith=words.strip())
    if rest:
        found |= Q(first_name__istartswith=first, last_name__istartswith=rest)
    return Contact.objects.filter(Q(email__startswith=words.strip().lower()) | found, merged_into=None)
