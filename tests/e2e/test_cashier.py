"""The cashier: her PIN, a code, green; the same code again, red; and undone within the ten seconds."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, sign_in

pytestmark = pytest.mark.e2e


@pytest.fixture
def code(open_browser, site):
    """A code as a fan shows it, taken from an offer's page."""
    page = open_browser(PHONE)
    page.goto(site.address("voucher"))
    claim = page.get_by_role("button", name="Claim the offer")
    if claim.count():
        claim.click()
    return page.locator(".code").inner_text().strip()


@pytest.fixture
def till(open_browser, site):
    """A phone that a manager made a till, with Maud signed in."""
    page = sign_in(open_browser(PHONE), site)
    page.goto("/till/enrol/")
    page.get_by_label("Shop").select_option("port")
    page.get_by_label("Name of this till").fill("Counter 2")
    page.get_by_role("button", name="Make it a till").click()
    page.get_by_label("PIN").fill("2468")
    page.get_by_role("button", name="Open the till").click()
    expect(page.get_by_role("heading", name="Which code?")).to_be_visible()
    return page


def check(page, code):
    page.goto("/till/")
    page.get_by_label("Type the code").fill(code)
    page.get_by_role("button", name="Check").click()


@pytest.mark.expects_refusal
def test_a_code_is_redeemed_once_undone_and_refused_after_its_second_use(till, code, shoot):
    check(till, code.lower())
    expect(till.locator(".answer-good")).to_be_visible()
    shoot(till, "till-phone")

    till.get_by_role("button", name="Redeem").click()
    expect(till.get_by_role("heading", name="Redeemed")).to_be_visible()
    till.get_by_role("button", name="Undo").click()
    expect(till.get_by_role("heading", name="Undone")).to_be_visible()
    check(till, code)
    till.get_by_role("button", name="Redeem").click()
    expect(till.get_by_role("heading", name="Redeemed")).to_be_visible()

    check(till, code)
    expect(till.locator(".answer-bad")).to_contain_text("Already used")
    shoot(till, "till-refused-phone")


@pytest.mark.expects_refusal
def test_a_wrong_code_is_red_and_says_what_to_do(till):
    check(till, "00000-00000-0")

    expect(till.locator(".answer-bad")).to_contain_text("This code is not known.")


@pytest.mark.expects_refusal
def test_a_phone_that_was_never_enrolled_is_told_so(open_browser):
    page = open_browser(PHONE)

    page.goto("/till/")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_label("PIN").count() == 0
