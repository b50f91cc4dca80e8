"""The job that takes the HTML templates out of another tool's archive.

job = jobs.create("templates", parameters={"names": ["welcome.html"], "brand": 1}, upload=archive)
"""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from campaigns.content import foreign
from contacts import jobs
from contacts.importing import bundle
from contacts.importing.listed import Refused
from contacts.importing.reader import BadFile
from contacts.importing.rejects import Rejects
from contacts.importing.work import forget_upload
from contacts.models import Brand


def work(run: jobs.Run) -> None:
    """Make a template of each page, one a transaction.

    Writes:  EmailContent with its version and body; the file of what is no page as Job.result.
    """
    names, done = run.job.parameters["names"], int(run.cursor.get("done", 0))
    brand = Brand.objects.get(pk=run.job.parameters["brand"])
    if not run.job.upload:
        return
    with (
        run.job.upload.open("rb") as file,
        zipfile.ZipFile(file) as archive,
        Rejects(run.job, [_("file")], int(run.cursor.get("rejects", 0))) as rejects,
    ):
        for n, name in enumerate(names[done:], start=done + 1):
            with run.batch():
                refused = _one(archive, name, n, brand, run)
                run.add(lines=1, created=not refused, rejected=len(refused))
                run.cursor, run.progress = {"done": n, "rejects": rejects.write(refused)}, n
        rejects.keep()
    forget_upload(run.job)


def _one(archive: zipfile.ZipFile, name: str, n: int, brand: Brand, run: jobs.Run) -> Refused:
    try:
        html = bundle.page(archive, name)
    except BadFile as why:
        return [(n, str(why), [name])]
    foreign.take_in(PurePosixPath(name).stem.replace("_", " "), html, brand, run.job.created_by)
    return []
