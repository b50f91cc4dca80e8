"""Pages of ContactAdmin on who is who: possible duplicates, the merge of two, a change of address."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from contacts import audit, duplicates, identities, merging, privacy, rights
from contacts.admin_base import found
from contacts.models import Contact


def urls(desk: Any) -> list[URLPattern]:
    """Return the addresses of these pages; `desk` is the ContactAdmin."""
    site = desk.admin_site.admin_view
    pages = Pages(desk)
    return [
        path("duplicates/", site(pages.proposals), name="contacts_contact_duplicates"),
        path("duplicates/pairs/", site(pages.pairs), name="contacts_contact_pairs"),
        path("<int:pk>/merge/", site(pages.merge), name="contacts_contact_merge"),
        path("<int:pk>/address/", site(pages.address), name="contacts_contact_address"),
    ]


class Pages:
    """The pages, drawn with the desk's frame."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk

    def _answer(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        frame = {**self.desk.admin_site.each_context(request), "opts": self.desk.opts, "title": title}
        return TemplateResponse(request, f"admin/contacts/contact/{template}.html", {**frame, **context})

    def _changeable(self, request: HttpRequest, pk: int) -> Contact:
        contact = found(Contact, pk)
        if not self.desk.has_change_permission(request, contact):
            raise PermissionDenied
        return contact

    def proposals(self, request: HttpRequest) -> HttpResponse:
        """Say what is looked for; the list comes by itself, for it is looked for among everybody."""
        if not self.desk.has_change_permission(request):
            raise PermissionDenied
        return self._answer(request, "duplicates", _("Possible duplicates"))

    def pairs(self, request: HttpRequest) -> HttpResponse:
        """List who may be one person twice, and why: alone for the page that asks, whole for who has no script."""
        if not self.desk.has_change_permission(request):
            raise PermissionDenied
        pairs = duplicates.proposals()
        audit.record(request.user, "looked at duplicates", people=2 * len(pairs))
        template = "pairs" if "HX-Request" in request.headers else "duplicates"
        context = {"pairs": pairs, "most": duplicates.SHOWN, "is_asked": True}
        return self._answer(request, template, _("Possible duplicates"), **context)

    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Find the other of the two, show what would move, and on a second press move it."""
        stays = self._changeable(request, pk)
        who = (request.POST.get("who") or request.GET.get("who", ""))[:254].strip()
        double = identities.look_up(who) if who else None
        context: dict[str, Any] = {"contact": stays, "who": who, "double": double}
        if double is None:
            problem = _("Nobody is known by this. Write an address, card:…, phone:… or #number.") if who else ""
            return self._answer(
                request, "merge", _("Merge"), **context, problem=problem, proposed=_others(stays)
            )  # fmt: skip
        self._changeable(request, double.pk)
        try:
            if request.method == "POST" and "sure" in request.POST:
                done = merging.merge(double, stays, by=request.user)
                messages.success(request, _("Merged: %(n)d rows moved.") % {"n": sum(done.moves.values())})
                return HttpResponseRedirect(reverse("admin:contacts_contact_profile", args=[stays.pk]))
            context["preview"] = merging.preview(double, stays)
            context["moves"] = named(context["preview"].moves)
            context["kept_back"] = named(context["preview"].kept_back)
        except merging.CannotMerge as why:
            context["problem"] = str(why)
        return self._answer(request, "merge", _("Merge"), **context)

    def address(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change the address; the new one must confirm before anything else is written there."""
        contact = self._changeable(request, pk)
        email, problem = request.POST.get("email", "")[:254].strip(), ""
        if request.method == "POST":
            try:
                rights.change_address(contact, email, by=request.user)
                messages.success(request, _("Changed. A mail to the new address asks to confirm it."))
                return HttpResponseRedirect(reverse("admin:contacts_contact_profile", args=[pk]))
            except ValueError as why:
                problem = str(why)
        return self._answer(
            request, "address", _("Change of address"), contact=contact, email=email, problem=problem
        )  # fmt: skip


def _others(contact: Contact) -> list[tuple[Contact, str]]:
    pairs = duplicates.of(contact)
    return [(one.newer if one.older.pk == contact.pk else one.older, one.why) for one in pairs]


def named(rows: dict[str, int]) -> list[tuple[str, int]]:
    """Return (table in people's words, rows), most first."""
    words = {one.label: str(one.model._meta.verbose_name_plural) for one in privacy.personal_models()}
    return sorted(((words.get(label, label), n) for label, n in rows.items()), key=lambda row: -row[1])
