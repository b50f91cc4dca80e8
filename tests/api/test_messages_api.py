import email
import email.policy

import pytest
from django.utils import timezone

from campaigns.delivery import automatic, sender
from campaigns.models import Delivery, OutboxMail
from contacts import identities, suppression
from tests.api.conftest import Partner
from tests.make import make_campaign, make_contact, make_sender, make_topic

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/messages/"


def make_template(**fields):
    fields = {"state": "sending", "started_at": timezone.now(), **fields}
    return make_campaign(kind="transactional", trigger="order_ready", **fields)


def wish(**fields):
    return {"trigger": "order_ready", "email": "ann@example.com", "values": {"order": "1042"}, **fields}


def test_one_message_is_queued_once_per_key_and_keeps_its_values(partner):
    campaign, ann = make_template(), make_contact(language="fr")

    first = partner.post(PATH, wish(email="ANN@example.com"), Idempotency_Key="order-1042")
    again = partner.post(PATH, wish(email="ANN@example.com"), Idempotency_Key="order-1042")

    assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()
    row = Delivery.objects.get()
    assert (row.campaign, row.contact, row.context, row.language) == (campaign, ann, {"order": "1042"}, "fr")
    assert row.occasion.startswith("api:key:") and row.occasion.endswith(":order-1042")


def test_another_key_is_another_mail_and_so_is_another_partners_key(partner):
    make_template()
    make_contact()
    other = Partner(owner=partner.key.owner)

    for who, key in ((partner, "1"), (partner, "2"), (other, "1"), (partner, "k" * 255)):
        assert who.post(PATH, wish(), Idempotency_Key=key).status_code == 201

    assert Delivery.objects.count() == 4


def test_a_repeat_after_the_kept_answer_is_gone_doubles_nothing(partner):
    from contacts.models import IdempotencyKey

    make_template()
    make_contact()
    first = partner.post(PATH, wish(), Idempotency_Key="1")
    IdempotencyKey.objects.all().delete()

    assert partner.post(PATH, wish(), Idempotency_Key="1").json()["id"] == first.json()["id"]


def test_the_contact_is_found_by_id_and_by_external_id(partner):
    make_template()
    ann = make_contact()
    identities.attach(ann, "external", "crm-7")

    by_id = partner.post(PATH, {"trigger": "order_ready", "contact": ann.pk}, Idempotency_Key="1")
    by_external = partner.post(PATH, {"trigger": "order_ready", "external_id": "crm-7"}, Idempotency_Key="2")

    assert by_id.json()["contact"] == by_external.json()["contact"] == ann.pk


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (wish(email="nobody@example.com"), "/email"),
        (wish(contact=1), "/contact"),
        ({"trigger": "order_ready", "contact": 2**70}, "/contact"),
        ({"trigger": "order_ready"}, "/contact"),
        (wish(values={"text": "x" * 40_000}), "/values"),
        (wish(values={"text": "\ud800"}), "/values"),
        (wish(values=["order"]), "/values"),
        (wish(triger="x"), "/triger"),
    ],
)
def test_a_wrong_wish_is_refused_at_its_field(partner, body, pointer):
    make_template()
    make_contact()

    refused = partner.post(PATH, body, Idempotency_Key="1")

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)
    assert not Delivery.objects.exists()


def test_what_cannot_be_sent_is_said(partner):
    make_contact()
    without_key = partner.post(PATH, wish())
    assert (without_key.status_code, without_key.json()["code"]) == (422, "idempotency_key")

    make_template(state="paused")
    off = partner.post(PATH, wish(), Idempotency_Key="1")
    assert (off.status_code, off.json()["code"]) == (422, "not_switched_on")

    make_template()
    nobody = make_contact(email=None)
    no_address = partner.post(PATH, {"trigger": "order_ready", "contact": nobody.pk}, Idempotency_Key="2")
    assert no_address.json()["code"] == "no_address"


def test_a_key_needs_the_scope_and_a_campaigns_mail_is_no_message(partner):
    row = Delivery.objects.create(campaign=make_campaign(), contact=make_contact())

    assert Partner("messages:read", owner=partner.key.owner).post(PATH, wish()).status_code == 403
    assert Partner("deliveries:read", owner=partner.key.owner).get(f"{PATH}{row.pk}/").status_code == 403
    assert partner.get(f"{PATH}{row.pk}/").status_code == 404


def test_its_state_tells_sent_and_refused(partner, monkeypatch):
    from tests.campaigns.delivery.conftest import plain_messages

    monkeypatch.setattr("campaigns.content.batch.stream", plain_messages)
    make_template()
    make_contact()
    make_contact(email="cara@example.com")
    suppression.suppress("cara@example.com", "hard_bounce")
    ann = partner.post(PATH, wish(), Idempotency_Key="1").json()["id"]
    cara = partner.post(PATH, wish(email="cara@example.com"), Idempotency_Key="2").json()["id"]

    sender.run()

    assert OutboxMail.objects.get().recipient == "ann@example.com"
    sent, refused = (partner.get(f"{PATH}{pk}/").json() for pk in (ann, cara))
    assert sent["state"] == "sent" and sent["sent_at"] and refused["state"] == "suppressed"


def test_the_values_stand_in_the_real_mail(partner):
    make_sender(brand=make_topic().brand)
    automatic.switch_on(automatic.of(make_topic().brand, "offer_code"), "test")
    make_contact(language="fr")
    values = {
        "title": "Un espresso", "value": "Offert", "code": "K7Q-42", "url": "https://brand.example/c/1",
        "until": "2026-12-31T12:00:00+00:00",
    }  # fmt: skip

    partner.post(PATH, wish(trigger="offer_code", values=values), Idempotency_Key="1")
    sender.run()

    mail = OutboxMail.objects.get()
    words = (
        email.message_from_bytes(bytes(mail.message), policy=email.policy.default).get_body(("plain",)).get_content()
    )
    assert mail.subject == "Votre code : Un espresso" and "K7Q-42" in words
