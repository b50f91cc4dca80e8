import pytest

from campaigns.delivery import notices
from campaigns.models import Campaign, Delivery
from contacts import consent
from contacts.models import Notice
from tests.make import make_brand, make_contact, make_sender, make_topic

pytestmark = pytest.mark.django_db


def ask(topic, email="ann@example.com"):
    ann = make_contact(email=email, first_name="Ann", language="fr")
    consent.request(ann, [topic], form_slug="shop", wording="Yes", language="fr", evidence={}, purposes=[])
    return ann


def test_the_first_sign_up_switches_the_confirmation_mail_on():
    topic = make_topic()
    make_sender(brand=topic.brand)
    ask(topic)

    assert notices.drain() == 1

    campaign = Campaign.objects.get()
    assert (campaign.trigger, campaign.state, campaign.topic) == ("confirm_subscription", "sending", topic)
    assert Delivery.objects.get().language == "fr"


def test_without_a_sender_the_notice_waits_and_nothing_half_made_stays(caplog):
    topic = make_topic()
    ask(topic)

    assert notices.drain() == 0

    assert not Campaign.objects.exists() and Notice.objects.get().drained_at is None


def test_a_brand_without_a_postal_address_is_told_in_the_log(caplog):
    topic = make_topic(brand=make_brand(slug="bare", postal_address=" "))
    make_sender(brand=topic.brand)
    ask(topic)

    assert notices.drain() == 0

    assert "confirm_subscription cannot be switched on yet" in caplog.text
    assert not Campaign.objects.exists()


def test_who_cancelled_the_mail_is_not_overruled():
    topic = make_topic()
    make_sender(brand=topic.brand)
    ask(topic)
    notices.drain()
    Campaign.objects.update(state="cancelled")
    ask(topic, "ben@example.com")

    assert notices.drain() == 0
    assert Campaign.objects.count() == 1
