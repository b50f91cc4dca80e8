"""Every page of the desk and every page outside, looked at as each role: nothing broken, foreign, jumping or too wide.

    python3 manage.py test e2e tests/e2e/test_gallery.py              # a few pages, languages and screens in turn
    GALLERY=all python3 manage.py test e2e tests/e2e/test_gallery.py  # all of them; pictures under var/gallery
    GALLERY=all GALLERY_VIEWS=fr-phone,en-dark …                      # only these languages and screens

The pictures of a run become contact sheets, `sheet-<view>-<n>.webp`, twenty pages on each, to be looked at.
"""

import json
import os
import re
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageDraw

from tests.e2e.conftest import DESKTOP, PHONE, ROOT, sign_in

pytestmark = pytest.mark.e2e

ALL = os.environ.get("GALLERY") == "all"
OUT = ROOT / "var" / "gallery"
NARROW = {**PHONE, "viewport": {"width": 375, "height": 812}}
WIDE = {**DESKTOP, "viewport": {"width": 1920, "height": 1080}}
SCREENS = {"desktop": DESKTOP, "phone": NARROW, "dark": {**DESKTOP, "color_scheme": "dark"}, "wide": WIDE}
VIEWS = [f"{language}-{screen}" for language in ("en", "fr") for screen in SCREENS]
ROLES = {"admin": "administrator", "marie": "marketer", "paul": "analyst", "ines": "place manager"}
# What CI looks at, in turn; GALLERY=all looks at everything.
SHORT = {
    "home": "en-desktop", "campaigns campaign change": "fr-phone", "campaigns campaign report": "en-dark",
    "contacts contact profile": "fr-desktop", "contacts segment add": "en-phone", "social offer change": "fr-dark",
}  # fmt: skip
SHIFTS = """
() => new Promise(tell => {
  let sum = 0;
  const add = one => { if (!one.hadRecentInput) sum += one.value; };
  const watch = new PerformanceObserver(list => list.getEntries().forEach(add));
  watch.observe({type: "layout-shift", buffered: true});
  setTimeout(() => tell(sum), 50);
})
"""
MOST_SHIFT = 0.1  # web.dev/cls: what people call good
COLUMNS, ROWS, TILE = 5, 4, (380, 300)


@pytest.fixture(scope="module")
def pages(site):
    named = [] if ALL else [*SHORT]
    command = [sys.executable, "-m", "tests.e2e.pages", *named]
    told = subprocess.run(command, env=site.env, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-2000:]
    return json.loads(told.stdout.splitlines()[-1])


def window(open_browser, view):
    language, screen = view.split("-")
    return open_browser(SCREENS[screen], locale="fr-FR" if language == "fr" else "en-GB", bypass_csp=True)


def wrong_with(page, status, screen):
    """Return what a visitor would stumble over on the open page, as sentences."""
    found = [f"answered {status}"] if status >= 500 else []
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width[0] > width[1]:
        found.append(f"{width[0]} px wide on a screen of {width[1]}")
    if screen == "desktop":  # a zoom of 200 % halves the pixels that the page has
        page.set_viewport_size({"width": 683, "height": 450})
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if width[0] > width[1]:
            found.append(f"at 200 % {width[0]} px wide on {width[1]}")
        page.set_viewport_size(DESKTOP["viewport"])
    shift = page.evaluate(SHIFTS)
    if shift > MOST_SHIFT:
        found.append(f"jumps by {shift:.2f}")
    for one in Axe().run(page).response["violations"]:
        if one["impact"] in ("serious", "critical"):
            found.append(f"axe {one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:140]}")
    return found


def file_name(page):
    return re.sub(r"\W+", "-", page["name"]).strip("-")


def look(page, shown, view, folder):
    """Open one page, keep its picture, and return what is wrong with it."""
    answer = page.goto(shown["path"], wait_until="load")
    page.wait_for_timeout(150 if ALL else 0)  # charts are drawn after the load
    found = wrong_with(page, answer.status, view.split("-")[1])
    if folder is not None:
        page.screenshot(path=folder / f"{file_name(shown)}.png")
    return [f"{shown['name']} ({shown['path']}): {one}" for one in found]


@pytest.mark.expects_refusal
@pytest.mark.parametrize("view", os.environ.get("GALLERY_VIEWS", ",".join(VIEWS)).split(",") if ALL else ["some"])
def test_every_page_is_whole_within_its_screen_and_open_to_all(open_browser, site, pages, view):
    wrong, seen = [], 0
    for wanted in [view] if ALL else sorted(set(SHORT.values())):
        folder = OUT / wanted if ALL else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        some = [one for one in pages if ALL or SHORT.get(one["name"]) == wanted]
        page = sign_in(window(open_browser, wanted), site)
        outside = window(open_browser, wanted)
        for shown in some:
            wrong += look(page if shown["door"] == "desk" else outside, shown, wanted, folder)
            seen += 1
        if folder:
            contact_sheets(folder, wanted, some)

    print(f"{seen} pages ({view})")
    assert not wrong, "\n".join(wrong)
    assert seen >= len(SHORT)


@pytest.mark.expects_refusal
@pytest.mark.parametrize("user", [name for name in ROLES if name != "admin"])
def test_each_role_finds_a_page_or_a_kind_refusal_behind_every_address(open_browser, site, pages, user):
    page = sign_in(open_browser(), site, user)
    opened, refused, wrong = [], 0, []
    for shown in pages:
        answer = page.request.get(shown["path"])
        if answer.status == 403:
            refused += 1
        elif answer.status not in (200, 404):
            wrong.append((shown["path"], answer.status))
        elif shown["door"] == "desk" and answer.status == 200:
            opened.append(shown)
    if ALL:
        folder = OUT / f"role-{user}"
        folder.mkdir(parents=True, exist_ok=True)
        for shown in opened:
            wrong += look(page, shown, "en-wide", folder)
        contact_sheets(folder, f"role-{user}", opened)

    print(f"{ROLES[user]}: {len(opened)} pages, {refused} refused")
    assert not wrong, "\n".join(map(str, wrong))
    assert opened


def contact_sheets(folder, view, pages):
    """Paste the pictures of a view on sheets of twenty, each under its name."""
    per = COLUMNS * ROWS
    for n, start in enumerate(range(0, len(pages), per)):
        sheet = Image.new("RGB", (COLUMNS * TILE[0], ROWS * TILE[1]), "white")
        draw = ImageDraw.Draw(sheet)
        for place, shown in enumerate(pages[start : start + per]):
            left, top = place % COLUMNS * TILE[0], place // COLUMNS * TILE[1]
            with Image.open(folder / f"{file_name(shown)}.png") as picture:
                picture.thumbnail((TILE[0] - 10, TILE[1] - 24))
                sheet.paste(picture.convert("RGB"), (left + 5, top + 20))
            draw.text((left + 6, top + 4), shown["name"][:60], fill="black")
        sheet.save(OUT / f"sheet-{view}-{n + 1}.webp", quality=80)
