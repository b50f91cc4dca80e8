"""The QR studio in the admin: placements with their own short links, colours and logo, sizes, scans; codes in bulk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.validators import FileExtensionValidator, URLValidator
from django.db.models import QuerySet, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminColorInputWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns import links
from campaigns.models import Campaign, Link
from contacts import audit
from contacts.admin.exports import dressed
from contacts.models import Job, Segment
from social import placements, printing, qr, studio
from social.admin.places import MyPlacesAdmin
from social.models import CodeBatch, Offer, QRCode
from social.views.vouchers import data_uri

MOST_DOCUMENT = 20_000_000  # bytes
DOCUMENTS = (
    "pdf png jpg jpeg epub docx xlsx pptx odt ods odp txt csv ics vcf zip mp3 mp4".split()  # noqa: SIM905 - read easier
)
SHOWN_JOBS = 10
BY = {
    "distance": gettext_lazy("for that distance"),
    "printer": gettext_lazy("for that printer"),
    "phone": gettext_lazy("half a millimetre a module, which every phone reads"),
}


class QRForm(forms.ModelForm[QRCode]):
    """A placement: where its code leads, which can change after printing, and how it looks."""

    target = forms.CharField(
        label=gettext_lazy("Leads to"),
        max_length=2_000,
        required=False,
        validators=[URLValidator(["http", "https"])],
        help_text=gettext_lazy("the whole address; it can change after printing; empty when it hands out a document"),
        widget=UnfoldAdminTextInputWidget(),
    )
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("Counts for the campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    document = forms.FileField(
        label=gettext_lazy("Document"),
        required=False,
        validators=[FileExtensionValidator(DOCUMENTS)],
        help_text=gettext_lazy("up to 20 MB; the code then hands it out"),
        widget=UnfoldAdminFileFieldWidget(),
    )

    class Meta:
        model = QRCode
        fields = ["name", "placement", "place", "dark", "light", "level", "logo", "document"]
        widgets = {"dark": UnfoldAdminColorInputWidget(), "light": UnfoldAdminColorInputWidget()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("dark", "light", "level"):
            self.fields[name].required = False
        if self.instance.pk:
            self.fields["target"].initial = self.instance.link.target
            self.fields.pop("campaign", None)
        else:
            recent = Campaign.objects.order_by("-created_at").values("pk")[:200]
            self.fields["campaign"].queryset = Campaign.objects.filter(pk__in=recent)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name in ("dark", "light", "level"):
            given[name] = given.get(name) or getattr(QRCode(), name)
        if self.errors:
            return given
        document = given.get("document")
        if document and getattr(document, "size", 0) > MOST_DOCUMENT:
            self.add_error("document", _("The document is larger than 20 MB."))
        if not given.get("target") and not document:
            self.add_error("target", _("Enter where the code leads, or choose a document."))
        if found := studio.problems(studio.Design(dark=given["dark"], light=given["light"], level=given["level"])):
            self.add_error("dark", " ".join(found))
        return given


class BulkForm(forms.Form):
    """For whom personal codes are made."""

    offer = forms.ModelChoiceField(Offer.objects.filter(archived_at=None), label=gettext_lazy("Offer"))
    segment = forms.ModelChoiceField(
        Segment.objects.filter(archived_at=None), label=gettext_lazy("One for each person of"), required=False,
        empty_label=gettext_lazy("nobody"),
    )  # fmt: skip
    batch = forms.ModelChoiceField(
        CodeBatch.objects.all(), label=gettext_lazy("Or the free codes of the batch"), required=False,
        empty_label=gettext_lazy("none"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if bool(given.get("segment")) == bool(given.get("batch")):
            raise forms.ValidationError(_("Choose either a segment or a batch."))
        if given.get("batch") and given.get("offer") and given["batch"].offer_id != given["offer"].pk:
            raise forms.ValidationError(_("This batch belongs to another offer."))
        return given


@admin.register(QRCode)
class QRCodeAdmin(MyPlacesAdmin):
    """One code and short link for each poster, till, slide; PNG, SVG and PDF that were read back."""

    place_lookup = "place"
    form = QRForm
    list_display = ["name", "placement", "place", "leads_to", "scans", "created_at"]
    list_filter = ["placement", "place"]
    search_fields = ["name"]
    list_select_related = ["link", "place"]
    autocomplete_fields = ["place", "logo"]
    readonly_fields = ["picture", "address", "scanned"]
    actions_list = ["to_bulk"]
    empty_words = gettext_lazy(
        "One code for each poster, till or slide. Where it leads can change after printing, and each scan is counted."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[QRCode]:
        rows: QuerySet[QRCode] = super().get_queryset(request)
        return rows.annotate(n_scans=Sum("days__n"))

    def get_fields(self, request: HttpRequest, obj: QRCode | None = None) -> list[str]:
        looks = ["dark", "light", "level", "logo"]
        if obj is None:
            return ["name", "placement", "place", "target", "document", "campaign", *looks]
        return ["picture", "scanned", "address", "name", "placement", "place", "target", "document", *looks]

    def save_model(self, request: HttpRequest, obj: QRCode, form: Any, change: bool) -> None:
        given = form.cleaned_data
        person = request.user if request.user.is_authenticated else None
        if not change:
            obj.link = links.public(Link.Kind.QR, campaign=given.get("campaign"), target=given["target"])
        super().save_model(request, obj, form, change)
        target = placements.document_url(obj) if obj.document and not given["target"] else given["target"]
        links.retarget(obj.link, target, person)
        for warning in studio.warnings(placements.design_of(obj)):
            messages.warning(request, warning)

    @admin.display(description=gettext_lazy("leads to"))
    def leads_to(self, code: QRCode) -> str:
        return code.link.target

    @admin.display(description=gettext_lazy("scans"), ordering="n_scans")
    def scans(self, code: QRCode) -> int:
        return getattr(code, "n_scans", None) or 0

    @admin.display(description=gettext_lazy("scans"))
    def scanned(self, code: QRCode) -> str:
        since = timezone.localdate() - timedelta(days=13)
        days = list(code.days.filter(day__gte=since).order_by("day").values_list("day", "n"))
        rows = format_html_join("", "<li>{}: {}</li>", days)
        return format_html("<p>{}</p><ul>{}</ul>", _("%(n)d in all; the last 14 days:") % {"n": self.scans(code)}, rows)

    @admin.display(description=gettext_lazy("address in the code"))
    def address(self, code: QRCode) -> str:
        return qr.address(code.link.token or "")

    @admin.display(description=gettext_lazy("code"))
    def picture(self, code: QRCode) -> str:
        try:
            shown = data_uri(placements.text_of(code), placements.file_of(code, "png"))
        except studio.CannotDraw as why:
            return str(why)
        files = [(reverse("admin:social_qrcode_file", args=[code.pk, kind]), kind.upper()) for kind in studio.KINDS]
        return format_html(
            '<img src="{}" width="240" height="240" alt="{}"><p>{} · <a href="{}">{}</a></p>',
            shown,
            _("QR code"),
            format_html_join(" · ", '<a href="{}">{}</a>', files),
            reverse("admin:social_qrcode_size", args=[code.pk]),
            _("How large to print it"),
        )

    @action(description=gettext_lazy("Personal codes for a printer"), url_path="to-bulk")  # type: ignore[untyped-decorator]
    def to_bulk(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:social_qrcode_bulk"))

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/code.<str:kind>", site(self.file), name="social_qrcode_file"),
            path("<int:pk>/size/", site(self.size), name="social_qrcode_size"),
            path("bulk/", site(self.bulk), name="social_qrcode_bulk"),
            path("bulk/zip/", site(self.bulk_file), name="social_qrcode_bulk_file"),
            *super().get_urls(),
        ]

    def file(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """GET gives the code as PNG, SVG or PDF, `?mm=` a side."""
        code = self._seen(request, pk)
        kind = kind if kind in studio.KINDS else "png"
        try:
            data = placements.file_of(code, kind, millimetres=_number(request, "mm", 40.0, 10.0, 2_000.0))
        except studio.CannotDraw as why:
            return HttpResponse(str(why), status=422, content_type="text/plain; charset=utf-8")
        answer = HttpResponse(data, content_type=studio.KINDS[kind])
        answer["Content-Disposition"] = f'attachment; filename="{slugify(code.name) or "qr"}.{kind}"'
        return answer

    def size(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET says how large the code must be printed for a distance and a printer."""
        code = self._seen(request, pk)
        metres, dpi = _number(request, "metres", 1.0, 0.1, 100.0), int(_number(request, "dpi", 300, 50, 2400))
        found = studio.least_size(placements.text_of(code), placements.design_of(code), metres=metres, dpi=dpi)
        context = {
            "title": code.name, "code": code, "size": found, "by": BY[found.by], "metres": f"{metres:g}", "dpi": dpi,
            "mm": f"{found.millimetres:.1f}", "centimetres": found.millimetres / 10,
        }  # fmt: skip
        return self._page(request, "qr_size.html", context)

    def bulk(self, request: HttpRequest) -> HttpResponse:
        """Order personal codes, and show the orders of the last days with their ZIPs."""
        self._may_bulk(request)
        form = dressed(BulkForm(request.POST or None))
        if request.method == "POST" and form.is_valid():
            try:
                job = printing.order(**form.cleaned_data, by=request.user)
            except printing.CannotPrint as why:
                form.add_error(None, str(why))
            else:
                audit.record(request.user, "ordered QR codes", job, n=job.total or 0)
                return HttpResponseRedirect(reverse("admin:social_qrcode_bulk"))
        rows = Job.objects.filter(kind=printing.KIND).order_by("-pk")[:SHOWN_JOBS]
        orders = [
            {
                "job": job, "name": job.parameters.get("name", ""), "made": job.counts.get("made", 0),
                "total": job.total or 0, "refused": job.counts.get("refused", 0),
            }
            for job in rows
        ]  # fmt: skip
        context = {"title": _("Personal codes for a printer"), "form": form, "orders": orders}
        return self._page(request, "qr_bulk.html", context)

    def bulk_file(self, request: HttpRequest) -> FileResponse:
        """GET hands out the ZIP of one order, `?job=`."""
        self._may_bulk(request)
        number = request.GET.get("job", "")
        job = Job.objects.filter(kind=printing.KIND, pk=int(number)).first() if number.isdecimal() else None
        if job is None or not job.result:
            raise Http404
        audit.record(request.user, "downloaded QR codes", job)
        return FileResponse(job.result.open("rb"), as_attachment=True, filename=f"qr-codes-{job.pk}.zip")

    def _may_bulk(self, request: HttpRequest) -> None:
        if not (request.user.has_perm("social.add_codebatch") and request.user.has_perm("contacts.view_contact")):
            raise PermissionDenied  # the list holds names

    def _seen(self, request: HttpRequest, pk: int) -> QRCode:
        if not self.has_view_permission(request):
            raise PermissionDenied
        code: QRCode = get_object_or_404(self.get_queryset(request).select_related("link", "logo"), pk=pk)
        return code

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/social/{template}", {**common, **context})


def _number(request: HttpRequest, name: str, usual: float, least: float, most: float) -> float:
    try:
        given = float(request.GET.get(name, usual))
    except ValueError:
        return usual
    return min(max(given, least), most) if given == given else usual
