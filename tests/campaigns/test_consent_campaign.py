import email
import email.policy
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns import consent_campaign
from campaigns.content import batch
from campaigns.delivery import audience, control
from campaigns.models import Campaign, Delivery, Engagement, Event, Link
from campaigns.tracking import ingest, tokens
from campaigns.tracking.front import Front
from campaigns.tracking.spool import Spool
from campaigns.tracking.tokens import Purpose
from contacts import consent, formkeys, manners
from contacts.models import Consent, Preference
from tests.make import make_brand, make_campaign, make_contact, make_delivery, make_sender, make_topic

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 10, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch):
    """PostgreSQL's own clock cannot be frozen: the site's is asked instead."""
    monkeypatch.setattr(manners, "database_now", timezone.now)


@pytest.fixture
def topic():
    topic = make_topic()
    make_sender(brand=topic.brand)
    return topic


def started(topic):
    return control.start(consent_campaign.compose(topic, by="marie"), "marie")


def test_it_measures_nothing_and_goes_to_those_who_have_not_agreed(topic):
    ann = make_contact(topic=topic)
    ben = make_contact(email="ben@example.com", topic=topic)
    for purpose in consent_campaign.ASKED_FOR:
        consent.give(ben, purpose, method="form")

    campaign = started(topic)

    row = Delivery.objects.get()
    assert (row.contact, row.tracks_opens, row.tracks_clicks) == (ann, False, False)
    assert (campaign.tracking, campaign.kind) == ("none", "campaign")


def test_a_second_one_at_five_months_is_refused_and_at_six_it_starts(topic):
    make_contact(topic=topic)
    with time_machine.travel(START, tick=False):
        started(topic)
    with time_machine.travel(START + timedelta(days=150), tick=False):
        with pytest.raises(consent_campaign.TooSoon, match="2026-07-12"):
            consent_campaign.compose(topic, by="marie")
        with pytest.raises(CommandError, match="six months"):
            call_command("ask_consent", topic.slug)
    draft = make_campaign(topic=topic, trigger="ask_consent", tracking="none")
    with time_machine.travel(START + timedelta(days=150), tick=False), pytest.raises(consent_campaign.TooSoon):
        control.start(draft, "marie")
    with time_machine.travel(START + timedelta(days=184), tick=False):
        assert started(topic).state == "sending"


def test_six_months_hold_for_each_person_whichever_brand_asked(topic):
    ann = make_contact(topic=topic)
    other = make_topic(slug="other", brand=make_brand(slug="autre"))
    make_sender(brand=other.brand, from_email="news@autre.example")
    consent.subscribe(ann, other, basis="consent", method="form")
    with time_machine.travel(START, tick=False):
        started(topic)
        Delivery.objects.update(created_at=START)
    with time_machine.travel(START + timedelta(days=150), tick=False):
        with pytest.raises(consent_campaign.TooSoon, match="2026-07-12"):
            consent_campaign.compose(other, by="marie")
        dan = make_contact(email="dan@example.com", topic=topic)  # came since: he was never asked
        campaign = started(topic)
    assert list(campaign.deliveries.values_list("contact", flat=True)) == [dan.pk]
    assert dict(campaign.exclusions.values_list("reason", "n")) == {"asked": 1}


def test_a_yes_on_the_choices_page_is_counted_by_source(client, topic):
    ann = make_contact(topic=topic, source="shop")
    make_contact(email="dan@example.com", topic=topic, source="fair")
    campaign = started(topic)
    Delivery.objects.update(state="sent", sent_at=campaign.started_at)
    row = Delivery.objects.get(contact=ann)
    token = tokens.make(Purpose.PREFERENCES, campaign.pk, row.pk)
    page = client.get(f"/p/{token}")
    assert b'value="open_tracking" checked' not in page.content and not Consent.objects.exists()

    said = {"key": formkeys.make(token, "preferences"), "topic": topic.slug, "measure": "open_tracking"}
    client.post(f"/p/{token}", said)

    assert Consent.objects.get().evidence["campaign"] == campaign.pk
    table = consent_campaign.section(campaign).tables[0]
    shown = {row[0]: (row[1], row[3].n, row[4].n) for row in table.rows}
    assert shown == {"shop": (1, 1, 0), "fair": (1, 0, 0)}
    assert consent_campaign.section(make_campaign(topic=topic)) is None


def addresses(campaign, delivery):
    """Return every web address of the mail as it goes out."""
    raw = batch.messages(campaign, [delivery])[0].message
    parts = email.message_from_bytes(raw, policy=email.policy.default).walk()
    text = "\n".join(part.get_content() for part in parts if part.get_content_maintype() == "text")
    return set(re.findall(r"https?://[^\s\"'<>)]+", text))


def test_visits_by_the_button_are_counted_by_source_and_nothing_else_of_the_mail(topic):
    ann, _ben = make_contact(topic=topic, source="shop"), make_contact(email="b@x.example", topic=topic, source="shop")
    dan = make_contact(email="dan@example.com", topic=topic, source="fair")
    campaign = started(topic)
    Delivery.objects.update(state="sent", sent_at=campaign.started_at)
    front = Front(lambda _environ, _start: [], spool=Spool())

    def follow(address, agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Safari/604.1", method="GET"):
        url = urlsplit(address)
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "REMOTE_ADDR": "192.0.2.7",
        }
        front(environ | {"HTTP_USER_AGENT": agent}, lambda *_answer: None)

    hers = addresses(campaign, Delivery.objects.get(contact=ann))
    buttons = [address for address in hers if address.endswith("?asked")]
    assert len(buttons) == 1 and not [address for address in hers if "/o/" in address or "/c/" in address]
    assert buttons[0].removesuffix("?asked") in hers  # the footer leads to the same page, and is not counted
    for address in hers - set(buttons):
        follow(address)
    for delivery in Delivery.objects.filter(contact__in=[ann, dan]):
        follow(next(address for address in addresses(campaign, delivery) if address.endswith("?asked")))
    follow(buttons[0])
    follow(buttons[0], method="HEAD")
    follow(buttons[0], agent="facebookexternalhit/1.1")
    follow(f"/p/{tokens.make(Purpose.PREFERENCES, campaign.pk + 1, 7)}?asked")
    front.spool.close()
    ingest.run(once=True)
    ingest.run(once=True)

    rows = {row[0]: row[1:3] for row in consent_campaign.section(campaign).tables[0].rows}
    assert rows == {"shop": [2, 2], "fair": [1, 1]}
    assert not Engagement.objects.exists() and not Link.objects.exists()
    assert set(Event.objects.values_list("kind", "contact")) <= {("web_view", None)}


def test_one_that_would_measure_is_refused(topic):
    make_contact(topic=topic)
    campaign = consent_campaign.compose(topic, by="marie")
    Campaign.objects.update(tracking="consent")
    with pytest.raises(control.Refused, match="measures nothing"):
        control.start(campaign, "marie")


def test_who_asked_for_one_mail_a_month_gets_one_a_month(topic):
    ann = make_contact(topic=topic)
    Preference.objects.create(contact=ann, frequency="monthly")
    earlier, now = make_campaign(topic=topic), make_campaign(topic=topic, name="June")
    with time_machine.travel(START, tick=False):
        assert audience.count(now).reachable == 1
        make_delivery(campaign=earlier, contact=ann, state="sent", sent_at=START - timedelta(days=20))
        assert audience.count(now).excluded == {"capped": 1} and audience.snapshot(now) == 0
    with time_machine.travel(START + timedelta(days=11), tick=False):
        assert audience.count(now).reachable == 1
