"""The demo's contacts: through the importer that an organisation would use, and what they said about being measured.

job = bring(shop, 1000)
job.counts         # → {"lines": 1000, "created": 975, "updated": 14, "rejected": 11, …}
"""

from __future__ import annotations

import random
from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from config.demo import SEED, people
from config.demo.marks import once
from config.demo.shop import Shop
from contacts import consent, jobs, manners
from contacts.importing import work
from contacts.models import Consent, Contact, Job
from contacts.models.consent import Basis

FILE = "brulerie-customers.csv"
AGREED_AGO = timedelta(days=90)
BOXES = {  # how many ticked each box of the form, which asks for each on its own
    Consent.Purpose.OPEN_TRACKING: (0.72, "Measure whether I open your mails, to write better ones."),
    Consent.Purpose.CLICK_TRACKING: (0.78, "Measure what I follow in your mails, to write what interests me."),
    Consent.Purpose.PROFILING: (0.45, "Use this to choose what I get."),
    Consent.Purpose.PUBLIC_NAME: (0.40, "Show my first name to friends with whom I share."),
}
STEP = 100  # contacts a transaction


def bring(shop: Shop, n: int) -> Job:
    """Import the demo's file of `n` lines, once, and return its job.

    Writes:  Job, Contact, Identity, AttributeType, Tag, Subscription, Consent.
    """
    once("import", lambda: _import(shop, n))
    once("boxes", _boxes)
    return Job.objects.filter(kind="import", parameters__name=FILE).order_by("pk")[0]


def _import(shop: Shop, n: int) -> None:
    file = ContentFile(people.csv_file(n).encode(), name=FILE)
    shape, columns, _rows = work.look(file)
    file.seek(0)
    job = work.plan(
        file,
        columns=columns,
        shape=shape,
        topic=shop.offers,
        basis=Basis.CONSENT,
        evidence="Form on the website and at the tills, double opt-in, since 2024",
        wording="Write me about coffee; I can leave with one click.",
        source="import of the shop's customers",
        by=shop.admin,
        hint=False,
    )
    jobs.run(job.pk)


def _boxes() -> None:
    """Note who ticked which box when she signed up: most, but not all, let themselves be measured."""
    agreed_at = timezone.now() - AGREED_AGO
    pks = list(Contact.objects.filter(email__isnull=False).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), STEP):
        with manners.write_batch():
            for contact in Contact.objects.filter(pk__in=pks[start : start + STEP]).order_by("pk"):
                told = random.Random(f"{SEED}/boxes/{contact.email}")  # noqa: S311 - a story, not a secret
                for purpose, (part, wording) in BOXES.items():
                    if told.random() < part:
                        consent.give(
                            contact, purpose, method=Consent.Method.FORM, wording=wording, language="en", at=agreed_at
                        )
