"""Personal QR codes for a printer: a ZIP with one SVG a person and a CSV that says which is whose. A Job, streamed.

job = order(offer, segment=segment, by=user)     # a claim for each contact of a segment
job = order(offer, batch=batch, by=user)         # the codes of a batch, nobody's yet
work(run)                                        # called by the runner

The list is written first, in the order of the files; memory stays flat, whatever the number.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _

from contacts import jobs
from contacts.exporting import safe
from contacts.models import Contact, Job, Segment
from contacts.segments import sql
from social import qr
from social.models import Claim, Code, CodeBatch, Offer
from social.offers import claims, codes
from social.offers.reasons import Refused

KIND = "qr_print"
MOST = 100_000  # codes of one ZIP
CHUNK = 200  # codes between two signs of life
HEADER = ["file", "code", "address", "contact", "first_name", "last_name"]


class CannotPrint(ValueError):
    """These codes cannot be ordered; the message is a sentence with the remedy."""


@dataclass(frozen=True)
class Printed:
    """One code for the printer."""

    code: str
    address: str
    contact: str = ""
    first_name: str = ""
    last_name: str = ""


def order(offer: Offer, *, segment: Segment | None = None, batch: CodeBatch | None = None, by: Any = None) -> Job:
    """Return the job that makes the ZIP, for a segment's people or a batch's codes.

    Raises:  CannotPrint.
    """
    if offer.holding == Offer.Holding.PERSONAL:
        raise CannotPrint(_("A personal offer's code goes by mail only. Let whoever shows it first have it."))
    n = sql.people(segment.rules).count() if segment else Code.objects.filter(batch=batch).count()
    if n > MOST:
        raise CannotPrint(
            _("%(n)d codes are more than one ZIP takes (%(most)d). Take a smaller segment or batch.")
            % {"n": n, "most": MOST}
        )
    parameters = {
        "offer": offer.pk, "segment": segment.pk if segment else None, "batch": batch.pk if batch else None,
        "name": offer.name,
    }  # fmt: skip
    job = jobs.create(KIND, parameters=parameters, by=by)
    Job.objects.filter(pk=job.pk).update(total=n)
    return job


def work(run: jobs.Run) -> None:
    """Make the ZIP and keep it as the job's result. After a kill it is made anew: the claims are the same.

    Writes:  Claim for people who have none; Job.result; counts `made`, `refused`.
    """
    run.counts = {"made": 0, "refused": 0}
    run.progress = 0
    folder = Path(settings.VAR_DIR) / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "codes.zip"
        _write(run, path)
        with path.open("rb") as file:
            run.job.result.save(f"qr-codes-{run.job.pk}.zip", File(file), save=False)
    with run.batch():
        Job.objects.filter(pk=run.job.pk).update(result=run.job.result.name)


def _write(run: jobs.Run, path: Path) -> None:
    listed = io.StringIO()
    rows = csv.writer(listed)
    rows.writerow(HEADER)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for number, one in enumerate(_codes(run), start=1):
            name = f"{number:06d}.svg"
            packed.writestr(name, qr.svg(one.address))
            cells = [one.code, one.address, one.contact, one.first_name, one.last_name]
            rows.writerow([name, *(safe(cell) for cell in cells)])
            run.add(made=1)
            if number % CHUNK == 0:
                _alive(run)
        packed.writestr("codes.csv", "\ufeff" + listed.getvalue())
    _alive(run)


def _alive(run: jobs.Run) -> None:
    run.progress = sum(run.counts.values())
    with run.batch():
        pass


def _codes(run: jobs.Run) -> Iterator[Printed]:
    offer = Offer.objects.select_related("brand", "segment").filter(pk=run.job.parameters["offer"]).first()
    if offer is None:
        raise jobs.Refused(_("The offer is not there any more."))
    if pk := run.job.parameters.get("segment"):
        yield from _of_people(run, offer, Segment.objects.get(pk=pk))
        return
    batch = Code.objects.filter(batch=run.job.parameters["batch"], state=Code.State.FREE).order_by("pk")
    for value in batch.values_list("value", flat=True).iterator(chunk_size=2_000):
        yield Printed(codes.display(value), qr.address(value))


def _of_people(run: jobs.Run, offer: Offer, segment: Segment) -> Iterator[Printed]:
    last = 0
    while page := list(sql.people(segment.rules).filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = page[-1].pk
        for contact in page:
            made = _claim(offer, contact)
            if made is None:
                run.add(refused=1)
                continue
            code = codes.display(made.code.value) if made.code else offer.generic_code
            yield Printed(code, qr.address(made.token), f"#{contact.pk}", contact.first_name, contact.last_name)


def _claim(offer: Offer, contact: Contact) -> Claim | None:
    try:
        made = claims.claim(offer, contact, via=Claim.Via.QR)
    except Refused:
        return None
    return made if made.state == Claim.State.OPEN else None
