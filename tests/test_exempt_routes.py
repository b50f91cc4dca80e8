"""Every route walked: which do without a CSRF cookie and why, and that the desk's own pages ask who may see them."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.authentication import SessionAuthentication

from campaigns import links
from campaigns.models import OutboxMail, SendingHold
from campaigns.tracking.events import record
from config.partners import keys
from config.partners.keys import KeyAuthentication
from config.partners.models import WebhookEndpoint
from contacts.admin.jobs import WAITING_FOR_MAPPING
from contacts.models import Job
from social import rfm
from social.fans import words
from social.models import FraudCase, QRCode
from social.offers.redemption import Who, claim, redeem
from tests.make import make_brand, make_campaign, make_contact, make_mail, make_offer, make_place, make_user

EVERYBODYS = {
    "admin/login/": "the way in",
    "admin/account/": "each person's own sign-ins and second proof",
    "admin/pins/": "the pages that each person pinned for herself",
}
FLOORS = ("contacts", "campaigns", "social", "config")

# The token in the address is the credential and no cookie is read, so there is nothing that another site could use.
BY_TOKEN = "the mail's own token; the form carries a one-hour key"
EXEMPT = {
    "contacts.views.join": "shops embed the form on their own site; without our key the visitor presses once more",
    "contacts.views_rights.ask": "mails the address typed, the same answer for all; the form carries a one-hour key",
    "contacts.views_rights.page": "the fresh link's token; the form carries a one-hour key",
    "campaigns.views.confirm.page": BY_TOKEN,
    "campaigns.views.preferences.page": BY_TOKEN,
    "campaigns.views.unsubscribe.page": "RFC 8058: mail programs POST without cookie or referrer",
    "campaigns.views.hooks.receive": "providers sign their reports or bear HOOK_SECRET; no cookie is read",
    "campaigns.views.web.page": "reads only; answers POST with 405",
    "campaigns.views.tracked.open_pixel": "reads only; answers POST with 405",
    "campaigns.views.tracked.click": "reads only; answers POST with 405",
    "social.views.fan.page": "the post's link is public; the form carries a one-hour key and no cookie is read",
    "social.views.fan_check.back": "the check's own 128-bit state; the form carries a one-hour key, no cookie is read",
    "social.views.friend.page": "the share link's token; the form carries a one-hour key",
    "social.views.onward.page": "the share link's token; the form carries a one-hour key",
    "social.views.offer.page": BY_TOKEN,
    "social.views.papers.not_me": BY_TOKEN,
    "social.views.postback.receive": "a shop's server, known by the signature of the body; no cookie is read",
    "social.views.share.page": BY_TOKEN,
}


def walk(patterns, before=""):
    for entry in patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def name_of(view):
    return f"{view.__module__}.{view.__qualname__}"


def is_drf(view):
    """Django REST framework exempts its views and asks for the CSRF token itself where a session signs in."""
    return hasattr(view, "cls")


def test_every_view_without_csrf_protection_is_listed_here_with_its_reason():
    routes = walk(get_resolver().url_patterns)
    found = {name_of(view) for _route, view in routes if getattr(view, "csrf_exempt", False) and not is_drf(view)}

    assert found == set(EXEMPT)


def test_the_api_signs_in_by_key_or_by_session_with_csrf():
    ways = {
        way
        for _route, view in walk(get_resolver().url_patterns)
        if is_drf(view)
        for way in view.cls.authentication_classes
    }

    assert all(issubclass(way, KeyAuthentication | SessionAuthentication) for way in ways)


def own_pages():
    """The routes of the desk's pages that are ours, not Django's."""
    routes = walk(get_resolver().url_patterns)
    ours = [route for route, view in routes if route.startswith("admin/") and view.__module__.split(".")[0] in FLOORS]
    return [route for route in ours if route not in EVERYBODYS]


@pytest.fixture
def rows(db):
    """One row behind every page that needs one, by model."""
    version = make_mail().content_version
    campaign = make_campaign(content=version.content)
    ann = make_contact()
    voucher = claim(make_offer(), ann, via="mail")
    mail = OutboxMail.objects.create(recipient="ann@example.com", subject="Hi", message=b"Subject: Hi\n\nHi")
    return {
        "job": Job.objects.create(kind=WAITING_FOR_MAPPING, upload="people.csv"),
        "contact": ann,
        "campaign": campaign,
        "emailcontent": version.content,
        "rfmscale": rfm.scale(),
        "outboxmail": mail,
        "event": record("open", key="open:1", contact=ann),
        "sharelink": campaign,  # the trees under its address are named by their campaign
        "fanword": words.publish(make_brand(), "instagram", "confetti"),
        "sendinghold": SendingHold.objects.create(),
        "webhookendpoint": WebhookEndpoint.objects.create(
            key=keys.issue("shop", make_user(username="shop-owner"), ["events:read"])[0], url="https://x.example"
        ),
        "offer": voucher.offer,
        "place": make_place(),
        "fraudcase": FraudCase.objects.create(kind="throwaway", key="offer:1"),
        "redemption": redeem(voucher.token, place=make_place(), who=Who("device:1"), key="1"),
        "qrcode": QRCode.objects.create(
            name="Poster", placement="poster", link=links.public("qr", target="https://x.example")
        ),
    }


def address_of(route, rows):
    """The route with its row's id, a language for a language and a word for any other word."""
    model = route.split("/")[2]
    filled = re.sub(r"<(int:pk|(path:|int:)?object_id)>", lambda _: str(rows[model].pk), route)
    return "/" + re.sub(r"<\w+:(\w+)>", lambda word: {"language": "en", "verb": "pause"}.get(word[1], "x"), filled)


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_of_the_desk_is_closed_to_strangers_and_to_staff_without_a_role(client, rows, method):
    pages = [address_of(route, rows) for route in own_pages()]
    assert len(pages) > 50
    ask = getattr(client, method)
    asked = {address: ask(address) for address in pages}
    let_in = [page for page, got in asked.items() if got.status_code != 403 and "/admin/login/" not in got["Location"]]
    assert let_in == [], "a stranger"

    client.force_login(User.objects.create_user("nobody", password="x", is_staff=True))
    answers = {address: ask(address, follow=True).status_code for address in pages}  # some only lead to the page itself
    assert {page: got for page, got in answers.items() if got != 403 and (got, method) != (405, "get")} == {}
