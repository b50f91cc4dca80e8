"""A shop's manager and her second person: an approved template, a changed word, an approval; then the calendar."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import sign_in

pytestmark = pytest.mark.e2e


def draft(page, name):
    page.goto("/admin/campaigns/campaign/add/")
    page.locator("[name=name]").fill(name)
    page.get_by_role("button", name="Make the draft").click()
    expect(page.locator("#fan-press")).to_be_visible()
    return page.url


def confirm(page, summary, button):
    box = page.locator("#fan-press details", has=page.locator("summary", has_text=summary))
    box.locator("summary").click()
    box.get_by_role("button", name=button).click()
    page.wait_for_load_state()


def test_she_changes_a_word_asks_is_approved_and_starts_once_whatever_the_back_button_does(open_browser, site, shoot):
    ines = sign_in(open_browser(), site, "ines")
    address = draft(ines, "Saturday tasting")
    expect(ines.locator("#fan-press")).to_contain_text("nobody else needs to look")
    shoot(ines, "shop-manager")

    ines.get_by_role("link", name="Write and change the mail").click()
    ines.locator("[name=subject]").fill("Come and taste on Saturday")
    ines.locator("[name=subject]").press("Tab")
    expect(ines.locator(".mail-status")).to_have_text("Saved")
    ines.goto(address)
    expect(ines.locator("#fan-press")).to_contain_text("A second person approves this campaign before it starts.")
    ines.locator("#fan-words").fill("Only the subject is mine")
    ines.get_by_role("button", name="Ask for approval").click()
    expect(ines.locator(".fan-approval")).to_contain_text("asked for")

    boss = sign_in(open_browser(), site)
    boss.get_by_role("link", name="“Saturday tasting” waits for your approval").click()
    expect(boss.locator(".fan-approval")).to_contain_text("Only the subject is mine")
    boss.get_by_role("button", name="Approve", exact=True).click()
    expect(boss.get_by_text("Approved as it stands.")).to_be_visible()

    ines.reload()
    confirm(ines, "Start…", "Yes, send")
    expect(ines.get_by_text("Started. The mails are going out.")).to_be_visible()
    sent = []
    ines.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    for _ in range(3):
        ines.go_back()
    for _ in range(3):
        ines.go_forward()
    assert sent == [], "the back button repeated a press"
    expect(ines.locator("#fan-progress")).to_be_visible()


def test_a_plan_stands_in_the_calendar_and_is_moved_by_a_press(open_browser, site):
    page = sign_in(open_browser(), site, "ines")
    draft(page, "Christmas tasting")
    box = page.locator("#fan-press details", has=page.locator("summary", has_text="Schedule…"))
    box.locator("summary").click()
    box.get_by_role("button", name="Schedule").click()
    expect(page.get_by_text("Scheduled for")).to_be_visible()

    page.goto("/admin/campaigns/campaign/calendar/?view=month")
    planned = page.locator(".fan-day", has=page.get_by_role("link", name="Christmas tasting"))
    before = planned.get_attribute("data-on")
    page.get_by_role("button", name="Move “Christmas tasting” a day later").click()
    expect(page.get_by_text("“Christmas tasting” starts")).to_be_visible()
    assert planned.get_attribute("data-on") > before
    expect(page.locator("#fan-pressure")).to_contain_text("People of Le Port")
    assert page.get_by_role("link", name="Autumn roast").count() == 0, "another's campaign is in her calendar"
