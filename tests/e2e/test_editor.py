"""A newcomer: picks a letter, changes it, looks through two people's eyes, mends what the check finds, tests it."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import sign_in

pytestmark = pytest.mark.e2e
MINUTES = 3  # a newcomer's, by the clock of a person; the machine needs seconds


def serious(page):
    """Return what axe calls serious or worse on this page."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["target"]) for one in found if one["impact"] in ("serious", "critical")]


def saved(page):
    expect(page.locator(".mail-status")).to_have_text("Saved")


def opened(page, kind):
    card = page.locator(".mail-card", has=page.locator(".mail-kind", has_text=re.compile(f"^{kind}$"))).first
    if card.get_attribute("open") is None:
        card.locator("> summary").click()
    return card


def test_a_newcomer_writes_checks_and_tests_a_letter(open_browser, site, shoot):
    page = sign_in(open_browser(), site)
    begun = time.monotonic()

    page.goto("/admin/campaigns/emailcontent/add/")
    page.locator("[name=name]").fill("First letter")
    page.locator("select[name=brand]").select_option(index=1)
    picture = page.frame_locator("iframe[title=Announcement] >> nth=0")
    expect(picture.get_by_text("It is here")).to_be_visible()
    page.get_by_label("Announcement", exact=True).first.check()
    shoot(page, "editor-1-start")
    assert serious(page) == []
    page.locator("[name=_save]").click()
    expect(page.locator("#mail-form")).to_be_visible()

    inside = page.frame_locator("#mail-preview iframe")
    opened(page, "Hero").locator("[name$='.title']").fill("The first pears")
    expect(inside.get_by_text("The first pears")).to_be_visible()
    opened(page, "Share bar").locator("[name$='.reason']").fill("Share and win a basket")
    text = opened(page, "Text").locator("trix-editor")
    text.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("They came in this morning, and they will not stay long.")
    expect(inside.get_by_text("They came in this morning")).to_be_visible()
    saved(page)
    shoot(page, "editor-2-blocks")
    assert serious(page) == []

    people = page.locator("[name=seen_by] option").evaluate_all("all => all.map(one => one.value).filter(one => +one)")
    for number, person in enumerate(people[:2], 1):
        page.locator("[name=seen_by]").select_option(person)
        expect(inside.get_by_text("The first pears")).to_be_visible()
        shoot(page, f"editor-3-as-contact-{number}")
    page.locator("[name=light]").select_option("dark")
    expect(page.locator("#mail-preview.mail-in-dark")).to_be_visible()
    shoot(page, "editor-4-dark")
    expect(page.locator("#mail-told")).to_contain_text("promises something for the press of a button")
    content = page.url

    page.goto("/admin/campaigns/campaign/add/?plain=1")
    page.locator("[name=name]").fill("Pears")
    number = re.search(r"emailcontent/(\d+)/", content)[1]
    for name, value in (("topic", "1"), ("sender", "1"), ("content", number)):
        choose(page, name, value)
    page.locator("[name=_save]").click()
    page.get_by_role("link", name="The whole check, and a test mail").click()
    expect(page.get_by_role("heading", name=re.compile("^Not yet"))).to_be_visible()
    shoot(page, "editor-5-check", full_page=True)
    assert serious(page) == []

    page.get_by_role("link", name="Change the mail").click()
    opened(page, "Share bar").locator("[name$='.reason']").fill("Your friends taste one for free")
    expect(page.locator("#mail-told")).not_to_contain_text("promises something")
    saved(page)
    shoot(page, "editor-6-mended")
    page.go_back()
    page.reload()
    expect(page.get_by_text("promises something for the press")).to_have_count(0)
    page.locator("[name=addresses]").fill("me@example.com")
    page.get_by_role("button", name="Send the test").click()
    expect(page.get_by_text("The test is on its way to 1 address.")).to_be_visible()
    shoot(page, "editor-7-test")

    assert time.monotonic() - begun < MINUTES * 60


def choose(page, name, value):
    """Set one of the admin's searching lists, as its script does."""
    page.locator(f"[name={name}]").evaluate("(list, value) => list.add(new Option(value, value, true, true))", value)


def test_blocks_move_by_keys_and_by_hand_and_steps_go_back(open_browser, site):
    page = sign_in(open_browser(), site)
    page.goto("/admin/campaigns/emailcontent/add/")
    page.locator("[name=name]").fill("Moves")
    page.locator("select[name=brand]").select_option(index=1)
    page.get_by_label("Newsletter", exact=True).first.check()
    page.locator("[name=_save]").click()
    cards = page.locator(".mail-card")
    order = "all => all.map(card => card.id).join(' ')"
    expect(cards.nth(2)).to_be_visible()  # the editor of the new mail is open
    before = cards.evaluate_all(order)
    first, second, third = before.split()[:3]

    cards.nth(0).locator("> summary").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(cards.nth(1)).to_have_attribute("id", first)
    assert page.evaluate("document.activeElement.parentElement.id") == first
    drag(page, cards.nth(2).locator("> summary .mail-handle"), cards.nth(0).locator("> summary"))
    expect(cards.nth(0)).to_have_attribute("id", third)

    for _step in range(2):
        page.locator("[data-undo]").click()
        saved(page)
    expect(cards.nth(0)).to_have_attribute("id", first)
    assert cards.evaluate_all(order) == before
    page.locator("[data-redo]").click()
    expect(cards.nth(0)).to_have_attribute("id", second)


def test_each_keystroke_is_seen_well_under_a_second(open_browser, site):
    page = sign_in(open_browser(), site)
    page.goto("/admin/campaigns/emailcontent/")
    page.goto(site.base + page.locator("#result_list a[href*='/emailcontent/']").first.get_attribute("href"))
    page.locator(".mail-written a").first.click()
    subject = page.locator("[name=subject]")
    taken = []
    for n in range(10):
        subject.fill(f"Word {n}")
        begun = time.monotonic()
        expect(page.locator(".mail-envelope strong")).to_have_text(f"Word {n}")
        taken.append(time.monotonic() - begun)

    assert sorted(taken)[5] < 1, taken
    print("keystroke to preview, median of 10:", round(sorted(taken)[5], 3), "s")


def drag(page, what, onto):
    """Drag by hand, in steps, with both ends in sight: the page does not scroll under the mouse."""
    page.locator("#mail-drag").evaluate("line => line.scrollIntoView({block: 'center', behavior: 'instant'})")
    start, end = what.bounding_box(), onto.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)
    page.mouse.up()
