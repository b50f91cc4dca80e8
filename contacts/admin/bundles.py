"""A whole archive of another tool in the desk: say once what each file is, lists of who left go first.

The archive waits as a job of kind `bundle`. Its form begins one job per list of who left, one for the templates, and
leaves each file of people at the page of its columns, which starts only when the lists are in.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.files.base import File
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import audit, jobs
from contacts.admin.exports import dressed
from contacts.admin.grounds import GroundForm
from contacts.importing import bundle, work
from contacts.importing.reader import BadFile
from contacts.models import Brand, Job, Suppression, Topic

if TYPE_CHECKING:
    from contacts.admin.jobs import JobAdmin

KIND = "bundle"
ROLES = [
    (bundle.PEOPLE, gettext_lazy("people, as the columns say")),
    (Suppression.Reason.UNSUBSCRIBED_ALL.value, gettext_lazy("people who unsubscribed")),
    (Suppression.Reason.HARD_BOUNCE.value, gettext_lazy("addresses that bounced (Mailchimp: cleaned)")),
    (Suppression.Reason.COMPLAINT.value, gettext_lazy("people who complained")),
    (Suppression.Reason.IMPORTED.value, gettext_lazy("people who must not be written to, for another reason")),
    (bundle.TEMPLATE, gettext_lazy("HTML template of a mail")),
    (bundle.NOTHING, gettext_lazy("leave out")),
]


class ArchiveForm(GroundForm):
    """What holds for all files of the archive; asked once."""

    topic = forms.ModelChoiceField(
        Topic.objects.filter(archived_at=None).select_related("brand"), required=False,
        label=gettext_lazy("The topic that they subscribed to or left"),
        empty_label=gettext_lazy("none: only keep them as contacts; who left gets no mail at all"),
    )  # fmt: skip


def keep(file: Any, by: Any) -> Job:
    """Return the job that holds an archive until its files are told apart. Raises: BadFile."""
    entries = [vars(one) for one in bundle.look(file)]
    file.seek(0)
    job = jobs.create(KIND, parameters={"name": file.name, "entries": entries}, upload=file, by=by, hint=False)
    Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED)  # nobody runs it
    return job


def page(admin: JobAdmin, request: HttpRequest, job: Job) -> HttpResponse:
    """Show the archive's files and what each is; on POST begin with them, then show how far each is."""
    if "begun" in job.parameters:
        return admin._page(request, "bundle.html", {"title": _title(job), "begun": begun(job), "job": job})
    form = dressed(ArchiveForm(request.POST or None))
    entries = [bundle.Entry(**one) for one in job.parameters["entries"]]
    if request.method == "POST":
        known = {key for key, _label in ROLES}
        said = [request.POST.get(f"role-{n}", one.role) for n, one in enumerate(entries)]
        entries = [bundle.Entry(one.name, r if r in known else "") for one, r in zip(entries, said, strict=True)]
        if form.is_valid():
            _begin(request, job, entries, form.cleaned_data)
            return HttpResponseRedirect(reverse("admin:contacts_job_files", args=[job.pk]))
    context = {"title": _title(job), "entries": entries, "roles": ROLES, "form": form, "job": job}
    return admin._page(request, "bundle.html", context)


def begun(job: Job) -> list[tuple[str, Job | None, str]]:
    """Return each file of an archive with its job, or with why there is none."""
    there = Job.objects.in_bulk([one["job"] for one in job.parameters["begun"] if one["job"]])
    return [(one["name"], there.get(one["job"] or 0), one["why"]) for one in job.parameters["begun"]]


