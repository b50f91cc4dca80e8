"""A segment built by clicks alone, and by keyboard alone; on a phone and in French."""

import os
import subprocess
import sys
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, ROOT, sign_in

pytestmark = pytest.mark.e2e

ORDERS = int(os.environ.get("PAST_ORDERS", "40"))  # 10000 to try it in full
SEED = """
import csv, random, sys
from datetime import timedelta
from django.utils import timezone
from contacts.models import Brand, Contact
from contacts.segments import periods
from social.models import Place
Place.objects.get_or_create(slug="lyon", defaults={"name": "Lyon", "brand": Brand.objects.first()})
today = timezone.localdate()
last, this = (periods.days(f"{which}_winter", today)[0] for which in ("last", "this"))
drawn, people = random.Random(7), list(Contact.objects.filter(email__isnull=False).order_by("pk")[:60])
out = csv.writer(open(sys.argv[1], "w"))
out.writerow(["order number", "order date", "email", "category", "store", "quantity", "unit price"])
for k, person in enumerate(people[:9]):
    for at in [last] if k < 6 else [last, this]:
        out.writerow([f"{k}-{at}", at, person.email, "Knitwear" if k % 3 else "Shoes", "Lyon", 1, "50.00"])
for n in range(int(sys.argv[2])):
    at = last - timedelta(days=drawn.randrange(30, 700))
    what = drawn.choice(["Shoes", "Bags", "Knitwear"])
    out.writerow([f"F-{n}", at, drawn.choice(people).email, what, "Paris", drawn.randrange(1, 4), "19.90"])
"""


@pytest.fixture(scope="module")
def orders(site, tmp_path_factory):
    """A file of past orders: nine people bought in Lyon last winter, three of them this winter too; a third shoes."""
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    seed = f"import sys; sys.argv = ['', {str(path)!r}, '{ORDERS - 12}']\n{SEED}"
    for manage in (["shell", "-c", seed], ["import_orders", str(path), "--source", "e2e", "--currency", "EUR"]):
        done = subprocess.run(
            [sys.executable, "manage.py", *manage], cwd=ROOT, env=site.env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-2000:]
    assert f"{ORDERS} new orders" in done.stdout and "; 0 lines rejected." in done.stdout, done.stdout


def settled(page):
    """Wait until the builder has answered: what is pressed or typed meanwhile goes to rows that are replaced."""
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")


def pick(page, box, words, option):
    """Type into a searched list and press what it offers."""
    box.click()
    box.press_sequentially(words, delay=10)
    page.get_by_role("option", name=option, exact=True).first.click()
    settled(page)


def choose(page, box, value):
    """Choose in a list that may change the row."""
    page.locator(f'[id="{box}"]').select_option(value)
    settled(page)


def bought(page, row, answer, period):
    """Fill one row: knitwear, in Lyon, in that period."""
    pick(page, page.locator(f'[id="{row}:field"]'), "bought", "bought")
    choose(page, f"{row}:op", answer)
    choose(page, f"{row}:when", "period")
    choose(page, f"{row}:period", period)
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
    settled(page)
    bought(page, "r-0", "did", "last_winter")
    page.get_by_role("button", name="+ Add a rule").click()
    settled(page)
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
    settled(page)
    page.keyboard.type("Fr")
    expect(page.locator(".fan-sentence")).to_contain_text("French")
    settled(page)
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


def test_a_whole_archive_moves_in_by_keyboard_on_a_phone_in_french(open_browser, site, tmp_path, shoot):
    head = '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,{}LEID,EUID\n'
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("subscribed.csv", head.format("") + "anna@moved.example,Anna,2,2022-03-04,1,2\n")
        archive.writestr(
            "unsubscribed.csv", head.format("UNSUB_TIME,") + "bob@moved.example,Bob,2,2022-03-04,2024-02-03,1,2\n"
        )
        archive.writestr("welcome.html", "<html><body>*|FNAME|* <a href='*|UNSUB|*'>x</a></body></html>")
    page = sign_in(open_browser(PHONE, locale="fr-FR"), site)
    page.goto("/admin/contacts/job/import/")
    page.set_input_files("input[type=file]", path)
    page.get_by_role("button", name="Voir les colonnes").press("Enter")

    expect(page.get_by_role("heading", name="Ce qu’est chaque fichier")).to_be_visible()
    assert page.get_by_label("unsubscribed.csv", exact=True).input_value() == "unsubscribed_all"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page, "#content").response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    shoot(page, "import-archive-phone", full_page=True)
    page.get_by_role("button", name="Commencer").press("Enter")

    page.get_by_role("link", name="Voir les colonnes").press("Enter")
    expect(page.get_by_role("heading", name="Colonnes")).to_be_visible()
    shoot(page, "import-columns-phone", full_page=True)


def test_import_and_the_person_are_walked_through_by_keyboard_alone(open_browser, site, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("email,first name\nzoe.keys@moved.example,Zoe\n")
    page = sign_in(open_browser(), site)
    page.goto("/admin/contacts/job/import/")
    page.set_input_files("input[type=file]", path)
    page.locator("#id_file").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Columns")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="See the people")).to_be_visible(timeout=30_000)

    page.goto("/admin/contacts/contact/?q=zoe.keys@moved.example")
    page.locator("#result_list a[href*='/contact/']").first.press("Enter")
    expect(page.get_by_role("heading", name="Zoe").first).to_be_visible()
    seen = set()
    for _step in range(120):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.innerText || document.activeElement.id || ''").strip())
    assert {"Edit", "Merge", "Erase"} <= seen
