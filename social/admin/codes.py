"""Codes and their batches in the admin: made to a pattern, imported from a partner, downloaded for the printer."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin
from social.models import Code, CodeBatch
from social.offers import bulk, codes, pools

MOST_AT_ONCE = 20_000  # codes made in one request; a second or two


class BatchForm(forms.ModelForm[CodeBatch]):
    """How many codes to make, or a partner's own codes: one a line, or a file of them."""

    make = forms.IntegerField(
        label=gettext_lazy("make so many codes"),
        required=False,
        min_value=1,
        max_value=bulk.MOST,
        help_text=gettext_lazy("up to 1,000,000; above 20,000 they are made in the background"),
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    pattern = forms.CharField(
        label=gettext_lazy("to this pattern"),
        required=False,
        max_length=codes.LONGEST_PATTERN,
        help_text=gettext_lazy("# is a random character, the last one checks the others: SPRING-#####-#####-#"),
        widget=UnfoldAdminTextInputWidget(),
    )
    own = forms.CharField(
        label=gettext_lazy("or these codes of a partner"),
        required=False,
        help_text=gettext_lazy("one a line; letters and digits, up to 40"),
        widget=UnfoldAdminTextareaWidget(),
    )
    file = forms.FileField(
        label=gettext_lazy("or the codes of this file"),
        required=False,
        help_text=gettext_lazy("text or CSV, a code in the first column of each line"),
        widget=UnfoldAdminFileFieldWidget(),
    )

    class Meta:
        model = CodeBatch
        fields = ["offer", "name", "pattern"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        ways = (given.get("make"), (given.get("own") or "").strip(), given.get("file"))
        if sum(map(bool, ways)) != 1 and not self.errors:
            raise forms.ValidationError(_("Enter one of these: a number of codes to make, codes of a partner, a file."))
        if given.get("pattern") and (error := codes.pattern_error(given["pattern"])):
            self.add_error("pattern", error)
        return given


@admin.register(CodeBatch)
class CodeBatchAdmin(FanfareAdmin):
    """Codes made together; the list of a batch is downloaded for the printer."""

    form = BatchForm
    list_display = ["__str__", "offer", "n", "progress", "created_at"]
    list_filter = ["is_imported"]
    search_fields = ["name", "offer__name"]
    list_select_related = ["offer", "job"]
    autocomplete_fields = ["offer"]
    actions = ["download"]

    def has_change_permission(self, request: HttpRequest, obj: CodeBatch | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: CodeBatch | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CodeBatch, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if given.get("file"):
            made = bulk.load(obj.offer, given["file"], name=obj.name, by=request.user)
        elif (given.get("make") or 0) > MOST_AT_ONCE:
            made = bulk.make(obj.offer, given["make"], name=obj.name, pattern=given["pattern"], by=request.user)
        elif given.get("make"):
            made = pools.make_batch(obj.offer, given["make"], name=obj.name, pattern=given["pattern"])
        else:
            made, left_out = pools.import_batch(obj.offer, given["own"].splitlines(), name=obj.name)
            if left_out:
                words = ngettext(
                    "%(n)d line was left out: empty, doubled or too long.",
                    "%(n)d lines were left out: empty, doubled or too long.",
                    left_out,
                )
                messages.warning(request, words % {"n": left_out})
        if made.job_id:
            messages.info(request, _("The codes are being written. The list shows how far it is."))
        obj.pk, obj.n, obj.job = made.pk, made.n, made.job

    @admin.display(description=gettext_lazy("work"))
    def progress(self, batch: CodeBatch) -> str:
        job = batch.job
        if job is None:
            return "–"
        if job.error:
            return job.error
        done = f" {job.progress:,} / {job.total:,}" if job.total and job.state != job.State.DONE else ""
        return f"{job.get_state_display()}{done}"

    @admin.action(description=gettext_lazy("Download the codes (CSV)"), permissions=["change"])
    def download(self, request: HttpRequest, batches: QuerySet[CodeBatch]) -> StreamingHttpResponse:
        rows = Code.objects.filter(batch__in=batches).order_by("pk").values_list("value", "state", "batch__pattern")
        answer = StreamingHttpResponse(_csv(rows.iterator(2_000)), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="codes.csv"'
        return answer


def _csv(rows: Iterator[tuple[str, str, str]]) -> Iterator[str]:
    class Echo:
        def write(self, line: str) -> str:
            return line

    writer = csv.writer(Echo())
    yield writer.writerow(["code", "printed", "state"])
    for value, state, pattern in rows:
        printed = codes.display_like(pattern, value) if pattern else codes.display(value)
        yield writer.writerow([value, printed, state])


@admin.register(Code)
class CodeAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Codes, of which the list shows the end only; a whole code finds its row."""

    list_display = ["__str__", "offer", "batch", "state", "created_at"]
    list_filter = ["state"]
    search_fields = ["=value"]
    search_help_text = gettext_lazy("the whole code")
    list_select_related = ["offer", "batch__offer"]
    fields = ["offer", "batch", "state", "created_at"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Code], search_term: str
    ) -> tuple[QuerySet[Code], bool]:
        if not search_term.strip():
            return queryset, False
        spellings = {codes.normalise(search_term), codes.squeeze(search_term)}
        return queryset.filter(value__in=spellings), False
