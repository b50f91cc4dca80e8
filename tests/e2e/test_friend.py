"""Ann's friend with a phone: the page that was shared, and signing up in two taps."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, TALL

pytestmark = pytest.mark.e2e


def test_the_friends_page_shows_what_was_shared_and_what_she_gets(open_browser, site, shoot):
    page = open_browser(PHONE)

    page.goto(site.address("friend"))

    expect(page.get_by_role("heading", level=1)).to_have_text("Your first espresso is on us")
    expect(page.frame_locator("iframe").get_by_text("The autumn roast is here")).to_be_visible()
    assert page.locator('meta[property="og:image"]').get_attribute("content").startswith(site.base)
    shoot(page, "friend-phone", full_page=True, clip=TALL)


def test_a_friend_signs_up_and_is_told_to_confirm(open_browser, site):
    page = open_browser(PHONE)

    page.goto(site.address("friend"))
    page.get_by_label("Your e-mail").fill("dan@example.net")
    page.get_by_label("First name").fill("Dan")
    page.get_by_role("button", name="Send me my advantage").click()

    expect(page.get_by_role("heading", name="One more tap")).to_be_visible()
    assert page.context.cookies() == []


def test_the_friends_page_is_readable_on_a_wide_dark_screen(open_browser, site):
    page = open_browser(DESKTOP, color_scheme="dark")

    page.goto(site.address("friend"))

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 20, 29)"
    expect(page.get_by_label("Your e-mail")).to_be_visible()
