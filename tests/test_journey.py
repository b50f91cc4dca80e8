"""Ann's story from the first line of a file to the last line of a report, through the doors that everybody uses.

Ann is a fan, Ben has left, Cara's address bounced, Dan is Ann's friend and nobody knows him yet.
"""

import json
import os
import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.core.files.base import ContentFile
from django.utils import timezone

from campaigns import composing
from campaigns.content import starters
from campaigns.delivery import control, notices, sender
from campaigns.models import Campaign, Delivery
from campaigns.reports import campaign_report
from campaigns.tracking import ingest
from config.demo import doors, mails
from config.demo.doors import ANDROID, COMPUTER, PHONE, Visitor
from config.partners import keys
from contacts import consent, identities, jobs, profile, suppression
from contacts.importing import work
from contacts.models import Consent, Contact
from contacts.segments import sql
from social import tills
from social.models import Claim, Order, Referral
from tests.make import (
    make_brand,
    make_offer,
    make_place,
    make_program,
    make_segment,
    make_sender,
    make_topic,
    make_user,
)

FILE = "E-mail;Prénom;Langue;Ville;Carte de fidélité\n" + "\n".join(
    [
        "Ann@Example.com;Ann;English;Lyon;4711",
        "ben@example.com;Ben;fr;Lyon;",
        "cara@example.com;Cara;fr;Lyon;",
        "no address;;;;",
    ]
)
BLUESKY = "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)"

pytestmark = pytest.mark.django_db(transaction=True)


