"""Level 4: the brand's own list of followers, as its network exported it. Matches are kept, the other rows are not.

job = take(file, network="instagram", by=user)    # a Job; contacts.jobs.run does it
work(run)                                                       # called by the runner, resumable

A row matches by an account or an address that we know of a contact. Nothing of the other rows is written anywhere, and
the file is deleted when the job ends.
"""

from __future__ import annotations

import io
from typing import IO, Any

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import jobs
from contacts.addresses import normalise as address
from contacts.importing.reader import BadFile, open_rows
from contacts.models import Contact, Identity, Job
from social.fans import proofs
from social.models import FanProof
from social.models.fans import FanLevel

KIND, METHOD = "fan_list", "list"
CHUNK = 500  # rows per transaction
MOST_BYTES = 200_000_000
HEAD = 1_000_000  # bytes in which the first line is looked for
HANDLES = ("handle", "username", "user name", "user_name", "account", "screen_name", "compte", "pseudo", "acct")
EMAILS = ("email", "e-mail", "mail", "address", "adresse")


def take(file: File[Any], *, network: str, by: Any = None) -> Job:
    """Return the job that goes through a list of followers.

    Writes:  Job with the file.
    Raises:  BadFile when it cannot be read or has no column of accounts or addresses.
    """
    if (file.size or 0) > MOST_BYTES:
        raise BadFile(_("The file is larger than 200 MB. Split it."))
    file.seek(0)
    columns(open_rows(io.BytesIO(file.read(HEAD))).headers)
    file.seek(0)
    return jobs.create(KIND, parameters={"network": network, "name": file.name or ""}, upload=file, by=by)


def columns(header: list[str]) -> tuple[int | None, int | None]:
    """Return where accounts and addresses stand in a header.

    Raises:  BadFile when neither is there.
    """
    named = [cell.strip().casefold().lstrip("\ufeff") for cell in header]
    handle = next((named.index(name) for name in HANDLES if name in named), None)
    email = next((named.index(name) for name in EMAILS if name in named), None)
    if handle is None and email is None:
        raise BadFile(
            _("No column of the file is called “username”, “handle” or “email”. Name the column with the accounts.")
        )
    return handle, email


def work(run: jobs.Run) -> None:
    """Go through the list and give level 4 to those we know; what is known already holds for another month.

    Reads:   Identity, Contact by value, CHUNK rows at a time.
    Writes:  FanProof; counts `lines`, `created` (new), `updated` (renewed), `left_out` (rows of people we do not know).
    """
    network = str(run.job.parameters["network"])
    skip = int(run.cursor.get("line", 0))
    try:
        with run.job.upload.open("rb") as file:
            _go_through(run, file, network, skip)
    except BadFile as why:
        raise jobs.Refused(str(why)) from why
    run.job.upload.delete(save=False)
    with run.batch():
        Job.objects.filter(pk=run.job.pk).update(upload="")


def _go_through(run: jobs.Run, file: IO[bytes], network: str, skip: int) -> None:
    rows = open_rows(file)
    where = columns(rows.headers)
    done = 0
    batch: list[list[str]] = []
    for row in rows:
        done += 1
        if done <= skip:
            continue
        batch.append(row.values)
        if len(batch) == CHUNK:
            _match(run, batch, where, network, done)
            batch = []
    _match(run, batch, where, network, done)
    rows.close()


def _match(run: jobs.Run, rows: list[list[str]], where: tuple[int | None, int | None], network: str, done: int) -> None:
    people = _known(rows, where, network)
    now = timezone.now()
    with run.batch():
        held = {
            proof.contact_id: proof
            for proof in FanProof.objects.filter(
                proofs.holds(now), contact__in=people, network=network, method=METHOD, level=FanLevel.BRAND_LIST
            )
        }
        until = proofs.expiry(FanLevel.BRAND_LIST, now)
        FanProof.objects.filter(pk__in=[proof.pk for proof in held.values()]).update(expires_at=until)
        new = [pk for pk in people if pk not in held]
        evidence = {"job": run.job.pk, "list": str(run.job.parameters.get("name", ""))[:80]}
        FanProof.objects.bulk_create(
            FanProof(
                contact_id=pk, network=network, level=FanLevel.BRAND_LIST, method=METHOD, evidence=evidence,
                verified_at=now, expires_at=until,
            )
            for pk in new
        )  # fmt: skip
        run.cursor["line"] = run.progress = done
        run.add(lines=len(rows), created=len(new), updated=len(held), left_out=len(rows) - len(people))


def _known(rows: list[list[str]], where: tuple[int | None, int | None], network: str) -> list[int]:
    """Return the contacts of these rows, each once."""
    handle_at, email_at = where
    handles = {f"{network}:{cell.lower().lstrip('@')}" for row in rows if (cell := _cell(row, handle_at))}
    emails = set(filter(None, (_address(_cell(row, email_at)) for row in rows)))
    found = Identity.objects.filter(kind=Identity.Kind.HANDLE, value__in=handles, contact__merged_into=None)
    other = Identity.objects.filter(kind=Identity.Kind.EMAIL, value__in=emails, contact__merged_into=None)
    main = Contact.objects.filter(email__in=emails, merged_into=None)
    pks = [
        *found.values_list("contact_id", flat=True),
        *other.values_list("contact_id", flat=True),
        *main.values_list("pk", flat=True),
    ]
    return sorted(set(pks))


def _cell(row: list[str], at: int | None) -> str:
    return row[at].strip().replace("\x00", "")[:254] if at is not None and at < len(row) else ""


def _address(text: str) -> str:
    try:
        return address(text) if text else ""
    except ValueError:
        return ""
