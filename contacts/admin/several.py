"""Presses for the people ticked in the list: each asks once, with the number of people, then says what it did."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts import several
from contacts.models import Contact, Tag, Topic

OFFERED = 200  # tags


class ChangesSeveral:
    """What ContactAdmin gets from here."""

    actions = ["put_tag_on", "take_tag_off", "end_subscription"]
    admin_site: Any
    opts: Any

    @admin.action(description=gettext_lazy("Put a tag on them…"), permissions=["change"])
    def put_tag_on(self, request: HttpRequest, people: QuerySet[Contact]) -> HttpResponse | None:
        return self._ask(request, people, "tag")

    @admin.action(description=gettext_lazy("Take a tag off them…"), permissions=["change"])
    def take_tag_off(self, request: HttpRequest, people: QuerySet[Contact]) -> HttpResponse | None:
        return self._ask(request, people, "untag")

    @admin.action(description=gettext_lazy("Unsubscribe them from a topic…"), permissions=["change"])
    def end_subscription(self, request: HttpRequest, people: QuerySet[Contact]) -> HttpResponse | None:
        return self._ask(request, people, "leave")

    def _ask(self, request: HttpRequest, people: QuerySet[Contact], what: str) -> HttpResponse | None:
        """Show what will happen to how many; the second press does it. None leads back to the list."""
        try:
            ids = several.chosen(people, several.MOST_LEAVING if what == "leave" else several.MOST)
            if "apply" in request.POST:
                messages.success(request, _done(what, ids, request.POST.get("chosen", ""), cast(User, request.user)))
                return None
        except (several.TooMany, several.BadTag) as why:
            messages.error(request, str(why))
            return None
        tags = Tag.objects.order_by("name")[:OFFERED]
        topics = Topic.objects.filter(archived_at=None).select_related("brand").order_by("name")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _title(what),
            "what": what,
            "n": len(ids),
            "press": _press(what, len(ids)),
            "choices": [(topic.pk, str(topic)) for topic in topics]
            if what == "leave"
            else [(t.pk, t.name) for t in tags],
            "ticked": request.POST.getlist("_selected_action"),
            "action": request.POST.get("action", ""),
            "across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/contacts/contact/several.html", context)


def _title(what: str) -> str:
    titles = {"tag": _("Put a tag on people"), "untag": _("Take a tag off people")}
    return titles.get(what) or _("Unsubscribe people from a topic")


def _press(what: str, n: int) -> str:
    words = {
        "tag": ngettext("Put it on %(n)d person", "Put it on %(n)d people", n),
        "untag": ngettext("Take it off %(n)d person", "Take it off %(n)d people", n),
        "leave": ngettext("Unsubscribe %(n)d person", "Unsubscribe %(n)d people", n),
    }
    return words[what] % {"n": n}


def _done(what: str, people: list[int], chosen: str, by: User) -> str:
    """Do it and say how many it changed. Raises: several.BadTag, also for a tag or topic that is not there."""
    if what == "tag":
        n = several.tag(people, chosen, by)
        return ngettext(
            "%(n)d person has the tag now who had not.", "%(n)d people have the tag now who had not.", n
        ) % {"n": n}
    model: Any = Tag if what == "untag" else Topic
    row = model.objects.filter(pk=chosen).first() if chosen.isdecimal() and len(chosen) < 19 else None
    if row is None:
        raise several.BadTag(_("Choose one from the list."))
    if what == "untag":
        n = several.untag(people, row, by)
        return ngettext("Taken off %(n)d person.", "Taken off %(n)d people.", n) % {"n": n}
    n = several.leave(people, row, by)
    return ngettext("%(n)d subscription ended.", "%(n)d subscriptions ended.", n) % {"n": n}
