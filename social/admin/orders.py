"""Orders with lines and credits, as shops and tills reported them: read-only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import action

from contacts import audit
from contacts.admin.exports import dressed
from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin, SeenInline
from contacts.importing.reader import BadFile
from contacts.money import money
from social import importing
from social.models import Conversion, Credit, Order, OrderLine, OrderSource
from social.models.orders import new_secret


@admin.register(OrderSource)
class OrderSourceAdmin(FanfareAdmin):
    """Shops that post their orders; each has its address and its secret."""

    list_display = ["name", "slug", "is_active", "last_at", "last_problem"]
    readonly_fields = ["address", "secret", "last_at", "last_problem", "created_at"]
    fields = ["name", "slug", "is_active", *readonly_fields]
    prepopulated_fields = {"slug": ["name"]}
    actions = ["renew"]

    def get_readonly_fields(self, request: HttpRequest, obj: OrderSource | None = None) -> Any:
        return [*self.readonly_fields, "slug"] if obj else self.readonly_fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: OrderSource | None = None) -> Any:
        return {} if obj else self.prepopulated_fields

    @admin.display(description=gettext_lazy("address"))
    def address(self, source: OrderSource) -> str:
        return f"{settings.SITE_URL}/postback/{source.slug}/" if source.slug else "—"

    @admin.action(description=gettext_lazy("Give a new secret; the old one ends now"), permissions=["change"])
    def renew(self, request: HttpRequest, queryset: QuerySet[OrderSource]) -> None:
        for source in queryset:
            source.secret = new_secret()
            source.save(update_fields=["secret"])
            audit.record(request.user, "renewed shop secret", source)


class OrderFileForm(forms.Form):
    """Past orders of one shop."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, TSV, XLSX or ODS with one line an article: order number, order date, e-mail or card, article, "
            "category, size, quantity, unit price"
        ),
    )
    source = forms.CharField(
        label=gettext_lazy("Shop"), max_length=80,
        help_text=gettext_lazy("with the order number it names an order: take the same name as later reports do"),
    )  # fmt: skip
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, min_length=3)


class LineInline(SeenInline):
    model = OrderLine
    fields = ["number", "sku", "title", "category", "size", "quantity", "returned_quantity", "unit_minor"]


class CreditInline(SeenInline):
    model = Credit
    fields = ["model", "campaign", "share_link", "touch", "touched_at", "parts"]


@admin.register(Order)
class OrderAdmin(BigTableAdmin, ReadOnlyAdmin):
    list_display = ["reference", "source", "contact", "net", "matched_by", "is_new_customer", "ordered_at"]
    list_filter = ["matched_by", "is_new_customer", "channel"]
    search_fields = ["=reference", "contact__email"]
    search_help_text = gettext_lazy("the whole order number or e-mail address")
    list_select_related = ["contact"]
    inlines = [LineInline]
    ordering = ["-ordered_at"]
    actions_list = ["import_orders"]

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [path("import/", site(self.take_in), name="social_order_import"), *super().get_urls()]

    def has_take_in_permission(self, request: HttpRequest) -> bool:
        """Whoever may bring in people and sees orders may bring in orders."""
        return bool(request.user.has_perms(["contacts.add_contact", "social.view_order"]))

    @action(description=gettext_lazy("Import past orders"), url_path="to-import", permissions=["take_in"])  # type: ignore[untyped-decorator]
    def import_orders(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:social_order_import"))

    def take_in(self, request: HttpRequest) -> HttpResponse:
        """Take the file of past orders and leave it to a job."""
        if not self.has_take_in_permission(request):
            raise PermissionDenied
        form = dressed(
            OrderFileForm(request.POST or None, request.FILES or None, initial={"currency": settings.BASE_CURRENCY})
        )
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                job = importing.plan(said["file"], source=said["source"], currency=said["currency"], by=request.user)
            except BadFile as why:
                form.add_error("file", str(why))
            else:
                audit.record(request.user, "imported orders", job, source=said["source"])
                return HttpResponseRedirect(reverse("admin:contacts_job_change", args=[job.pk]))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        context["title"] = _("Import past orders")
        return TemplateResponse(request, "admin/social/order/import.html", context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if "@" in term:
            return queryset.filter(contact__email=term.lower()), False
        return queryset.filter(reference=term), False

    @admin.display(description=gettext_lazy("net amount"))
    def net(self, order: Order) -> str:
        return money(order.amount_minor - order.returned_minor, order.currency, get_language() or "en")


@admin.register(Conversion)
class ConversionAdmin(BigTableAdmin, ReadOnlyAdmin):
    """An order's conversion and which touches share it."""

    list_display = ["order", "contact", "net_minor", "currency", "at"]
    list_select_related = ["order", "contact"]
    inlines = [CreditInline]
    ordering = ["-at"]
