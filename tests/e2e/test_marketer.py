"""The marketer: from the sign-in to a campaign's report and one person's story."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, sign_in

pytestmark = pytest.mark.e2e


def test_home_says_what_was_learned_and_leads_to_the_campaign(open_browser, site, shoot):
    page = sign_in(open_browser(), site)

    expect(page.get_by_role("heading", name="What needs me")).to_be_visible()
    expect(page.get_by_role("heading", name="What did we learn")).to_be_visible()
    shoot(page, "home")
    page.get_by_role("link", name="Autumn roast", exact=True).first.click()  # also among where she was

    expect(page).to_have_url(re.compile(r"/admin/campaigns/campaign/\d+/"))
    for step in ("People", "Content", "Share & offer", "Check", "Send"):
        expect(page.get_by_text(step, exact=True).first).to_be_visible()
    shoot(page, "campaign")


def test_the_report_says_what_the_demo_printed(open_browser, site, shoot):
    page = sign_in(open_browser(), site)

    page.goto(site.address("report"))

    funnel = site.demo["funnel"]
    text = page.inner_text("main, #content")
    assert f"{funnel['sent']:,}" in text and f"{funnel['click']:,}" in text and f"{funnel['redeem']:,}" in text
    shoot(page, "report")


def test_a_fans_page_tells_her_whole_story(open_browser, site, shoot):
    page = sign_in(open_browser(), site)

    page.goto(site.address("fan"))

    content = page.inner_text("#content")
    for word in ("opened", "clicked", "redeemed"):
        assert word in content.lower(), word
    shoot(page, "contact")


def test_every_line_of_the_menu_opens_without_an_error(open_browser, site):
    page = sign_in(open_browser(), site)

    links = page.locator("#nav-sidebar-apps a").evaluate_all("links => links.map(link => link.pathname)")
    wrong = []
    for path in dict.fromkeys(links):
        if path.startswith(("/till/", "/api/")):
            continue
        answer = page.goto(path)
        if answer.status != 200:
            wrong.append((path, answer.status))

    assert len(links) > 20
    assert wrong == []


def test_ctrl_k_finds_a_campaign_by_a_part_of_its_name(open_browser, site):
    page = sign_in(open_browser(), site)

    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("autumn", delay=30)

    expect(page.locator("#command-results-list")).to_contain_text("Autumn roast")


def test_home_fits_a_phone(open_browser, site, shoot):
    page = sign_in(open_browser(PHONE), site)

    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    shoot(page, "home-phone")


def test_the_desk_speaks_french(open_browser, site):
    page = sign_in(open_browser(locale="fr-FR"), site)

    expect(page.get_by_role("heading", name="Ce qui vous attend")).to_be_visible()


def test_the_api_has_its_page(open_browser, site):
    page = open_browser()

    page.goto(site.address("api"))

    page.locator("#operations-tag-contacts").click()  # closed at first: there are a hundred operations
    expect(page.get_by_text("/api/v1/contacts/").first).to_be_visible()