class Mailbox:
    """What the receiving mail server took, newest last."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.rcpt_tos[0], envelope.content))
        return "250 taken"

    def newest(self, address):
        message = [content for to, content in self.mails if to == address][-1]
        return mails.read(message, recipient=address)


@pytest.fixture
def house(settings, tmp_path):
    """Spool and links of this story alone, and a mail server on a port of its own as the one relay."""
    settings.VAR_DIR = tmp_path
    doors._site.cache_clear()
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    options = {"host": "127.0.0.1", "port": port, "connections": 2, "timeout": 10}
    settings.FANFARE_RELAYS = [{"name": "main", "kind": "smtp", "url": "smtp://x", "options": options, "weight": 1}]
    yield mailbox
    server.stop()
    doors.close()
    doors._site.cache_clear()


def read_the_spool():
    doors.close()
    return ingest.run(once=True)


def test_ann_is_written_to_shares_brings_dan_redeems_buys_and_one_page_says_it_all(house):
    marie = make_user()
    brand = make_brand(default_language="en", languages=["en", "fr"])
    offers, sender_line = make_topic(brand=brand), make_sender(brand=brand)
    offer = make_offer(brand=brand)
    make_program(brand=brand)
    shop = make_place(brand=brand)

    # Marie imports the file of her shop: three people and a line that is nobody.
    file = ContentFile(FILE.encode("cp1252"), name="customers.csv")
    shape, columns, _rows = work.look(file)
    file.seek(0)
    job = work.plan(
        file,
        columns=columns,
        shape=shape,
        topic=offers,
        basis="consent",
        evidence="form at the till",
        by=marie,
        hint=False,
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.counts["created"] == 3 and job.counts["rejected"] == 1
    ann = identities.find("card", "4711")
    assert ann == identities.find("email", "ann@example.com")

    # Ben leaves, Cara's address bounces, Ann agrees to be measured.
    consent.unsubscribe(identities.find("email", "ben@example.com"), offers, method="one_click")
    suppression.suppress("cara@example.com", "hard_bounce")
    an_hour_ago = timezone.now() - timedelta(hours=1)
    for purpose in (Consent.Purpose.OPEN_TRACKING, Consent.Purpose.CLICK_TRACKING, Consent.Purpose.PUBLIC_NAME):
        consent.give(ann, purpose, method="form", at=an_hour_ago)

    # Marie chooses Lyon, composes, and sends: three live there, one may be written to.
    lyon = make_segment(name="Lyon", rules={"all": [{"field": "attribute.ville", "op": "is", "value": "Lyon"}]})
    assert sql.people(lyon.rules).count() == 3
    asking = {"kind": "transactional", "trigger": "confirm_subscription"}
    words = starters.create("confirm_subscription", brand, marie, is_template=True)
    control.start(composing.compose(name="Confirm", topic=offers, template=words, by=marie, **asking), marie)
    template = starters.create("announcement", brand, marie, is_template=True, offer=offer.pk)
    campaign = composing.compose(
        name="May", topic=offers, sender=sender_line, segments=[lyon], template=template, by=marie
    )
    control.start(campaign, marie)
    assert sender.run(campaign).sent == 1
    assert [to for to, _message in house.mails] == ["ann@example.com"]
    assert dict(campaign.exclusions.values_list("reason", "n")) == {"unsubscribed": 1, "suppressed": 1}
    letter = house.newest("ann@example.com")

    # Ann opens it on her phone and follows the button.
    phone = Visitor(PHONE, "82.64.10.7")
    assert phone.get(letter.pixel).headers["content-type"] == "image/gif"
    answer = phone.get(letter.clicks[0])
    assert answer.status == 302 and answer.headers["location"].startswith("https://")
    read_the_spool()
    ann.refresh_from_db()
    assert ann.last_opened_at and ann.last_clicked_at

    # She shares on Bluesky: a press is an intent; Bluesky's own robot then shows that she wrote.
    composer = phone.press(phone.get(letter.shares[0]), "network", "bluesky")
    assert composer.status == 303 and composer.headers["location"].startswith("https://bsky.app/")
    link = ann.share_links.get(network="bluesky")
    Visitor(BLUESKY, "3.3.3.3").get(f"/v/{link.link.token}")

    # Dan comes through her link, signs up and confirms: he is Ann's referral.
    dan = Visitor(ANDROID, "90.12.34.56")
    page = dan.get(f"/v/{link.link.token}")
    assert "Ann" in page.text and "ann@example.com" not in page.text
    dan.post(page, email="dan@example.com", first_name="Dan", newsletter="1")
    assert not Referral.objects.filter(confirmed_at__isnull=False).exists()
    assert notices.drain() == 1 and sender.run().sent == 1
    dan.post(dan.get(house.newest("dan@example.com").confirm))
    read_the_spool()
    referral = Referral.objects.get()
    assert (referral.sponsor, referral.friend.email) == (ann, "dan@example.com")
    assert referral.friend.subscriptions.get(topic=offers).state == "subscribed"
    link.refresh_from_db()
    assert link.composed_at and link.visited_at

    # Ann claims the offer; Maud takes the code at the till, once.
    phone.post(phone.get(letter.offer))
    code = Claim.objects.get(contact=ann, offer=offer).code.value
    _device, secret = tills.enrol(shop, "Counter 1", marie)
    maud = shop.staff.model(place=shop, name="Maud")
    tills.set_pin(maud, "2468")
    maud.save()
    till = Visitor(ANDROID, "198.51.100.7")
    till.cookies[tills.DEVICE_COOKIE] = secret
    till.post(till.get("/till/"), staff="Maud", pin="2468")
    green = till.submit(till.get("/till/"), "/till/check/", code=code)
    assert "Ann" in green.text and "answer-good" in green.text
    assert "answer-good" in till.submit(green, "/till/redeem/", amount="42.00", currency="EUR").text
    again = till.get("/till/")
    with pytest.raises(doors.ClosedDoor, match="409"):
        till.submit(again, "/till/check/", code=code)

    # The shop reports the order by the API; it finds Ann by the code.
    _key, secret = keys.issue("Shop", marie, ["conversions:write"])
    order = {"source": "shop", "reference": "1042", "amount_minor": 4200, "currency": "EUR", "code": code}
    order["ordered_at"] = timezone.now().isoformat()
    web_shop = Visitor(COMPUTER, "198.51.100.20")
    for _time in range(2):  # told twice, counted once
        told = web_shop.call("/api/v1/conversions/", json.dumps(order).encode(), key=secret, once="1042")
        assert told.status == 201
    assert Order.objects.get().contact == ann

    # One page tells Ann's story, newest first: that she read the offer's page too.
    read_the_spool()
    story = [entry.kind for entry in profile.timeline(ann)]
    for kind in ("mail", "open", "click", "share", "friend", "offer_view", "claim", "redeem", "order"):
        assert kind in story, (kind, story)

    # The report counts each of them once.
    figures = {step.key: step.n for step in campaign_report(campaign).funnel}
    once = (
        "sent",
        "open",
        "click",
        "share_intent",
        "share_composed",
        "earned_visit",
        "earned_contact",
        "claim",
        "redeem",
    )
    assert {key: figures[key] for key in once} == dict.fromkeys(once, 1) | {"claim": 2}  # Dan took his welcome
    money = {step.key: step.money for step in campaign_report(campaign).funnel if step.money}
    assert money["orders"].minor == 4200

    # And whoever may not be written to was not.
    states = dict(Delivery.objects.filter(campaign=campaign).values_list("contact__email", "state"))
    assert states == {"ann@example.com": "sent"}
    assert Campaign.objects.get(pk=campaign.pk).state == Campaign.State.FINISHED
    assert Contact.objects.count() == 4 and os.listdir(doors._site().spool.where) == []
