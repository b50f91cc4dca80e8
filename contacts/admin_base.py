"""What every admin page of the house shares: lists that stay fast at a million rows, and ledgers nobody edits.

@admin.register(Event)
class EventAdmin(BigTableAdmin, ReadOnlyAdmin): ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django_stubs_ext import StrOrPromise
from unfold.admin import ModelAdmin, TabularInline

M = TypeVar("M", bound=Model)

# A mail on a page of its own runs no script and reads no cookie, also opened outside its frame; its links work.
SANDBOX = {
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox", "allow-top-navigation-by-user-activation"],
}

COUNT_UP_TO = 10_000  # rows; beyond, a filtered list says no more than "10,000" and asks for a narrower search


def found(model: type[M], pk: str | int) -> M:
    """Return the row of this number.

    Raises:  Http404 when there is none, and for what is no number.
    """
    try:
        return get_object_or_404(model, pk=pk)
    except (ValueError, OverflowError, ValidationError) as why:
        raise Http404 from why


def pages(site: AdminSite, permission: str) -> Callable[[Any], Any]:
    """Return what makes a page of the desk of `view(request, site, …)`: signed in, and 403 without the permission."""

    def page(view: Any) -> Any:
        def with_site(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            answer: HttpResponse = view(request, site, **kwargs)
            return answer

        return site.admin_view(permission_required(permission, raise_exception=True)(with_site))

    return page


class CheapPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator that never counts a big table: exact up to 10,000 rows, then the database's estimate."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        n = rows.order_by()[: COUNT_UP_TO + 1].count()
        if n <= COUNT_UP_TO:
            return n
        return max(estimate(rows), COUNT_UP_TO) if not rows.query.where else COUNT_UP_TO


def estimate(rows: QuerySet[Any]) -> int:
    """Return about how many rows the whole table has, without reading it."""
    table = rows.model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        else:
            cursor.execute(f"SELECT max(rowid) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own name
        return int((cursor.fetchone() or [0])[0] or 0)


class FanfareAdmin(ModelAdmin):  # type: ignore[misc]
    """The common look: compressed fields, warning before leaving a changed form, 50 rows a page.

    `empty_words` stand on the list while it has no row: what will stand there and what to do first.
    """

    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True
    list_filter_submit = False
    empty_words: StrOrPromise = ""

    def row_name(self, row: Any) -> str:
        """Return what a row of a list that is changed in place is called, for those who hear it."""
        return str(row)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Name each field of the list by its column and its row: the theme shows no label there."""
        return super().get_changelist_form(request, **{"form": _spoken(self), **kwargs})


def _spoken(desk: FanfareAdmin) -> type[forms.ModelForm[Any]]:
    class Spoken(forms.ModelForm[Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for field in self.fields.values():
                field.widget.attrs["aria-label"] = f"{field.label}: {desk.row_name(self.instance)}"

    return Spoken


class BigTableAdmin(FanfareAdmin):
    """For tables that grow with contacts or mails: no count(*), no facets, no "select all 1,000,000"."""

    paginator = CheapPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0


class ReadOnlyAdmin(FanfareAdmin):
    """For ledgers: they are looked at, never added to, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SeenInline(TabularInline):  # type: ignore[misc]
    """Rows below a page that are looked at, never added to, changed or deleted there; `fields` names what is shown."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.fields)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
