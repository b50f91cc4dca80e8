import pytest
from django.utils import timezone

from campaigns.delivery import notices, sender
from campaigns.models import Delivery, OutboxMail
from contacts import suppression
from contacts.models import Notice
from tests.make import make_campaign, make_contact

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_mails")]


def make_template(**fields):
    return make_campaign(
        kind="transactional", trigger="confirm_subscription", state="sending", started_at=timezone.now(), **fields
    )


def test_a_notice_becomes_one_delivery_with_its_values():
    campaign = make_template()
    contact = make_contact(language="fr")
    Notice.objects.create(contact=contact, kind="confirm_subscription", key="confirm:1", payload={"topics": ["offers"]})

    assert notices.drain() == 1 and notices.drain() == 0
    row = Delivery.objects.get()
    assert (row.campaign, row.contact, row.occasion, row.context, row.language) == (
        campaign, contact, "confirm:1", {"topics": ["offers"]}, "fr",
    )  # fmt: skip


def test_a_notice_without_a_campaign_waits_for_one():
    Notice.objects.create(contact=make_contact(), kind="confirm_subscription", key="confirm:1")
    assert notices.drain() == 0
    make_template()
    assert notices.drain() == 1


def test_a_crash_between_delivery_and_mark_doubles_nothing():
    make_template()
    Notice.objects.create(contact=make_contact(), kind="confirm_subscription", key="confirm:1")
    notices.drain()
    Notice.objects.update(drained_at=None)

    assert notices.drain() == 1
    assert Delivery.objects.count() == 1


def test_it_is_sent_to_who_is_not_subscribed_but_not_to_a_dead_address():
    make_template()
    ann, cara = make_contact(), make_contact(email="cara@example.com")
    suppression.suppress("cara@example.com", "hard_bounce")
    for contact in (ann, cara):
        Notice.objects.create(contact=contact, kind="confirm_subscription", key=f"confirm:{contact.pk}")
    notices.drain()
    sender.run()

    assert OutboxMail.objects.get().recipient == "ann@example.com"
    assert Delivery.objects.get(contact=cara).state == "suppressed"
