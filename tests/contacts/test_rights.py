import io
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.delivery import automatic, notices
from campaigns.models import Delivery
from contacts import addresses, consent, formkeys, identities, privacy, rights, suppression
from contacts.models import AuditEntry, Brand, Consent, Contact, Identity, Notice, Subscription
from tests.make import make_contact, make_sender, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    topic = make_topic()
    make_sender(brand=topic.brand)
    ann = make_contact(first_name="Ann", language="en")
    consent.subscribe(ann, topic, basis="consent", method="form", wording="Write me")
    return ann


def token_of(notice):
    return notice.payload["url"].rstrip("/").rpartition("/")[2]


def press(client, token, **said):
    key = formkeys.make(token, "your-data")
    return client.post(f"/your-data/{token}/", {"key": key, **said}, headers={"accept-language": "en"})


def test_whoever_asks_reads_the_same_and_only_who_is_known_gets_a_mail(client, ann):
    key = formkeys.make("your-data", "ask")
    said = [
        client.post("/your-data/", {"email": email, "key": key}).content.decode()
        for email in ("ANN@example.com", "nobody@example.com", "ann@example.com")
    ]
    assert said[0] == said[1] == said[2] and Notice.objects.count() == 1
    automatic.switch_on(automatic.of(Brand.objects.get(), "your_data"), "marie")
    assert notices.drain() == 1
    assert Delivery.objects.get().context["url"].startswith("http")


def test_the_link_hands_out_everything_and_shows_no_address(client, ann):
    token = token_of(rights.ask(ann))
    page = client.get(f"/your-data/{token}/")
    assert page.status_code == 200 and b"ann@example.com" not in page.content and not page.cookies
    assert Contact.objects.exists(), "a GET changes nothing"

    answer = press(client, token, act="export")

    assert "contact.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert AuditEntry.objects.filter(verb="exported contact", actor_label="the person herself").exists()


def test_the_link_is_dead_after_a_day_and_for_another_address(client, ann):
    token = token_of(rights.ask(ann))
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert client.get(f"/your-data/{token}/").status_code == 404
    identities.set_email(ann, "new@example.com")
    ann.save()
    assert client.get(f"/your-data/{token}/").status_code == 404
    assert client.get("/your-data/none/").status_code == 404


def test_she_is_forgotten_after_a_tick_and_the_link_dies(client, ann):
    token = token_of(rights.ask(ann))
    assert press(client, token, act="erase").status_code == 400 and Contact.objects.exists()

    assert press(client, token, act="erase", sure="1").status_code == 200

    assert not Contact.objects.exists() and suppression.is_suppressed("ann@example.com")
    assert client.get(f"/your-data/{token}/").status_code == 404


def test_a_new_address_confirms_before_anything_else_goes_there(client, ann):
    evidence = Consent.objects.get()
    token = token_of(rights.ask(ann))

    assert press(client, token, act="address", email="Ann@New.example").status_code == 200

    ann.refresh_from_db()
    assert ann.email == "ann@new.example" and Subscription.objects.get().state == "pending"
    assert identities.find("email", "ann@example.com") == ann
    asked = Notice.objects.get(kind="confirm_subscription")
    consent.confirm(ann, asked.payload, evidence={})
    assert Subscription.objects.get().state == "subscribed"
    assert Identity.objects.get(value="ann@new.example").proof == "confirmed"
    assert Consent.objects.filter(pk=evidence.pk, contact=ann, wording="Write me").exists()


def test_the_mail_to_a_former_address_confirms_nothing(ann):
    rights.change_address(ann, "typo@example.org", by="marie")
    to_typo = Notice.objects.get(kind="confirm_subscription")
    ann = rights.change_address(ann, "right@example.org", by="marie")

    assert not consent.is_current(ann, to_typo.payload)
    assert Notice.objects.filter(kind="confirm_subscription").count() == 2


def test_a_no_goes_with_her_and_somebodys_address_is_refused(ann):
    make_contact(email="ben@example.com")
    consent.unsubscribe(ann, None, method="one_click")
    rights.change_address(ann, "ann@new.example", by="marie")
    assert suppression.find("ann@new.example").reason == "unsubscribed_all"
    with pytest.raises(identities.IdentityTaken):
        rights.change_address(ann, "ben@example.com", by="marie")
    with pytest.raises(addresses.BadAddress):
        rights.change_address(ann, "ben@", by="marie")


def test_time_that_is_over_lets_her_come_back_and_a_wish_does_not(ann):
    privacy.erase_contact(ann, actor="retention", is_wish=False)
    assert not suppression.is_suppressed("ann@example.com")
