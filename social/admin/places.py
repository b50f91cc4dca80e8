"""Places with their cashiers and tills."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget

from campaigns import writers
from contacts import audit
from contacts.admin_base import FanfareAdmin
from social import places_people, tills
from social.models import Device, Place, StaffMember
from social.offers import standing
from social.views.vouchers import data_uri


class CashierForm(forms.ModelForm[StaffMember]):
    """A cashier's name and, when it is to change, her new PIN; the old one cannot be read."""

    pin = forms.CharField(
        label=gettext_lazy("new PIN"),
        required=False,
        validators=[RegexValidator(r"^[0-9]{4}$", gettext_lazy("A PIN is four digits."))],
        widget=UnfoldAdminPasswordWidget(
            attrs={"inputmode": "numeric", "maxlength": 4, "autocomplete": "new-password"}
        ),
    )

    class Meta:
        model = StaffMember
        fields = ["name", "is_active"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.instance.pin_hash and not given.get("pin") and "pin" not in self.errors:
            self.add_error("pin", _("A new cashier needs a PIN of four digits."))
        return given

    def save(self, commit: bool = True) -> StaffMember:
        if self.cleaned_data.get("pin"):
            tills.set_pin(self.instance, self.cleaned_data["pin"])
        return super().save(commit)


class CashierInline(TabularInline):  # type: ignore[misc]
    model = StaffMember
    form = CashierForm
    extra = 0
    can_delete = False
    tab = True


class DeviceInline(TabularInline):  # type: ignore[misc]
    model = Device
    fields = ["name", "enrolled_at", "last_used_at", "revoked_at"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def my_places(request: HttpRequest) -> QuerySet[Place]:
    """Return the shops that this user manages."""
    return Place.objects.filter(managers=request.user.pk)


class MyPlacesAdmin(FanfareAdmin):
    """A manager sees her own shops, without one none; who may see shares (marketer, analyst) or all sees all."""

    place_lookup = "pk"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if request.user.has_perm("social.view_sharelink"):
            return rows
        return rows.filter(**{f"{self.place_lookup}__in": my_places(request).values("pk")})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Place and not request.user.has_perm("social.view_sharelink"):
            kwargs |= {"queryset": my_places(request), "required": True}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # redemptions point here: archive or revoke instead


@admin.register(Place)
class PlaceAdmin(MyPlacesAdmin):
    """Shops, with their cashiers and tills."""

    list_display = ["name", "brand", "time_zone", "archived_at"]
    list_filter = ["brand"]
    search_fields = ["name", "slug", "address"]
    list_select_related = ["brand"]
    autocomplete_fields = ["brand", "managers", "people"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [CashierInline, DeviceInline]
    readonly_fields = ["figures"]
    actions = ["propose_people"]
    actions_detail = ["till_qr"]

    def get_readonly_fields(self, request: HttpRequest, obj: Place | None = None) -> list[str]:
        """Whom its managers write to, and who they are, is not for a manager to say."""
        decided = [] if self.has_everybody_permission(request) else ["people", "managers"]
        return [*self.readonly_fields, *decided]

    def has_everybody_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and request.user.has_perm(writers.EVERYBODY)

    @admin.action(
        description=gettext_lazy("Let managers write to who bought or redeemed there"), permissions=["everybody"]
    )
    def propose_people(self, request: HttpRequest, places: QuerySet[Place]) -> None:
        for place in places.filter(people=None):
            segment = places_people.propose(place, cast(User, request.user))
            words = {"place": place, "people": segment}
            messages.success(request, _("The managers of %(place)s may write to “%(people)s”.") % words)

    @admin.display(description=gettext_lazy("last 30 days"))
    def figures(self, place: Place) -> str:
        return standing.sentence(place) if place.pk else "–"

    @action(description=gettext_lazy("Make a phone a till…"), url_path="till-qr-form")  # type: ignore[untyped-decorator]
    def till_qr(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:social_place_ticket", args=[object_id]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [path("<int:pk>/till-qr/", view(self.ticket), name="social_place_ticket"), *super().get_urls()]

    def ticket(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks for the till's name; POST shows the QR code that makes one phone that till."""
        user = request.user
        if not self.has_change_permission(request) or not isinstance(user, User):
            raise PermissionDenied
        place = get_object_or_404(self.get_queryset(request), pk=pk)
        context = {
            **self.admin_site.each_context(request), "title": _("Make a phone a till"), "place": place,
            "opts": self.model._meta,
        }  # fmt: skip
        name = "".join(letter for letter in request.POST.get("name", "").strip() if letter.isprintable())[:80]
        if request.method == "POST" and name:
            address = f"{settings.SITE_URL}/till/join/{tills.make_ticket(place, name, user)}/"
            context |= {"name": name, "address": address, "picture": data_uri(address)}
        answer = TemplateResponse(request, "admin/social/ticket.html", context)
        answer["Cache-Control"] = "no-store"
        return answer


@admin.register(Device)
class DeviceAdmin(MyPlacesAdmin):
    """Tills: when each was last seen, and the way to end one. A new one is made on the phone, at /till/enrol/."""

    place_lookup = "place"
    list_display = ["name", "place", "enrolled_at", "last_used_at", "revoked_at"]
    list_filter = ["place"]
    search_fields = ["name"]
    list_select_related = ["place"]
    fields = ["name", "place", "enrolled_by", "enrolled_at", "last_used_at", "revoked_at"]
    readonly_fields = ["place", "enrolled_by", "enrolled_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=gettext_lazy("End these tills"), permissions=["change"])
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        for device in devices.filter(revoked_at__isnull=True):
            Device.objects.filter(pk=device.pk).update(revoked_at=timezone.now())
            audit.record(request.user, "ended till", device)
        messages.success(request, _("These phones are no tills any more."))
