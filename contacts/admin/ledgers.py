"""Consents, subscriptions and suppressions: looked at, never edited; a suppression is lifted with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms import CharField, ChoiceField, FileField, Form, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action as unfold_action

from contacts import audit, basis, suppression
from contacts.addresses import BadAddress, normalise
from contacts.admin.exports import dressed
from contacts.admin_base import BigTableAdmin, ReadOnlyAdmin
from contacts.importing import blocklist
from contacts.importing.reader import BadFile
from contacts.models import Consent, Subscription, Suppression


@admin.register(Consent)
class ConsentAdmin(BigTableAdmin, ReadOnlyAdmin):
    """The ledger of every yes and no."""

    list_display = ["at", "contact", "purpose", "is_given", "topic", "basis", "method"]
    list_filter = ["purpose", "is_given", "basis", "method", "topic"]
    search_fields = ["contact__email__exact", "address_hash__exact"]
    search_help_text = gettext_lazy("a whole e-mail address, or the hash of one")
    list_select_related = ["contact", "topic"]
    ordering = ["-at"]
    change_list_template = "admin/contacts/consent/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            path("export/", self.admin_site.admin_view(self.export), name="contacts_consent_export"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """Stream the list as filtered and searched: who agreed to what, when, how, by which words."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).get_queryset(request)
        audit.record(request.user, "exported consents")
        answer = StreamingHttpResponse(basis.csv_lines(basis.ledger(rows)), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="consents.csv"'
        return answer

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Consent], search_term: str
    ) -> tuple[QuerySet[Consent], bool]:
        if "@" in search_term:
            return queryset.filter(address_hash=suppression.address_hash(search_term)), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]


@admin.register(Subscription)
class SubscriptionAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Who stands how with which topic."""

    list_display = ["contact", "topic", "state", "basis", "subscribed_at", "unsubscribed_at", "reason"]
    list_filter = ["state", "topic", "basis"]
    search_fields = ["contact__email__exact"]
    search_help_text = gettext_lazy("a whole e-mail address")
    list_select_related = ["contact", "topic"]
    ordering = ["-pk"]


class SuppressionForm(ModelForm):  # type: ignore[type-arg]
    """Suppress an address by hand."""

    email = CharField(label=gettext_lazy("e-mail"), help_text=gettext_lazy("kept as a hash only"))

    class Meta:
        model = Suppression
        fields = ["reason", "detail"]

    def clean_email(self) -> str:
        try:
            return normalise(self.cleaned_data["email"])
        except BadAddress as why:
            raise ValidationError(str(why)) from None


class ListForm(Form):
    """A list of another tool, and why its addresses are on it."""

    file = FileField(
        label=gettext_lazy("File"), help_text=gettext_lazy("CSV, TSV, XLSX or ODS; a column of reasons is understood")
    )
    reason = ChoiceField(
        label=gettext_lazy("Reason, where the file gives none"),
        choices=[(reason.value, reason.label) for reason in blocklist.REASONS],
        initial=Suppression.Reason.IMPORTED,
    )


class LiftForm(ActionForm):
    """The reason that lifting asks for."""

    reason = CharField(label=gettext_lazy("Reason for lifting"), required=False, max_length=300)


@admin.register(Suppression)
class SuppressionAdmin(BigTableAdmin):
    """Addresses never written to. Search by the whole address: only its hash is kept."""

    list_display = ["short_hash", "reason", "source", "created_at", "lifted_at", "lifted_reason"]
    list_filter = ["reason", ("lifted_at", admin.EmptyFieldListFilter)]
    search_fields = ["address_hash__exact"]
    search_help_text = gettext_lazy("a whole e-mail address: only its hash is kept")
    ordering = ["-created_at"]
    actions = ["lift"]
    actions_list = ["import_list"]
    action_form = LiftForm

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [path("import/", site(self.take_in), name="contacts_suppression_import"), *super().get_urls()]

    @unfold_action(description=gettext_lazy("Import a list"), url_path="to-import", permissions=["add"])  # type: ignore[untyped-decorator]
    def import_list(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:contacts_suppression_import"))

    def take_in(self, request: HttpRequest) -> HttpResponse:
        """Take in a list of addresses that another tool no longer writes to."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = dressed(ListForm(request.POST or None, request.FILES or None))
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                job = blocklist.plan(said["file"], reason=said["reason"], by=request.user)
            except BadFile as why:
                form.add_error("file", str(why))
            else:
                audit.record(request.user, "imported suppressions", job)
                return HttpResponseRedirect(reverse("admin:contacts_job_change", args=[job.pk]))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        context["title"] = _("Addresses never to be written to")
        return TemplateResponse(request, "admin/contacts/suppression/import.html", context)

    @admin.display(description=gettext_lazy("address hash"))
    def short_hash(self, row: Suppression) -> str:
        return f"{row.address_hash[:8]}…"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        if "@" in search_term:
            return queryset.filter(address_hash=suppression.address_hash(search_term)), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **(kwargs if obj else {"form": SuppressionForm, **kwargs}))

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        said = form.cleaned_data
        held = suppression.suppress(said["email"], said["reason"], detail=said["detail"], source="by hand")
        obj.pk, obj.address_hash = held.pk, held.address_hash
        audit.record(request.user, "suppressed address", held)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("contacts.lift_suppression"))

    @admin.action(description=gettext_lazy("Lift: may be written to again"), permissions=["lift"])
    def lift(self, request: HttpRequest, rows: QuerySet[Suppression]) -> None:
        try:
            n = len([suppression.lift(row, request.POST.get("reason", ""), request.user) for row in rows])  # type: ignore[arg-type]
        except suppression.ReasonMissing as why:
            self.message_user(request, str(why), messages.ERROR)
            return
        self.message_user(request, _("%(n)d lifted.") % {"n": n}, messages.SUCCESS)
