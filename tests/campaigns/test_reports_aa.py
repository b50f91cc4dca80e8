"""An A/A campaign through the whole path: who got the mail and who got none behave alike, and the report says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import composing
from campaigns.content import starters
from campaigns.delivery import control, sender
from campaigns.models import Delivery
from campaigns.reports import campaign_report
from campaigns.reports.comparison import compare
from campaigns.tracking import ingest
from config.demo import doors, mails
from config.demo.doors import PHONE, Visitor
from social import conversions
from tests.make import make_brand, make_contact, make_segment, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db


def test_a_campaign_that_changes_nothing_shows_no_lift_and_beats_no_twin(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.FANFARE_RELAYS = [{"name": "main", "kind": "outbox", "url": "outbox:", "options": {}, "weight": 1}]
    doors._site.cache_clear()
    yesterday = timezone.now() - timedelta(days=1)
    marie, brand = make_user(), make_brand(default_language="en", languages=["en"])
    topic = make_topic(brand=brand)
    sender_line, everybody = (
        make_sender(brand=brand),
        make_segment(rules={"field": "language", "op": "is", "value": "fr"}),
    )
    for n in range(240):
        make_contact(email=f"aa{n}@example.com", language="fr", topic=topic, open_tracking_at=yesterday)
    template = starters.create("announcement", brand, marie, is_template=True)
    twins = []
    for name in ("A", "also A"):
        campaign = composing.compose(
            name=name, topic=topic, sender=sender_line, segments=[everybody], template=template, by=marie,
            holdout_percent=20,
        )  # fmt: skip
        control.start(campaign, marie)
        sender.run(campaign)
        twins.append(campaign)

    # Every fifth person of either group buys, with or without the mail; every fourth who got it looks at it.
    first = twins[0]
    for state in ("sent", "control"):
        for row in Delivery.objects.filter(campaign=first, state=state).select_related("contact").order_by("pk")[::5]:
            conversions.record_order(
                "shop", f"{row.pk}", amount_minor=4990, currency="EUR", email=row.contact.email,
                ordered_at=timezone.now() + timedelta(seconds=1),
            )  # fmt: skip
    for campaign in twins:
        for letter in list(mails.of(campaign))[::4]:
            Visitor(PHONE, "192.0.2.7").get(letter.pixel)
    doors.close()
    ingest.run(once=True)
    doors._site.cache_clear()

    report = campaign_report(first)
    treated, untouched = report.groups
    assert treated.people + untouched.people == 240 and untouched.people >= 30
    assert abs(treated.ordered.value - untouched.ordered.value) < 0.02
    assert next(step.n for step in report.funnel if step.key == "open") > 40
    assert report.lift.startswith("No effect on orders is shown")
    verdicts = {row.label: row.verdict for row in compare(twins).rows}
    assert set(verdicts.values()) <= {"", "no difference is shown"}
    assert "no difference is shown" in verdicts.values()
