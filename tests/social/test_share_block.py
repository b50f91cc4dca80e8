"""The share bar of a mail: our links only, words beside icons, a reason to share."""

import os
import re
import shutil

import pytest
from django.test import Client

from campaigns.content import batch, blocks, web
from campaigns.models import Event
from campaigns.tracking import ingest, spool, targets, tokens
from campaigns.tracking.front import Front
from campaigns.tracking.spool import Spool
from social.models import EarnedVisit, NetworkSetting, ShareLink
from tests.make import make_brand, make_contact, make_delivery, make_letter

pytestmark = pytest.mark.django_db


def bar():
    return blocks.registry()["share"]


def sent(**fields):
    campaign = make_letter(**fields)
    return make_delivery(
        campaign=campaign,
        contact=make_contact(first_name="Ann", topic=campaign.topic),
        content_version=campaign.content_version,
        language="en",
    )


def page(delivery):
    return web.html(delivery.campaign, delivery=delivery, audience="self")


def test_every_button_leads_to_our_own_page_with_the_contacts_token():
    ann = sent()
    links = re.findall(r'href="([^"]*/s/[^"]*)"', page(ann))

    token = tokens.make(tokens.Purpose.SHARE, ann.campaign_id, ann.pk)
    keys = ("whatsapp", "facebook", "email", "sms", "x")
    assert links == [f"http://localhost:8000/s/{token}/{key}?b=b6" for key in keys] + [
        f"http://localhost:8000/s/{token}?b=b6"
    ]


def test_no_foreign_address_stands_in_the_bar():
    shown = page(sent())

    assert "wa.me" not in shown and "facebook.com" not in shown and "mailto:?" not in shown
    assert "/static/fanfare/icons/whatsapp.png" in shown
    assert re.search(r"alt=\"\"[^>]*>\s*WhatsApp", shown)


def test_the_reason_and_the_title_are_said():
    shown = page(sent(bar={"title": "Tell <everybody>"}))

    assert "Your friends get roses too" in shown
    assert "Tell &lt;everybody&gt;" in shown


def test_the_marketer_chooses_the_networks_of_one_bar():
    shown = page(sent(bar={"networks": ["mastodon", "googleplus", "bluesky", "nobody"]}))

    assert re.findall(r"icons/(\w+)\.png", shown) == ["mastodon", "bluesky"]


def test_a_network_switched_off_leaves_new_mails():
    NetworkSetting.objects.create(brand=make_brand(), network="facebook", is_enabled=False)

    assert "icons/facebook" not in page(sent())


def test_the_mail_itself_goes_out_with_the_bar_in_both_parts():
    ann = sent()

    [mail] = batch.messages(ann.campaign, [ann])

    assert not mail.error
    token = tokens.make(tokens.Purpose.SHARE, ann.campaign_id, ann.pk)
    plain = mail.message.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode()
    assert plain.count(f"/s/{token}") == 7
    assert "Your friends get roses too" in plain


def test_a_scanner_that_follows_every_link_of_many_mails_is_no_sharer_and_no_visitor():
    first = sent(everyone_reason="all")
    many = int(os.environ.get("FANFARE_SCANNED", "3"))  # 1000 to prove the figure
    others = [
        make_delivery(
            campaign=first.campaign,
            contact=make_contact(email=f"fan{number}@example.com", topic=first.campaign.topic),
            content_version=first.content_version,
            language="en",
        )
        for number in range(many - 1)
    ]
    mails = batch.messages(first.campaign, [first, *others])
    followed = {
        url for mail in mails for url in re.findall(r"http://localhost:8000(/[^\s\"<>]+)", _plain(mail.message))
    }
    assert len(followed) >= 7 * many

    _scan(followed)

    assert Event.objects.exists()  # the scanner was seen
    assert not ShareLink.objects.exists() and not EarnedVisit.objects.exists()
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert not kinds & {"share_intent", "share_composed", "earned_visit"}


def _plain(message):
    return message.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode(errors="replace")


def _scan(paths):
    """Fetch every address as a mail gateway does: through the front, which hands on what is not its own."""
    shutil.rmtree(spool.folder(), ignore_errors=True)
    targets.clear()
    inner = Client()

    def site(environ, start_response):
        inner.get(environ["PATH_INFO"], headers={"user-agent": environ["HTTP_USER_AGENT"]})
        start_response("200 OK", [])
        return []

    front = Front(site, spool=Spool())
    for path in sorted(paths):
        address, _mark, query = path.replace("&amp;", "&").partition("?")
        for method in ("HEAD", "GET"):
            environ = {"REQUEST_METHOD": method, "PATH_INFO": address, "QUERY_STRING": query}
            environ |= {"REMOTE_ADDR": "192.0.2.7", "HTTP_USER_AGENT": "Mozilla/5.0 (Windows NT 10.0) Chrome/138.0.0.0"}
            list(front(environ, lambda status, headers: None))
    front.spool.close()
    ingest.run(once=True)
    shutil.rmtree(spool.folder(), ignore_errors=True)


def test_friends_and_the_public_see_no_bar():
    campaign = sent().campaign

    for audience in ("friend", "public"):
        shown = web.html(campaign, audience=audience)
        assert "/s/" not in shown and "Share with friends" not in shown


def test_values_cost_no_query_however_many_people(django_assert_num_queries):
    campaign = make_letter()
    recipients = [blocks.Recipient(delivery_id=number, contact_id=number, email="") for number in range(1, 200)]

    with django_assert_num_queries(0):
        values = bar().values({"id": "b6"}, campaign, recipients)

    assert len({value["url"] for value in values}) == 199
    assert all(len(value["url"]) <= 72 for value in values)


@pytest.mark.parametrize(
    ("block", "codes"),
    [
        ({"reason": "Roses for all"}, []),
        ({}, ["share.reason"]),
        ({"reason": " "}, ["share.reason"]),
        ({"reason": "Roses", "networks": ["myspace"]}, ["share.network"]),
        ({"reason": "Roses", "networks": ["googleplus"]}, ["share.retired"]),
    ],
)
def test_a_bar_without_reason_or_with_a_wrong_network_is_told(block, codes):
    assert [finding.code for finding in bar().check({"id": "b6", "type": "share", **block}, "block 3")] == codes
