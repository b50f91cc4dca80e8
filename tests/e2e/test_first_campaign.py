"""From an empty installation to the first scheduled campaign, and from "duplicate" to the next, each action counted.

An action is a click, a field that is filled, a choice in a list, a file that is chosen or a key that is pressed to send
a form; waiting, reading and scrolling are none.
"""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ROOT, Site, fresh_folder, serve

pytestmark = pytest.mark.e2e
FIRST, NEXT = 25, 8  # at most
PASSWORD = "one long enough for nobody to guess"
PEOPLE = b"email,first name,language\nlena@example.com,Lena,en\nhugo@example.com,Hugo,en\n"
DRAFT = re.compile(r"/admin/campaigns/campaign/\d+/change/")


class Hand:
    """One person's hand on the page: does what it is told, and counts."""

    def __init__(self, page):
        self.page, self.done = page, 0

    def click(self, where):
        self.done += 1
        where.click()

    def fill(self, name, words):
        self.done += 1
        self.page.locator(f"[name={name}]").fill(words)

    def choose(self, name, label):
        self.done += 1
        self.page.locator(f"[name={name}]").select_option(label=label)

    def give(self, name, file):
        self.done += 1
        self.page.locator(f"[name={name}]").set_input_files(file)

    def press(self, name, key):
        self.done += 1
        self.page.locator(f"[name={name}]").press(key)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """An installation of its own, as `migrate` and `createsuperuser` leave it: no brand, no contact, no demo.

    Always SQLite: the database named in the environment belongs to the other tests.
    """
    env = fresh_folder(tmp_path_factory)
    env.pop("DATABASE_URL", None)
    who = {"DJANGO_SUPERUSER_USERNAME": "nina", "DJANGO_SUPERUSER_EMAIL": "nina@port.example"}
    for command in (["migrate", "--verbosity", "0"], ["createsuperuser", "--noinput"]):
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *command],
            env={**env, **who, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}, cwd=ROOT, check=True,
        )  # fmt: skip
    with serve(env) as log:
        yield Site(env["SITE_URL"], {}, env, log)


def signed_in(hand):
    hand.page.goto("/admin/")
    hand.fill("username", "nina")
    hand.fill("password", PASSWORD)
    hand.press("password", "Enter")
    expect(hand.page.get_by_role("heading", name="What needs me")).to_be_visible()


def schedule(hand):
    """Schedule at the time the page proposes, and return the sentence that says when it starts."""
    page = hand.page
    hand.click(page.locator("#fan-press summary", has_text="Schedule…"))
    hand.click(page.get_by_role("button", name="Schedule", exact=True))
    expect(page.locator("#fan-press")).to_contain_text("scheduled")
    return page.locator("#step-send .fan-step-summary").inner_text()


def state_of(site, *, fields):
    """Return what the database holds of the newest campaign, asked through the command line."""
    code = (
        "import json; from campaigns.models import Campaign; from campaigns.delivery import audience;"
        "c = Campaign.objects.latest('pk');"
        "told = {'name': c.name, 'state': c.state, 'timed': c.scheduled_at is not None,"
        " 'people': audience.count(c).reachable,"
        " 'subject': c.content.versions.first().bodies.get(language='en').subject};"
        "print(json.dumps(told))"
    )
    told = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "shell", "--no-imports", "-c", code],
        env=site.env, cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return {name: json.loads(told.stdout)[name] for name in fields}


def test_a_newcomer_schedules_her_first_campaign_and_the_next_by_duplicating_it(open_browser, site, shoot):
    page = open_browser()
    first = Hand(page)
    signed_in(first)

    first.click(page.get_by_role("link", name="Begin a campaign"))
    first.fill("name", "Opening")
    first.fill("brand", "Port Roasters")
    first.fill("postal_address", "3 quai Gambetta, Calais")
    first.fill("from_email", "hello@port.example")
    first.click(page.get_by_role("button", name="Make the draft"))

    first.click(page.get_by_role("link", name="Write and change the mail"))
    first.fill("subject", "We open on Saturday")
    expect(page.locator(".mail-status")).to_have_text("Saved")

    first.click(page.get_by_role("link", name="Home", exact=True).first)
    first.click(page.get_by_role("link", name="Import your contacts"))
    first.give("file", {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE})
    first.click(page.get_by_role("button", name="Look at the columns"))
    first.choose("topic", "Our letter")
    first.choose("basis", "consent")
    first.fill("evidence", "sign-up sheet at the counter")
    first.click(page.get_by_role("button", name="Import", exact=True))
    expect(page.get_by_text("2 newly subscribed")).to_be_visible(timeout=20_000)

    first.click(page.get_by_role("link", name="Home", exact=True).first)
    first.click(page.get_by_role("link", name="Look it through and send"))
    expect(page).to_have_url(DRAFT)
    first.fill("everyone_reason", "they asked for it")
    first.click(page.locator("[name=_save]").first)
    expect(page.locator(".fan-five")).to_contain_text("2 people")
    starts = schedule(first)
    shoot(page, "first-campaign", full_page=True)

    assert starts.startswith("Starts ")
    assert state_of(site, fields=("name", "state", "timed", "people", "subject")) == {
        "name": "Opening", "state": "scheduled", "timed": True, "people": 2, "subject": "We open on Saturday",
    }  # fmt: skip

    again = Hand(page)
    again.click(page.get_by_role("button", name="Duplicate"))
    again.fill("name", "Second week")
    again.click(page.locator("[name=_save]").first)
    again.click(page.get_by_role("link", name="Write and change the mail"))
    again.fill("subject", "What we roast next week")
    expect(page.locator(".mail-status")).to_have_text("Saved")
    again.click(page.get_by_role("link", name="Back to the campaign"))
    schedule(again)

    assert state_of(site, fields=("name", "state", "subject")) == {
        "name": "Second week", "state": "scheduled", "subject": "What we roast next week",
    }  # fmt: skip
    print(f"actions: first campaign, sign-in included, {first.done} of at most {FIRST}; next {again.done} of {NEXT}")
    assert first.done <= FIRST and again.done <= NEXT
