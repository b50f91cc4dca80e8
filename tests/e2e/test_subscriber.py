"""The subscriber with her phone: the mail, the offer, sharing, leaving. No account, no cookie."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, TALL, sign_in

pytestmark = pytest.mark.e2e


def test_a_mail_of_the_outbox_reads_well_on_a_phone(open_browser, site, shoot):
    page = sign_in(open_browser(PHONE), site)

    page.goto(site.address("mail").replace("/change/", "/html/"))

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("heading", name="The autumn roast is here")).to_be_visible()
    assert page.locator("img").evaluate_all("images => images.every(image => image.complete && image.naturalWidth)")
    shoot(page, "mail-phone", full_page=True, clip=TALL)
    tokens = re.findall("[0-9a-f]{32}", " ".join(page.locator("img").evaluate_all("images => images.map(i => i.src)")))
    written = site.log.read_text(errors="replace").lower()
    assert tokens and "beat" in written and not any(token in written for token in tokens)


def test_her_offer_is_claimed_with_one_press_and_sets_no_cookie(open_browser, site, shoot):
    page = open_browser(PHONE)

    page.goto(site.address("offer"))
    page.get_by_role("button", name="Claim the offer").click()

    expect(page.locator(".code")).to_be_visible()
    assert page.locator(".qr img").evaluate("image => image.complete && image.naturalWidth > 100")
    assert page.context.cookies() == []
    shoot(page, "offer-phone", full_page=True)


def test_she_shares_with_words_of_her_own(open_browser, site, shoot):
    page = open_browser(PHONE)

    page.goto(site.address("share"))
    shoot(page, "share-phone", full_page=True, clip=TALL)
    page.get_by_label("Your words").fill("Come and taste this")
    page.locator("button[name=network][value=email]").click()

    assert "Come and taste this" in page.get_by_label("Words and link").input_value()
    assert "/v/" in page.get_by_label("Link", exact=True).input_value()


def test_sharing_works_without_script(open_browser, site):
    page = open_browser(PHONE, java_script_enabled=False)

    page.goto(site.address("share"))
    page.locator("button[name=network][value=copy]").first.click()

    assert "/v/" in page.get_by_label("Link", exact=True).input_value()


def test_she_leaves_in_two_presses_and_opening_the_page_alone_does_nothing(open_browser, site, shoot):
    page = open_browser(PHONE)

    page.goto(site.address("unsubscribe"))
    page.goto(site.address("unsubscribe"))
    shoot(page, "leave-phone")
    page.locator("button[name=scope][value=topic]").click()

    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert page.context.cookies() == []


@pytest.mark.parametrize("name", ["offer", "share", "friend", "unsubscribe", "sign_up"])
def test_public_pages_fit_a_phone_and_speak_french_when_asked(open_browser, site, name):
    page = open_browser(PHONE)

    address = site.address(name)
    page.goto(address + ("&" if "?" in address else "?") + "lang=fr")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.documentElement.lang") == "fr"
    small = page.locator("button:visible, a.button:visible, input:visible, select:visible").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"
    )
    assert small == []
