"""Orders with lines and credits, as shops and tills reported them: read-only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy

from contacts.admin_base import BigTableAdmin, ReadOnlyAdmin, SeenInline
from contacts.money import money
from social.models import Conversion, Credit, Order, OrderLine


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
