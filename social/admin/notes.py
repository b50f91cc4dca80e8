"""Late redemptions in the admin: noted without network, on paper, or in a till's file; settled, collisions shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.admin_base import BigTableAdmin
from contacts.importing.reader import BadFile
from social.admin.places import MyPlacesAdmin
from social.models import Place, TillNote
from social.offers import files, notes
from social.tills import places_of


@admin.register(TillNote)
class TillNoteAdmin(BigTableAdmin, MyPlacesAdmin):
    """What waits for the manager, and what was refused with where and when the code was used."""

    place_lookup = "place"
    list_display = ["noted_at", "place", "source", "state", "why", "order_reference"]
    list_filter = ["state", "source", "place"]
    list_select_related = ["place"]
    search_fields = ["=order_reference"]
    search_help_text = gettext_lazy("the whole order number")
    fields = [
        "place", "source", "state", "why", "noted_at", "amount_minor", "order_reference", "redemption", "settled_at",
    ]  # fmt: skip
    readonly_fields = fields
    ordering = ["-noted_at"]
    empty_words = gettext_lazy("What a till noted without network, or on paper, comes here to be settled.")
    actions = ["settle", "put_aside"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A note's own page has nothing to save: it is settled or put aside in the list."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("why"))
    def why(self, note: TillNote) -> str:
        return notes.sentence_of(note) or "–"

    @admin.action(description=gettext_lazy("Settle these"), permissions=["change"])
    def settle(self, request: HttpRequest, rows: QuerySet[TillNote]) -> None:
        _say(request, *notes.settle_all(rows, by=_person(request)))

    @admin.action(description=gettext_lazy("Put these aside"), permissions=["change"])
    def put_aside(self, request: HttpRequest, rows: QuerySet[TillNote]) -> None:
        n = notes.drop(rows, by=_person(request))
        words = ngettext("%(n)d note was put aside.", "%(n)d notes were put aside.", n)
        messages.success(request, words % {"n": n})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """GET asks for a paper's lines or a till's file; POST enters and settles them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Enter late redemptions"),
            "opts": self.model._meta,
            "places": places_of(request.user) or list(Place.objects.filter(archived_at__isnull=True)),
            "day": request.POST.get("day") or timezone.localdate().isoformat(),
        }
        if request.method == "POST":
            done = (
                self._paper(request, context) if request.POST.get("press") == "paper" else self._file(request, context)
            )
            if done is not None:
                return done
        return TemplateResponse(request, "admin/social/notes_add.html", context)

    def _paper(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse | None:
        day = parse_date(request.POST.get("day", ""))
        place = next((one for one in context["places"] if str(one.pk) == request.POST.get("place")), None)
        if day is None or place is None or day > timezone.localdate():
            context["paper_error"] = _("Choose the shop and a day that has been.")
            return None
        made, unclear = notes.on_paper(place, request.POST.get("lines", ""), day=day, by=_person(request))
        rows = TillNote.objects.filter(pk__in=[note.pk for note in made])
        _say(request, *notes.settle_all(rows, by=_person(request)))
        if unclear:
            context["paper_error"] = _("These lines are not clear. Write “14:02 CODE 50,00 A-17”.")
            context["lines"] = "\n".join(unclear)
            return None
        return HttpResponseRedirect(reverse("admin:social_tillnote_changelist"))

    def _file(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse | None:
        upload = request.FILES.get("file")
        if upload is None:
            context["file_error"] = _("Choose a file.")
            return None
        try:
            loaded = files.read_redemptions(upload, by=_person(request), only=context["places"])
        except BadFile as why:
            context["file_error"] = str(why)
            return None
        _say(request, loaded.redeemed, len(loaded.conflicts))
        context["rejected"] = loaded.rejected[:200]
        return None if loaded.rejected else HttpResponseRedirect(reverse("admin:social_tillnote_changelist"))


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _say(request: HttpRequest, redeemed: int, refused: int) -> None:
    words = ngettext("%(n)d redemption was settled.", "%(n)d redemptions were settled.", redeemed)
    messages.success(request, words % {"n": redeemed})
    if refused:
        words = ngettext(
            "%(n)d was refused: the list says why, where and when.",
            "%(n)d were refused: the list says why, where and when.",
            refused,
        )
        messages.warning(request, words % {"n": refused})
