"""A running campaign, as a marketer watches and steers it: nothing reloads, nothing lies, all of it by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, sign_in

pytestmark = pytest.mark.e2e
NUMBER = re.compile(r"(\d+) of (\d+) mails sent")


def copy_of_the_letter(page):
    """Duplicate the demo's letter, slow it down to two mails a second, and start it."""
    page.goto("/admin/")
    page.get_by_role("link", name="Autumn roast").first.click()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_text("This is the copy.")).to_be_visible()
    page.locator("#id_pace_per_hour").fill("7200")
    page.locator("[name=_save]").first.click()
    press(page, "Start…", "Yes, send")
    expect(page.locator("#fan-progress")).to_be_visible()


def press(page, summary, button, **fields):
    """Open one of the page's presses and confirm it, by keyboard alone."""
    box = page.locator("#fan-press details", has=page.locator("summary", has_text=summary))
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    for name, value in fields.items():
        box.locator(f"[name={name}]").fill(value)
    box.get_by_role("button", name=button).focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def sent(page):
    return int(NUMBER.search(page.locator("#fan-live-head").inner_text())[1])


def wait_for_more(page, before):
    """Wait until more than `before` mails are out: a paced campaign moves with the sending round, every 15 s.

    A press loads the page again, so for a moment there is no number to read.
    """
    number = "document.querySelector('#fan-live-head')?.innerText.match(/(\\d+) of/)?.[1]"
    page.wait_for_function(f"{number} > {before}", timeout=40_000)


@pytest.mark.expects_refusal
def test_start_watch_pause_change_the_pace_resume_cancel_and_a_phone_looks_on_in_french(open_browser, site, shoot):
    page = sign_in(open_browser(), site)
    copy_of_the_letter(page)
    page.evaluate("window.loadedOnce = true")
    expect(page.locator("#fan-progress")).to_contain_text("a second", timeout=30_000)
    expect(page.locator("#fan-watch")).to_contain_text("example", timeout=15_000)
    before = sent(page)
    wait_for_more(page, before)
    assert page.evaluate("window.loadedOnce"), "the page was loaded again"
    shoot(page, "live-1-sending", full_page=True)

    page.context.set_offline(True)
    expect(page.locator("#fan-lost")).to_contain_text("The connection is lost", timeout=15_000)
    shoot(page, "live-2-lost")
    page.context.set_offline(False)
    expect(page.locator("#fan-lost")).to_be_hidden(timeout=15_000)

    press(page, "Pause…", "Yes, pause", reason="the price is wrong")
    expect(page.locator("#fan-watch")).to_contain_text("paused: the price is wrong")
    shoot(page, "live-3-paused", full_page=True)
    held = sent(page)
    press(page, "Change the pace…", "Change it now", per_hour="3600")
    expect(page.locator("#fan-progress")).to_contain_text("at most 3600 an hour")
    press(page, "Resume…", "Yes, resume")
    wait_for_more(page, held)

    phone = sign_in(open_browser({**PHONE, "locale": "fr-FR"}), site)
    phone.goto(page.url.replace(site.base, ""))
    expect(phone.locator("#fan-watch")).to_contain_text("Par destinataire", timeout=15_000)
    pausing = phone.locator("#fan-press summary", has_text="Mettre en pause")
    expect(pausing).to_have_count(1)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(phone, "live-phone-fr", full_page=True)

    press(page, "Cancel…", "Yes, end it for good")
    expect(page.locator("#fan-progress")).to_contain_text("Nothing is left to do.", timeout=15_000)
    expect(page.locator("#fan-press")).to_contain_text("cancelled")
    expect(pausing).to_have_count(0, timeout=15_000)  # the other page's presses change by themselves
