"""Orders with lines and credits, as shops and tills reported them: read-only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy

from contacts import audit
from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin, SeenInline
from contacts.money import money
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
