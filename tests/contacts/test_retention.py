from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from campaigns.delivery import automatic, notices
from campaigns.models import Campaign, Event
from contacts import consent, retention
from contacts.models import Consent, Contact, Notice
from social.models import FanProof
from tests.make import make_contact, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db

START = datetime(2023, 1, 10, 9, tzinfo=UTC)
DAYS = timedelta(days=1)
THREE_YEARS = 1096 * DAYS


def at(moment):
    return time_machine.travel(moment, tick=False)


@pytest.fixture(autouse=True)
def decided(settings):
    settings.PROSPECTS_MAY_GO = True


def test_nobody_is_written_to_or_erased_before_the_operator_has_decided(ann, settings):
    settings.PROSPECTS_MAY_GO = False
    with at(START + THREE_YEARS + 90 * DAYS):
        assert retention.keep_in_time() == retention.Kept(0, 0) and retention.due().over == 1
        with pytest.raises(CommandError, match="Set PROSPECT_YEARS"):
            call_command("keep_prospects")
        client = Client()
        client.force_login(make_user())
        assert "set PROSPECT_YEARS" in client.get("/admin/").content.decode()
    assert Contact.objects.exists() and not Notice.objects.exists()


@pytest.fixture
def ann():
    topic = make_topic()
    make_sender(brand=topic.brand)
    with at(START):
        ann = make_contact(language="en")
        consent.subscribe(ann, topic, basis="consent", method="form", wording="Write me")
    return ann


def test_a_prospect_with_only_opens_gets_one_last_message_and_leaves_at_three_years(ann):
    recently = START + THREE_YEARS - 50 * DAYS
    Contact.objects.update(last_opened_at=recently, open_tracking_at=START)
    Event.objects.create(kind="open", at=recently, key="o", contact=ann, verdict="human")

    automatic.switch_on(automatic.of(make_topic().brand, "last_message"), "marie")
    with at(START + THREE_YEARS - 59 * DAYS):
        assert retention.due() == retention.Due(soon=1, over=0)
        assert retention.keep_in_time() == retention.Kept(0, 0)
    with at(START + THREE_YEARS - 20 * DAYS):
        assert retention.keep_in_time() == retention.Kept(written=1, erased=0)
        assert retention.keep_in_time() == retention.Kept(0, 0), "one message, not two"
        assert notices.drain() == 1 and Campaign.objects.get().trigger == "last_message"
    with at(START + THREE_YEARS + DAYS):
        assert retention.keep_in_time() == retention.Kept(0, 0), "she has a month to answer"
    with at(START + THREE_YEARS + 11 * DAYS):
        assert retention.keep_in_time() == retention.Kept(written=0, erased=1)
    assert not Contact.objects.exists()


def test_who_could_not_be_asked_because_the_mail_is_not_switched_on_is_not_forgotten(ann):
    with at(START + THREE_YEARS - 20 * DAYS):
        assert retention.keep_in_time() == retention.Kept(written=1, erased=0)
        assert notices.drain() == 0
    with at(START + THREE_YEARS + 11 * DAYS):
        assert retention.keep_in_time() == retention.Kept(0, 0)


def test_her_press_on_the_last_message_keeps_her(ann):
    with at(START + THREE_YEARS - 20 * DAYS):
        retention.keep_in_time()
        consent.confirm(ann, Notice.objects.get().payload, evidence={})
    with at(START + THREE_YEARS + 60 * DAYS):
        assert retention.keep_in_time() == retention.Kept(0, 0)
    assert Consent.objects.filter(method="confirmation", purpose="email").exists()


@pytest.mark.parametrize("column", ["last_clicked_at", "last_shared_at", "last_redeemed_at", "last_ordered_at"])
def test_acts_of_hers_keep_her(ann, column):
    Contact.objects.update(**{column: START + 200 * DAYS})
    with at(START + THREE_YEARS + 60 * DAYS):
        assert retention.keep_in_time() == retention.Kept(0, 0)


def test_acts_that_only_an_upper_floor_knows_keep_her_too(ann):
    FanProof.objects.create(contact=ann, network="bluesky", level=1, method="declared", verified_at=START + 900 * DAYS)
    consent.unsubscribe(ann, None, method="admin")
    with at(START + THREE_YEARS + 60 * DAYS):
        assert retention.keep_in_time() == retention.Kept(0, 0) and Contact.objects.exists()


def test_who_cannot_be_asked_leaves_without_and_zero_years_keeps_for_ever(ann, settings):
    consent.unsubscribe(ann, None, method="admin")
    with at(START + THREE_YEARS + 2000 * DAYS):
        settings.PROSPECT_YEARS = 0
        assert retention.keep_in_time() == retention.Kept(0, 0)
        settings.PROSPECT_YEARS = 3
        assert retention.keep_in_time() == retention.Kept(written=0, erased=1)
