"""A personal picture of a mail, its QR code, says nothing of who loaded it: no event, no token in any log."""

import logging

import pytest

from campaigns.content import batch
from campaigns.delivery import audience
from campaigns.models import Event
from tests.make import make_contact, make_delivery, make_mail, make_offer

pytestmark = pytest.mark.django_db


def test_a_personal_image_writes_no_event_and_no_token_in_any_log(client, caplog, capfd):
    campaign = make_mail(
        blocks=[{"type": "offer", "id": "b1", "offer": make_offer().pk, "qr": True}, {"type": "footer"}]
    )
    ann = make_contact(topic=campaign.topic)
    row = make_delivery(campaign=campaign, contact=ann)
    (made,) = batch.messages(campaign, [row])
    path = made.letter.values["b"]["b1"]["qr"].partition("//")[2].partition("/")[2]
    token = path.split("/")[1]

    with caplog.at_level(logging.DEBUG):
        answer = client.get(f"/{path}")

    assert answer.status_code == 200 and answer["Content-Type"] == "image/png"
    assert not Event.objects.exists()
    said = caplog.text + "".join(capfd.readouterr())
    assert len(token) == 32 and token not in said and token.upper() not in said


def test_an_address_that_few_servers_accept_is_left_out_before_anything_is_claimed():
    campaign = make_mail(everyone_reason="all of them asked for it")
    make_contact(email="zoé@example.com", topic=campaign.topic)
    make_contact(email="dan@example.com", topic=campaign.topic)

    counted = audience.count(campaign)
    row = make_delivery(campaign=campaign, contact=make_contact(email="élise@example.com", topic=campaign.topic))

    assert counted.reachable == 1 and counted.excluded["unsendable"] == 1
    (made,) = batch.messages(campaign, [row])
    assert made.message == b"" and "outside ASCII" in made.error