def unfinished_lists(job: Job) -> bool:
    """Say whether lists of who left, from the archive that this file of people came in, are still on their way."""
    whole = Job.objects.filter(pk=job.parameters.get("bundle") or 0, kind=KIND).first()
    if whole is None:
        return False
    lists = [one["job"] for one in whole.parameters.get("begun", ()) if one["job"] and one["is_list"]]
    return Job.objects.filter(pk__in=lists, state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists()


def started(waiting: Job, job: Job) -> None:
    """Let the archive's page follow a file of people from its columns to its import."""
    whole = Job.objects.filter(pk=waiting.parameters.get("bundle") or 0, kind=KIND).first()
    if whole is not None:
        told = [{**one, "job": job.pk} if one["job"] == waiting.pk else one for one in whole.parameters["begun"]]
        Job.objects.filter(pk=whole.pk).update(parameters={**whole.parameters, "begun": told})


def _title(job: Job) -> str:
    return _("Files of %(name)s") % {"name": job.parameters["name"]}


def _begin(request: HttpRequest, job: Job, entries: list[bundle.Entry], wish: dict[str, Any]) -> None:
    told: list[dict[str, Any]] = []
    with job.upload.open("rb") as file, zipfile.ZipFile(file) as archive:
        lists = [one for one in entries if one.role not in (bundle.PEOPLE, bundle.TEMPLATE, bundle.NOTHING)]
        people = [one for one in entries if one.role == bundle.PEOPLE]
        for one in [*lists, *people]:
            told.append({"name": one.name, "job": None, "why": "", "is_list": one in lists})
            try:
                with bundle.opened(archive, one.name) as text:
                    upload = File(cast("Any", text), name=one.name.rpartition("/")[2])
                    begin = _list if one in lists else _people
                    told[-1]["job"] = begin(request, job, upload, one.role, wish).pk
            except BadFile as why:
                told[-1]["why"] = str(why)
    pages = [one.name for one in entries if one.role == bundle.TEMPLATE]
    if pages:
        told.append({"name": ", ".join(pages)[:200], "is_list": False, **_templates(request, job, pages, wish)})
    work.forget_upload(job)
    Job.objects.filter(pk=job.pk).update(parameters={"name": job.parameters["name"], "begun": told})


def _list(request: HttpRequest, job: Job, file: File[Any], role: str, wish: dict[str, Any]) -> Job:
    """Begin with a list of who left: its columns are taken as proposed."""
    shape, columns, _first = work.look(cast("Any", file))
    file.seek(0)
    started = work.plan(
        file, columns=columns, shape=shape, topic=wish["topic"], standing=role, by=request.user,
        source=f"import {job.parameters['name']}"[:120],
    )  # fmt: skip
    audit.record(request.user, "imported contacts", started, dry_run=False)
    return started


def _people(request: HttpRequest, job: Job, file: File[Any], role: str, wish: dict[str, Any]) -> Job:
    """Leave a file of people at the page of its columns, with what was said for the whole archive."""
    from contacts.admin.jobs import WAITING_FOR_MAPPING, seen

    looked = seen(*work.look(cast("Any", file)), str(file.name))
    file.seek(0)
    said = {"topic": wish["topic"].pk if wish["topic"] else None, "basis": wish["basis"], "evidence": wish["evidence"]}
    waiting = jobs.create(
        WAITING_FOR_MAPPING, parameters={**looked, "bundle": job.pk, "wish": said}, upload=file, by=request.user,
        hint=False,
    )  # fmt: skip
    Job.objects.filter(pk=waiting.pk).update(state=Job.State.CANCELLED)  # nobody runs it before it is mapped
    return waiting


def _templates(request: HttpRequest, job: Job, pages: list[str], wish: dict[str, Any]) -> dict[str, Any]:
    brand = wish["topic"].brand if wish["topic"] else Brand.objects.filter(archived_at=None).first()
    if brand is None:
        return {"job": None, "why": _("Templates need a brand: make one first.")}
    if not request.user.has_perm("campaigns.add_emailcontent"):
        return {"job": None, "why": _("You may not add mails.")}
    with job.upload.open("rb") as file:
        name = str(job.parameters["name"])
        made = jobs.create(
            "templates", parameters={"names": pages, "brand": brand.pk, "name": name},
            upload=File(file, name=name), by=request.user,
        )  # fmt: skip
    return {"job": made.pk, "why": ""}
