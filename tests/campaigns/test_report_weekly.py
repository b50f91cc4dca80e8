"""The week on one page: to those of the team who want it, once a week, in their language."""

import email
import email.policy
from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from campaigns.delivery import automatic, notices, sender
from campaigns.models import Campaign, Delivery, OutboxMail
from contacts import manners
from tests.make import make_campaign, make_contact, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(("language", "said"), [("en", "1 sent"), ("fr", "1 envoyé(s)")])
def test_who_asked_gets_one_page_on_monday_and_nobody_else(client, monkeypatch, language, said):
    monkeypatch.setattr(manners, "database_now", timezone.now)  # PostgreSQL's clock cannot be frozen
    topic = make_topic()
    make_sender(brand=topic.brand)
    marie = make_user(email="marie@example.com")
    make_user(username="paul", email="paul@example.com")
    client.force_login(marie)
    client.post(reverse("admin:campaigns_report_weekly"), {"want": "1"}, headers={"accept-language": language})
    automatic.switch_on(automatic.of(topic.brand, "weekly_report"), "marie")
    with time_machine.travel(MONDAY, tick=False):
        began = datetime(2026, 11, 20, tzinfo=UTC)
        spring = make_campaign(name="Spring", topic=topic, state="finished", started_at=began)
        Delivery.objects.create(campaign=spring, contact=make_contact(), state="sent", sent_at=MONDAY)
        notices.drain()
        notices.drain()
        sender.run(Campaign.objects.get(trigger="weekly_report"))

    mail = OutboxMail.objects.get()
    text = email.message_from_bytes(bytes(mail.message), policy=email.policy.default).get_body(("plain",)).get_content()
    assert mail.recipient == "marie@example.com"
    assert "Spring" in text and said in " ".join(text.split()) and "/admin/campaigns/campaign/reports/" in text

    client.post(reverse("admin:campaigns_report_weekly"))
    with time_machine.travel(MONDAY.replace(day=30), tick=False):
        assert notices.drain() == 0


def test_who_has_no_address_is_told_so(client):
    client.force_login(make_user(email=""))
    page = client.post(reverse("admin:campaigns_report_weekly"), {"want": "1"}, follow=True)
    assert "no e-mail address" in page.content.decode()
