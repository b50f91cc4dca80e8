"""A share and what comes of it, in browsers: a contact shares, a friend signs up and shares on, her friend buys."""

import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from config.demo.doors import ANDROID
from config.demo.doors import PHONE as IPHONE
from tests.e2e.conftest import DESKTOP, PHONE, ROOT, sign_in

pytestmark = pytest.mark.e2e
WHATSAPP = "WhatsApp/2.24.6.77 A"


def rows(site, query, *values):
    """Look into the site's database, as its processes leave it."""
    with sqlite3.connect(f"file:{Path(site.env['VAR_DIR']) / 'fanfare.sqlite3'}?mode=ro", uri=True) as file:
        return file.execute(query, values).fetchall()


def until(look, seconds=60):
    """Wait for what the site's own processes do within seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.3)
    raise AssertionError("it did not come")


def key_of(site):
    manage = [sys.executable, str(ROOT / "manage.py"), "create_api_key", "story", "--owner", "admin"]
    for scope in ("conversions:write", "share-links:read", "share-links:write"):
        manage += ["--scope", scope]
    return subprocess.run(manage, env=site.env, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()[-1]


def shared_link(page):
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_label("Link", exact=True)).to_be_visible()
    return page.get_by_label("Link", exact=True).input_value()


def signs_up(page, site, link, name):
    """She signs up on the friend's page and presses the link of the mail; returns her id."""
    page.goto(link)
    page.get_by_label("Your e-mail").fill(f"{name.lower()}@story.example")
    page.get_by_label("First name").fill(name)
    page.get_by_role("button", name="Send me my advantage").click()
    expect(page.get_by_role("heading", name="One more tap")).to_be_visible()
    confirm = until(lambda: confirmation(site, f"{name.lower()}@story.example"))
    page.goto(confirm)
    page.get_by_role("button", name="Yes, I want this").click()
    look = "SELECT id FROM contacts_contact WHERE email = ?"
    return until(lambda: rows(site, look, f"{name.lower()}@story.example"))[0][0]


def confirmation(site, address):
    found = rows(site, "SELECT message FROM campaigns_outboxmail WHERE recipient = ?", address)
    text = b"".join(bytes(message) for (message,) in found).replace(b"=\r\n", b"").replace(b"=\n", b"")
    link = re.search(rb"/confirm/[^\s\"'<>]+", text)
    return link and f"{site.base}{link[0].decode()}"


def ladder(site, link):
    token = link.rsplit("/", 1)[1]
    counted = (
        "SELECT kind, COUNT(*) FROM campaigns_event WHERE link_id = (SELECT id FROM campaigns_link WHERE token = ?)"
    )
    return dict(rows(site, f"{counted} GROUP BY kind", token))


def test_a_share_brings_a_friend_who_brings_a_friend_who_buys(open_browser, site, shoot):
    api = open_browser(DESKTOP).request
    signed = {"Authorization": f"Bearer {key_of(site)}"}
    ann = open_browser(PHONE, java_script_enabled=False, user_agent=ANDROID)
    ann.goto(site.address("share"))
    first = shared_link(ann)
    token = first.rsplit("/", 1)[1]

    # Her own look counts nothing, the network's robot is evidence, a friend's phone is a visit.
    ann.goto(first)
    expect(ann.get_by_text("This is your own link.")).to_be_visible()
    assert api.get(first, headers={"User-Agent": WHATSAPP}).status == 200
    until(lambda: ladder(site, first).get("share_composed"))
    assert ladder(site, first) == {"share_intent": 1, "share_composed": 1}
    dan = open_browser(PHONE, java_script_enabled=False, user_agent=IPHONE)
    dan_id = signs_up(dan, site, first, "Dan")
    until(lambda: ladder(site, first).get("earned_visit"))

    # Dan shares on from his own link, Eve comes and buys.
    ((campaign, sharer),) = rows(
        site, "SELECT s.campaign_id, s.contact_id FROM social_sharelink s JOIN campaigns_link l ON l.id = s.link_id "
        "WHERE l.token = ?", token,
    )  # fmt: skip
    wish = {"contact": dan_id, "campaign": campaign, "network": "copy"}
    made = api.post(f"{site.base}/api/v1/share-links/", data=wish, headers=signed)
    assert made.status == 201 and made.json()["generation"] == 2
    eve = open_browser(DESKTOP, user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    eve_id = signs_up(eve, site, made.json()["url"], "Eve")
    order = {
        "source": "story", "reference": "S-1", "amount_minor": 5990, "currency": "EUR", "email": "eve@story.example",
        "ordered_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }  # fmt: skip
    sold = api.post(f"{site.base}/api/v1/conversions/", data=order, headers=signed).json()
    assert {credit["touch"] for credit in sold["credits"]} >= {"earned_contact"}

    # The ladder, the tree, both people's pages and the referral say so.
    steps = ladder(site, first)
    assert (steps["share_intent"], steps["share_composed"], steps["earned_visit"]) == (1, 1, 1)
    assert steps["earned_contact"] == 1
    desk = sign_in(open_browser(DESKTOP), site)
    desk.goto(f"/admin/social/sharelink/trees/{campaign}/")
    shoot(desk, "tree", full_page=True)
    desk.goto(f"/admin/social/sharelink/trees/{campaign}/branch/?of=c{sharer}")
    expect(desk.get_by_role("link", name="Dan", exact=False).first).to_be_visible()
    desk.goto(f"/admin/social/sharelink/trees/{campaign}/branch/?of=c{dan_id}")
    expect(desk.get_by_role("link", name="Eve", exact=False).first).to_be_visible()
    desk.goto(f"/admin/contacts/contact/{dan_id}/profile/")
    expect(desk.get_by_role("heading", name="Who brought her")).to_be_visible()
    expect(desk.get_by_role("heading", name="Whom she brought")).to_be_visible()
    desk.goto(f"/admin/contacts/contact/{eve_id}/profile/")
    expect(desk.get_by_role("heading", name="Who brought her")).to_be_visible()
    states = dict(
        rows(site, "SELECT friend_id, generation FROM social_referral WHERE friend_id IN (?, ?)", dan_id, eve_id)
    )
    assert states == {dan_id: 1, eve_id: 2}
