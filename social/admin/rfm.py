"""RFM at a glance: how many buyers stand in each cell, by which thresholds, and the thresholds to edit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from contacts.admin_base import FanfareAdmin
from contacts.money import money, read_money
from contacts.segments.reading import money_typed
from social import rfm
from social.models import RfmScale, RfmScore

STEPS = range(1, 6)


class ScaleForm(forms.Form):
    """The four thresholds of each measure, as a row of numbers."""

    recency = forms.CharField(label=gettext_lazy("Recency: days since the last order"))
    frequency = forms.CharField(label=gettext_lazy("Frequency: orders in 24 months"))
    monetary = forms.CharField(label=gettext_lazy("Money: net amount in 24 months"))

    def numbers(self, name: str) -> list[int]:
        """Return the numbers of one row; amounts in minor units.

        Raises:  rfm.BadScale.
        """
        texts = self.cleaned_data[name].replace(";", " ").split()
        try:
            found = [read_money(text, settings.BASE_CURRENCY) if name == "monetary" else int(text) for text in texts]
        except ValueError:
            found = []
        if len(found) != 4:
            message = _("%(name)s: four numbers from small to large are wanted.")
            raise rfm.BadScale(message % {"name": self.fields[name].label})
        return found


@admin.register(RfmScale)
class RfmAdmin(FanfareAdmin):
    """One page for the one scale."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST" and self.has_change_permission(request):
            return self.pressed(request)
        return TemplateResponse(request, "admin/social/rfm.html", {**self.admin_site.each_context(request), **shown()})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:social_rfmscale_changelist"))

    def pressed(self, request: HttpRequest) -> HttpResponse:
        """Save thresholds, or go back to quintiles; either scores everybody anew."""
        form = ScaleForm(request.POST)
        try:
            if request.POST.get("press") == "quintiles":
                RfmScale.objects.filter(pk=1).update(is_manual=False)
                found = rfm.score()
            elif form.is_valid():
                found = rfm.set_scale(**{name: form.numbers(name) for name in form.fields})
            else:
                raise rfm.BadScale(_("Fill in all three rows."))
        except rfm.BadScale as why:
            messages.error(request, str(why))
        else:
            said = ngettext("%(n)d buyer was scored.", "%(n)d buyers were scored.", found.buyers)
            messages.success(request, said % {"n": found.buyers})
        return HttpResponseRedirect(reverse("admin:social_rfmscale_changelist"))


def shown() -> dict[str, Any]:
    """Return the page's context: the grid, the groups, the thresholds as typed."""
    scale, cells, language = rfm.scale(), rfm.cells(), get_language() or "en"
    most = max((cell.people for cell in cells.values()), default=1)
    grid = [
        (recency, [_cell(cells.get((recency, frequency)), most, language) for frequency in STEPS])
        for recency in reversed(STEPS)
    ]
    groups = dict(RfmScore.objects.values_list("group").annotate(n=Count("pk")).order_by())
    monetary = " ".join(money_typed(str(cut)) for cut in scale.monetary)
    typed = {name: " ".join(map(str, getattr(scale, name))) for name in ("recency", "frequency")}
    return {
        "title": "RFM",
        "scale": scale,
        "grid": grid,
        "steps": list(STEPS),
        "groups": [(key, label, groups.get(key, 0)) for key, label in RfmScore.Group.choices],
        "form": ScaleForm(initial={**typed, "monetary": monetary}),
        "currency": settings.BASE_CURRENCY,
    }


def _cell(cell: rfm.Cell | None, most: int, language: str) -> dict[str, Any]:
    people = cell.people if cell else 0
    net = money(cell.net_minor, settings.BASE_CURRENCY, language) if cell else ""
    return {"people": people, "net": net, "shade": min(4, -(-4 * people // most))}
