"""Imports and other long work: upload → look at the columns → run → watch → take back what was rejected."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import action

from contacts import audit, jobs
from contacts.admin import bundles, exports
from contacts.admin.exports import dressed
from contacts.admin.grounds import GroundForm
from contacts.admin_base import BigTableAdmin, found
from contacts.importing import bundle, mapping, tools, work
from contacts.importing.mapping import Column
from contacts.importing.reader import ENCODINGS, BadFile, Shape
from contacts.importing.upsert import Policy
from contacts.models import AttributeType, Job, Suppression, Topic
from contacts.models.consent import Basis

WAITING_FOR_MAPPING = "mapping"  # kept in parameters until the person has looked at the columns


STANDINGS = [
    ("", gettext_lazy("people, as the columns say")),
    (Suppression.Reason.UNSUBSCRIBED_ALL.value, gettext_lazy("people who unsubscribed")),
    (Suppression.Reason.HARD_BOUNCE.value, gettext_lazy("addresses that bounced (Mailchimp: cleaned)")),
    (Suppression.Reason.COMPLAINT.value, gettext_lazy("people who complained")),
    (Suppression.Reason.IMPORTED.value, gettext_lazy("people who must not be written to, for another reason")),
]
DELIMITERS = {",": gettext_lazy("comma"), ";": gettext_lazy("semicolon"), "\t": gettext_lazy("tab"), "|": "|"}


class UploadForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, TSV, XLSX, ODS, or the whole ZIP, as your other tool exported it; drop it here or choose it"
        ),
    )


class WishForm(GroundForm):
    """What is to become of the lines, beside the columns."""

    topic = forms.ModelChoiceField(
        Topic.objects.filter(archived_at=None), label=gettext_lazy("Subscribe them to"), required=False,
        empty_label=gettext_lazy("nothing: only keep them as contacts"),
    )  # fmt: skip
    tags = forms.CharField(
        label=gettext_lazy("Tags for all"), required=False, help_text=gettext_lazy("separated by commas")
    )
    policy = forms.ChoiceField(
        label=gettext_lazy("People who are known already"), required=False, choices=Policy.choices,
        initial=Policy.OVERWRITE,
        help_text=gettext_lazy("an empty cell never erases anything"),
    )  # fmt: skip
    standing = forms.ChoiceField(
        label=gettext_lazy("This file is a list of"), required=False, choices=STANDINGS,
        help_text=gettext_lazy(
            "moving from another tool, bring those who left and those who bounced first: nobody is then written to "
            "in between"
        ),
    )  # fmt: skip
    dry_run = forms.BooleanField(label=gettext_lazy("Rehearse only: count, write nothing"), required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("topic") and said.get("basis") == Basis.NONE:
            self.add_error("basis", _("No basis, no mail: choose the ground on which you may write to them."))
        if said.get("topic") and said.get("basis") != Basis.NONE and not said.get("evidence", "").strip():
            self.add_error("evidence", _("Say where and how they agreed; without it nobody may be written to."))
        said["policy"] = said.get("policy") or Policy.OVERWRITE
        return said


@admin.register(Job)
class JobAdmin(BigTableAdmin):
    """Imports and other long work."""

    list_display = ["what", "state", "result_shown", "created_by", "created_at", "finished_at"]
    list_filter = ["kind", "state"]
    list_select_related = ["created_by"]
    ordering = ["-pk"]
    actions_list = ["import_contacts", "export_contacts"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_import(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perms(["contacts.add_contact", "contacts.change_contact"]))

    @admin.display(description=gettext_lazy("work"))
    def what(self, job: Job) -> str:
        return jobs.title(job)

    @admin.display(description=gettext_lazy("outcome"))
    def result_shown(self, job: Job) -> str:
        if job.error:
            return job.error
        counts = job.counts
        if not counts:
            return "–"
        kind = jobs.KINDS.get(job.kind)
        return ", ".join(f"{label}: {counts.get(name, 0)}" for name, label in (kind.figures if kind else {}).items())

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("export/", site(self.export), name="contacts_job_export"),
            path("import/", site(self.upload), name="contacts_job_import"),
            path("<int:pk>/files/", site(self.files), name="contacts_job_files"),
            path("<int:pk>/columns/", site(self.columns), name="contacts_job_columns"),
            path("<int:pk>/shape/", site(require_POST(self.shape)), name="contacts_job_shape"),
            path("<int:pk>/progress/", site(self.progress), name="contacts_job_progress"),
            path("<int:pk>/cancel/", site(require_POST(self.cancel)), name="contacts_job_cancel"),
            path("<int:pk>/rejected/", site(self.rejected), name="contacts_job_rejected"),
            *super().get_urls(),
        ]

    @action(description=gettext_lazy("Import contacts"), url_path="to-import")  # type: ignore[untyped-decorator]
    def import_contacts(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:contacts_job_import"))

    @action(description=gettext_lazy("Export contacts"), url_path="to-export")  # type: ignore[untyped-decorator]
    def export_contacts(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:contacts_job_export"))

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Ask which people in which format, then stream them."""
        return exports.page(self, request)

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take the file and look at it."""
        if not self.may_import(request):
            raise PermissionDenied
        form = dressed(UploadForm(request.POST or None, request.FILES or None))
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                if str(file.name).lower().endswith(bundle.PAGES):
                    file = ContentFile(bundle.of_page(file, str(file.name)), name=f"{file.name}.zip")
                if bundle.is_bundle(file):
                    held = bundles.keep(file, request.user)
                    return HttpResponseRedirect(reverse("admin:contacts_job_files", args=[held.pk]))
                looked = seen(*work.look(file), file.name)
            except BadFile as why:
                form.add_error("file", str(why))
            else:
                job = jobs.create(WAITING_FOR_MAPPING, parameters=looked, upload=file, by=request.user, hint=False)
                Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED)  # nobody runs it before it is mapped
                return HttpResponseRedirect(reverse("admin:contacts_job_columns", args=[job.pk]))
        return self._page(request, "upload.html", {"title": _("Import contacts"), "form": form})

    def files(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the files of an archive and what becomes of each."""
        if not self.may_import(request):
            raise PermissionDenied
        return bundles.page(self, request, get_object_or_404(Job, pk=pk, kind=bundles.KIND))

    def columns(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the first lines and what each column becomes; on POST, start the import."""
        job = get_object_or_404(Job, pk=pk, kind=WAITING_FOR_MAPPING)
        if not self.may_import(request) or not job.upload:
            raise PermissionDenied
        columns = [Column(**{**one, "examples": tuple(one["examples"])}) for one in job.parameters["columns"]]
        form = dressed(WishForm(request.POST or None, initial=job.parameters.get("wish")))
        if request.method == "POST":
            columns = _chosen(columns, request)
            if bundles.unfinished_lists(job):
                form.add_error(None, _("The lists of who left are still being taken in. Try again in a moment."))
            if form.is_valid() and (started := self._start(request, job, columns, form)):
                return HttpResponseRedirect(reverse("admin:contacts_job_change", args=[started.pk]))
        context = {
            "title": _("Import %(name)s") % {"name": job.parameters["name"]},
            "job": job,
            "encodings": ENCODINGS,
            "delimiters": DELIMITERS,
            "types": AttributeType.Type.choices,
            "sample": job.parameters.get("sample", []),
            "tool": tools.recognise([one.header for one in columns]),
            "columns": columns,
            "targets": _targets(columns),
            "form": form,
        }
        return self._page(request, "columns.html", context)

    def shape(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look at the file again, in the encoding and with the delimiter that the person chose."""
        job = get_object_or_404(Job, pk=pk, kind=WAITING_FOR_MAPPING)
        if not self.may_import(request) or not job.upload:
            raise PermissionDenied
        wanted = Shape(request.POST.get("encoding", ""), request.POST.get("delimiter", ""))
        if wanted.encoding in ENCODINGS and wanted.delimiter in DELIMITERS:
            try:
                with job.upload.open("rb") as file:
                    looked = seen(*work.look(file, wanted), job.parameters["name"])
            except BadFile as why:
                messages.error(request, str(why))
            else:
                Job.objects.filter(pk=job.pk).update(parameters={**job.parameters, **looked})
        return HttpResponseRedirect(reverse("admin:contacts_job_columns", args=[pk]))

    def _start(self, request: HttpRequest, job: Job, columns: list[Column], form: Any) -> Job | None:
        said = form.cleaned_data
        try:
            with job.upload.open("rb") as file:
                file.name = job.parameters["name"]
                started = work.plan(
                    file, columns=columns, shape=Shape(**job.parameters["shape"]), topic=said["topic"],
                    basis=said["basis"], evidence=said["evidence"], tags=mapping.to_list(said["tags"]),
                    policy=said["policy"], standing=said["standing"], dry_run=said["dry_run"], by=request.user,
                )  # fmt: skip
        except BadFile as why:
            form.add_error(None, str(why))
            return None
        if not said["dry_run"]:
            bundles.started(job, started)
            work.forget_upload(job)
            Job.objects.filter(pk=job.pk).delete()
        audit.record(request.user, "imported contacts", started, dry_run=said["dry_run"])
        return started

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the progress, the outcome, and the way on."""
        job = found(Job, object_id)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        if job.kind in (WAITING_FOR_MAPPING, bundles.KIND):
            page = "columns" if job.kind == WAITING_FOR_MAPPING else "files"
            return HttpResponseRedirect(reverse(f"admin:contacts_job_{page}", args=[job.pk]))
        return self._page(request, "watch.html", {"title": self.what(job), **_progress(job)})

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer htmx with how far the work is."""
        job = get_object_or_404(Job, pk=pk)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return TemplateResponse(request, "admin/contacts/job/progress.html", _progress(job))

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop the work; what is in stays in."""
        job = get_object_or_404(Job, pk=pk)
        if not self.may_import(request):
            raise PermissionDenied
        if jobs.cancel(job):
            audit.record(request.user, "cancelled job", job)
            messages.success(request, _("Stopped. What was taken in stays."))
        return HttpResponseRedirect(reverse("admin:contacts_job_change", args=[pk]))

    def rejected(self, request: HttpRequest, pk: int) -> FileResponse:
        """Hand out the rejected rows with line and reason."""
        job = get_object_or_404(Job, pk=pk)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        if not job.result:
            raise Http404
        return FileResponse(job.result.open("rb"), as_attachment=True, filename=f"rejected-{job.pk}.csv")

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/contacts/job/{template}", {**common, **context})


def _progress(job: Job) -> dict[str, Any]:
    """Return what the progress page shows: share done, rate, time left, counts."""
    started, kind = job.started_at, jobs.KINDS.get(job.kind)
    elapsed = ((job.finished_at or timezone.now()) - started).total_seconds() if started else 0.0
    lines = job.counts.get("lines", 0)
    share = job.progress / job.total if job.total else 0.0
    is_running = job.state in (Job.State.QUEUED, Job.State.RUNNING)
    return {
        "job": job,
        "percent": round(100 * share),
        "rate": round(lines / elapsed) if elapsed >= 1 else None,
        "left": round(elapsed * (1 - share) / share) if is_running and share > 0.02 else None,
        "is_running": is_running,
        "is_dry": job.parameters.get("dry_run"),
        "figures": [(label, job.counts.get(name, 0)) for name, label in kind.figures.items()] if kind else [],
        "is_of_people": job.kind == "import",
        "more": {name: job.counts.get(name, 0) for name in ("lines", "subscribed", "suppressed", "left")},
    }


def seen(shape: Shape, columns: list[Column], first: list[list[str]], name: str) -> dict[str, Any]:
    """Return what is kept of a look at a file until the person has mapped it."""
    sample = [[value[:60] for value in row] for row in first[:3]]
    return {"columns": [vars(one) for one in columns], "shape": vars(shape), "sample": sample, "name": name}


def _chosen(columns: list[Column], request: HttpRequest) -> list[Column]:
    """Return the columns as the person mapped them."""
    offered = {key for key, _label in _targets(columns)}
    found = []
    for one in columns:
        target = request.POST.get(f"column-{one.index}", one.target)
        kind = request.POST.get(f"type-{one.index}", one.type)
        kind = kind if kind in AttributeType.Type.values else one.type
        found.append(Column(one.index, one.header, target if target in offered else "", kind, one.examples))
    return mapping.with_declared_types(found)


def _targets(columns: list[Column]) -> list[tuple[str, Any]]:
    """Return what a column can become, as a select shows it."""
    declared = {f"attribute:{name}": label for name, label in AttributeType.objects.values_list("name", "label")}
    new = {
        f"attribute:{name}": _("new attribute “%(name)s”") % {"name": one.header}
        for one in columns
        if (name := mapping.attribute_name(one.header)) and f"attribute:{name}" not in declared
    }
    return [("", _("leave out")), *mapping.TARGETS.items(), *declared.items(), *new.items()]
