"""Whom we know and what she agreed to: the choices page, her data by a fresh link, the 360° page in the desk."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, TALL, sign_in

pytestmark = pytest.mark.e2e


def serious(page):
    """Return what axe finds of weight on the page, as (rule, first element)."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found if one["impact"] in ("serious", "critical")]


def ours(page):
    """Return the same of the desk's page without what its theme brings along."""
    return [one for one in serious(page) if "fan" in one[1]]


def choices_of(page, site, language):
    page.goto(site.address("unsubscribe"))
    path = page.locator("a[href*='/p/']").first.get_attribute("href")
    page.goto(f"{site.base}{path}?lang={language}")


@pytest.mark.parametrize(("language", "save"), [("en", "Save"), ("fr", "Enregistrer")])
@pytest.mark.parametrize("kind", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_choices_are_made_by_keyboard_alone(open_browser, site, shoot, language, save, kind):
    page = open_browser(kind, bypass_csp=True)
    choices_of(page, site, language)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    page.locator("input[name=measure]").first.focus()
    was = page.locator("input[name=measure]").first.is_checked()
    page.keyboard.press("Space")
    page.locator("#frequency").focus()
    page.keyboard.press("End")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.locator("input[name=motivation]").first.focus()
    page.keyboard.press("Tab")
    shoot(page, f"choices-{language}-{'phone' if kind is PHONE else 'desktop'}", full_page=True)
    page.get_by_role("button", name=save, exact=True).focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_be_visible()
    assert page.locator("input[name=measure]").first.is_checked() != was
    assert page.locator("#frequency").input_value() == "monthly"
    assert page.context.cookies() == []


def test_her_data_is_asked_for_at_the_address_on_file(open_browser, site, shoot):
    page = open_browser(PHONE, bypass_csp=True)
    page.goto(f"{site.base}/your-data/")
    assert serious(page) == []
    page.get_by_label("Your e-mail").fill("nobody@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()


@pytest.mark.parametrize("kind", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_360_page_shows_filters_and_merges(open_browser, site, shoot, kind):
    page = sign_in(open_browser(kind, bypass_csp=True), site)
    page.goto(site.address("fan"))
    shoot(
        page, "contact" if kind is DESKTOP else "contact-phone", full_page=True, clip=None if kind is DESKTOP else TALL
    )
    assert ours(page) == []
    page.get_by_label("Only").select_option("consent")
    page.get_by_role("button", name="Show", exact=True).click()
    assert set(page.locator(".fan-timeline li").evaluate_all("all => all.map(one => one.className)")) <= {
        "fan-kind-consent",
        "",
    }
    page.goto(site.base + "/admin/contacts/contact/duplicates/")
    expect(page.get_by_role("heading", name="Possible duplicates").last).to_be_visible()
    assert ours(page) == []


def test_a_box_that_searches_is_named_by_the_label_beside_it(open_browser, site):
    page = sign_in(open_browser(DESKTOP, bypass_csp=True), site)
    page.goto("/admin/social/qrcode/add/")

    expect(page.get_by_role("combobox", name="Place", exact=True)).to_be_visible()
    assert serious(page) == []
