"""A segment built by clicks alone, and by keyboard alone; on a phone and in French."""

import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, ROOT, sign_in

pytestmark = pytest.mark.e2e

SEED = """
from django.utils import timezone
from contacts.models import Brand, Contact
from contacts.segments import periods, typed
from social.models import Order, OrderLine, Place
lyon, _ = Place.objects.get_or_create(slug="lyon", defaults={"name": "Lyon", "brand": Brand.objects.first()})
today = timezone.localdate()
last, this = (typed.midnight(periods.days(f"{which}_winter", today)[0]) for which in ("last", "this"))
people = Contact.objects.order_by("pk")[:9]
for k, person in enumerate(people):
    for at in [last] if k < 6 else [last, this]:
        order = Order.objects.create(source="e2e", reference=f"{k}-{at}", contact=person, place=lyon, amount_minor=5000,
                                     currency="EUR", ordered_at=at, is_attributed=False)
        OrderLine.objects.create(order=order, number=1, category="Knitwear" if k % 3 else "Shoes", unit_minor=5000)
"""


@pytest.fixture(scope="module")
def orders(site):
    """Nine people bought in Lyon last winter, three of them this winter too; a third of them shoes."""
    manage = [sys.executable, "manage.py", "shell", "-c", SEED]
    done = subprocess.run(manage, cwd=ROOT, env=site.env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def pick(page, box, words, option):
    """Type into a searched list and press what it offers."""
    box.click()
    box.press_sequentially(words, delay=10)
    page.get_by_role("option", name=option, exact=True).first.click()


def bought(page, row, answer, period):
    """Fill one row: knitwear, in Lyon, in that period."""
    pick(page, page.locator(f'[id="{row}:field"]'), "bought", "bought")
    page.locator(f'[id="{row}:op"]').select_option(answer)
    page.wait_for_timeout(500)
    page.locator(f'[id="{row}:when"]').select_option("period")
    page.locator(f'[id="{row}:period"]').select_option(period)
    pick(page, page.locator(f'[id="{row}:category"]'), "Knit", "Knitwear")
    pick(page, page.locator(f'[id="{row}:place"]'), "Ly", "Lyon")


def serious(page):
    found = Axe().run(page, "#rules-builder").response["violations"]
    found += Axe().run(page, ".fan-segment-side").response["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


def test_knitwear_in_lyon_last_winter_and_not_this_winter_by_clicks_alone(open_browser, site, orders, shoot):
    page = sign_in(open_browser(), site)
    page.goto("/admin/contacts/segment/add/")
    page.fill("#id_name", "Knitwear, Lyon, last winter only")

    page.get_by_role("button", name="+ Add a rule").click()
    bought(page, "r-0", "did", "last_winter")
    page.get_by_role("button", name="+ Add a rule").click()
    bought(page, "r-1", "did_not", "this_winter")

    expect(page.locator(".fan-three-yes dd")).to_have_text("4")
    sentence = page.locator(".fan-sentence")
    expect(sentence).to_contain_text("bought (category: Knitwear, shop: Lyon) last winter")
    expect(sentence).to_contain_text("not: bought (category: Knitwear, shop: Lyon) this winter")
    assert serious(page) == []
    person = page.locator("#segment-preview li a").first.inner_text()
    pick_person = page.locator('[id="why"]')
    pick_person.click()
    pick_person.press_sequentially(person.split()[0], delay=10)
    page.get_by_role("option").filter(has_text=person).first.click()
    expect(page.locator(".fan-verdict")).to_contain_text("she is in it")
    page.evaluate("scrollTo(0, 0)")
    shoot(page, "segment-builder", full_page=True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Knitwear, Lyon, last winter only").first).to_be_visible()


def test_a_segment_is_built_by_keyboard_alone(open_browser, site):
    page = sign_in(open_browser(), site)
    page.goto("/admin/contacts/segment/add/")
    page.locator('[id="r:add"]').focus()

    page.keyboard.press("Enter")
    expect(page.locator('[id="r-0:field"]')).to_be_focused()
    page.keyboard.type("language", delay=20)
    expect(page.get_by_role("option", name="language", exact=True)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator('[id="r-0:op"]')).to_be_visible()
    expect(page.locator('[id="r-0:field"]')).to_be_focused()
    for _step in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "r-0:value":
            break
    page.keyboard.type("Fr")
    expect(page.locator(".fan-sentence")).to_contain_text("French")
    page.locator('[id="r-0:remove"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('[id="r:add"]')).to_be_focused()
    expect(page.locator('[id="r-0:field"]')).to_have_count(0)


def test_the_builder_fits_a_phone_and_speaks_french(open_browser, site, shoot):
    page = sign_in(open_browser(PHONE, locale="fr-FR"), site)
    page.goto("/admin/contacts/segment/add/?start=asleep")

    expect(page.get_by_text("Les personnes pour lesquelles").first).to_be_visible()
    page.locator('[id="r:addgroup"]').click()
    expect(page.locator('[id="r-1-0:field"]')).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(page) == []
    shoot(page, "segment-builder-phone", full_page=True)


def test_rfm_is_scored_by_a_press_and_leads_to_segments(open_browser, site, orders, shoot):
    page = sign_in(open_browser(), site)
    page.goto("/admin/social/rfmscale/")

    page.get_by_role("button", name="Take quintiles and score anew").click()

    expect(page.get_by_text("people bought in the last 24 months")).to_be_visible()
    found = Axe().run(page, "#content .fan").response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    shoot(page, "rfm", full_page=True)
    page.get_by_role("link", name="champions").click()
    expect(page.locator(".fan-sentence")).to_contain_text("champions")
