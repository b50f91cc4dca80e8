"""Fans with their phones: a personal offer's mail forwarded, the link of a post, a voucher printed."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, ROOT

pytestmark = pytest.mark.e2e

SEED = """
import json
from datetime import timedelta
from django.utils import timezone
from campaigns.models import Campaign, ContentBody, ContentVersion, Delivery, EmailContent
from campaigns.tracking.tokens import Purpose, make
from contacts.models import Contact, Topic
from social.fans import words
from social.models import Claim, Offer, OfferText
topic = Topic.objects.select_related("brand").first()
ann = Contact.objects.filter(email__isnull=False).order_by("pk").first()
def offer(name, **fields):
    now = timezone.now()
    made = Offer.objects.create(brand=topic.brand, name=name, percent=30, state="live",
        starts_at=now, ends_at=now + timedelta(days=9), **fields)
    OfferText.objects.create(offer=made, language="en", title=name, body="On everything.", terms="Once each.")
    content = EmailContent.objects.create(name=name, brand=topic.brand)
    version = ContentVersion.objects.create(content=content, number=1, published_at=now)
    blocks = [{"id": "b4", "type": "offer", "offer": made.pk}]
    ContentBody.objects.create(version=version, language="en", subject=name, blocks=blocks)
    campaign = Campaign.objects.create(name=name, topic=topic, content=content, content_version=version)
    delivery = Delivery.objects.create(campaign=campaign, contact=ann, content_version=version)
    return "/f/" + make(Purpose.OFFER, campaign.pk, delivery.pk) + "?lang=en"
word = words.publish(topic.brand, "instagram", "e2e confetti")
print("SEED" + json.dumps({"personal": offer("Only yours", holding="personal"),
    "fans": offer("For fans", min_fan_level=2, network="instagram"), "link": f"/fan/{word.token}"}))
"""
LAST_CODE = """
from social.models import Claim
claim = Claim.objects.select_related("code").get(offer__name="Only yours")
print("SEED" + __import__("json").dumps({"code": claim.code.value, "token": claim.token}))
"""


def shell(site, script):
    told = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "shell", "-c", script], env=site.env, cwd=ROOT,
        capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    return json.loads(told.stdout.split("SEED")[1])


@pytest.fixture(scope="module")
def seed(site):
    return shell(site, SEED)


def test_a_personal_offers_mail_forwarded_to_a_second_phone_never_shows_the_code(open_browser, site, seed, shoot):
    hers, friends = open_browser(PHONE), open_browser(PHONE)
    hers.goto(site.base + seed["personal"])
    hers.get_by_role("button", name="Claim the offer").click()
    expect(hers.get_by_text("We have sent the code to")).to_be_visible()
    made = shell(site, LAST_CODE)
    shoot(hers, "offer-personal-phone", full_page=True)

    for page in (friends, hers):  # the same link on both: neither shows it
        page.goto(site.base + seed["personal"])
        assert page.locator(".code").count() == 0 and page.locator(".qr").count() == 0
        assert made["code"][:5] not in page.content() and made["token"] not in page.content()
    assert friends.request.get(site.base + seed["personal"].partition("?")[0] + "/voucher.pdf").status == 404
    expect(friends.get_by_role("button", name="Not you?")).to_be_visible()

    hers.goto(f"{site.base}/q/{made['token']}")  # the fresh link of her own mail
    assert made["code"][:5] in hers.locator(".code").inner_text()
    assert hers.context.cookies() == [] and friends.context.cookies() == []


def test_the_link_of_a_post_gives_a_code_that_claims(open_browser, site, seed, shoot):
    page = open_browser({**PHONE, "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4) Mobile Instagram 340.0"})
    page.goto(site.base + seed["link"])
    page.get_by_role("button", name="Show my code").click()
    code = page.locator(".code").inner_text()
    shoot(page, "fan-code-phone", full_page=True)

    mail = open_browser(PHONE)
    mail.goto(site.base + seed["fans"])
    shoot(mail, "fan-ways-phone", full_page=True)
    mail.get_by_label("The word in our latest post").fill(code)
    mail.get_by_role("button", name="Claim with the word").click()

    expect(mail.get_by_text("Fan: shown, not verified")).to_be_visible()
    with mail.expect_download() as download:
        mail.get_by_role("link", name="Add to calendar").click()
    assert download.value.suggested_filename == "offer.ics"
    voucher = mail.request.get(mail.get_by_role("link", name="Print it").evaluate("link => link.href"))
    assert voucher.body()[:5] == b"%PDF-"
    shoot(mail, "fan-voucher-phone", full_page=True)
