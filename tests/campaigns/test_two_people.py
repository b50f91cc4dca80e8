"""Bad input at the desk: two people at one campaign, a sign-in that ends, a double press, a page gone back to."""

import json
import re

import pytest
from django.test import Client
from django.utils.html import escape

from campaigns.models import Campaign, Delivery
from contacts.models import AuditEntry
from tests.campaigns.delivery.test_control import make_ready
from tests.make import make_segment, make_user

pytestmark = pytest.mark.django_db
FIELDS = {"objective": "sales", "tracking": "consent", "timing": "at_once", "priority": 0, "holdout_percent": 0}
FIELDS |= {"ambiguity": "hold"}


@pytest.fixture
def campaign():
    return make_ready(1)


@pytest.fixture
def desk(client):
    client.force_login(make_user(username="paul"))
    return client


def path(campaign):
    return f"/admin/campaigns/campaign/{campaign.pk}/change/"


def opened(client, campaign):
    """The form as its page shows it: the fields, and what it was shown with."""
    html = client.get(path(campaign)).content.decode()
    base = re.search(r'name="base" value="([^"]*)"', html)[1].replace("&quot;", '"')
    shown = {"name": campaign.name, "topic": campaign.topic_id, "sender": campaign.sender_id}
    return {
        **FIELDS,
        **shown,
        "content": campaign.content_id,
        "everyone_reason": campaign.everyone_reason,
        "base": base,
    }


def save(client, campaign, form, **changed):
    return client.post(path(campaign), {**form, **changed, "_save": "Save"}, follow=True).content.decode()


def test_what_another_changed_meanwhile_is_kept_when_this_form_left_it_alone(desk, campaign):
    mine, theirs = opened(desk, campaign), opened(desk, campaign)
    vip = make_segment(name="VIP")
    save(desk, campaign, theirs, segments=[vip.pk], pace_per_hour=500)

    html = save(desk, campaign, mine, name="June")

    campaign.refresh_from_db()
    assert (campaign.name, campaign.pace_per_hour) == ("June", 500) and list(campaign.segments.all()) == [vip]
    assert "paul changed this meanwhile, and it was kept" in html


@pytest.mark.parametrize(("whose", "name"), [("mine", "July"), ("theirs", "June")])
def test_where_both_changed_the_second_is_told_sees_both_and_chooses(desk, campaign, whose, name):
    mine, theirs = opened(desk, campaign), opened(desk, campaign)
    save(desk, campaign, theirs, name="June", target=40)

    html = save(desk, campaign, mine, name="July", everyone_reason="another reason")
    assert "Somebody else changed this campaign meanwhile" in html and "paul saved this campaign" in html
    assert re.search(r"<b>Mine</b> July", html) and re.search(r"<b>Theirs</b> June", html)
    assert Campaign.objects.get().name == "June", "nothing of the second is written before she chose"

    base = re.search(r'name="base" value="([^"]*)"', html)[1].replace("&quot;", '"')
    assert json.loads(base)["name"] == "June"
    again = {"name": "July", "everyone_reason": "another reason", "target": 40, "base": base, "take-name": whose}
    save(desk, campaign, mine, **again)

    campaign.refresh_from_db()
    assert (campaign.name, campaign.everyone_reason, campaign.target) == (name, "another reason", 40)


def test_a_form_without_its_base_saves_as_it_always_did(desk, campaign):
    form = opened(desk, campaign)

    save(desk, campaign, {**form, "base": "no JSON"}, name="June")

    assert Campaign.objects.get().name == "June"


def test_saving_a_form_takes_back_no_start_that_came_between(desk, campaign, monkeypatch):
    from campaigns.admin.merging import MergingForm

    form, clean = opened(desk, campaign), MergingForm.clean

    def started_meanwhile(self):
        Campaign.objects.filter(pk=campaign.pk).update(state="sending")
        return clean(self)

    monkeypatch.setattr(MergingForm, "clean", started_meanwhile)
    save(desk, campaign, form, name="June")

    assert (Campaign.objects.get().state, Campaign.objects.get().name) == ("sending", "June")


def test_a_sign_in_that_ends_while_writing_loses_no_text(campaign):
    marie = make_user(username="marie", password="a long word")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(marie)
    form = opened(browser, campaign)
    form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"].value
    browser.cookies.pop("sessionid")

    answer = browser.post(path(campaign), {**form, "name": "Typed for\nan <hour>", "_save": "Save"})
    assert answer["Location"] == "/admin/login/?next=/kept/" and Campaign.objects.get().name == "May"
    signed_in = {"username": "marie", "password": "a long word", "next": "/kept/"}
    token = browser.get("/admin/login/").context["csrf_token"]
    html = browser.post("/admin/login/?next=/kept/", {**signed_in, "csrfmiddlewaretoken": token}, follow=True)
    html = html.content.decode()
    assert "Your words are kept" in html and escape("an <hour>") in html and "a long word" not in html
    assert Campaign.objects.get().name == "May", "a GET sends nothing"

    kept = dict(re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', html, re.DOTALL))
    kept = {
        name: value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"') for name, value in kept.items()
    }
    kept["csrfmiddlewaretoken"] = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', html)[1]
    browser.post(path(campaign), {**kept, "name": "Typed for an hour"})
    assert Campaign.objects.get().name == "Typed for an hour"
    assert browser.get("/kept/")["Location"] == "/admin/", "it is given back once"


def test_a_part_of_a_page_is_told_that_the_sign_in_ended_and_keeps_its_words(client, campaign):
    answer = client.post(path(campaign), {"name": "x"}, headers={"X-Fanfare-Part": "1"})

    assert answer.status_code == 401 and "your words stay on this page" in answer.content.decode()
    assert client.post(path(campaign), {"name": "x"}, headers={"Sec-Fetch-Mode": "cors"}).status_code == 302
    assert "kept_writing" not in client.session


def test_what_is_too_long_to_be_kept_says_so(client, campaign):
    client.post(path(campaign), {"name": "x" * 1_000_001})
    client.force_login(make_user())

    assert "too long to be kept" in client.get("/kept/").content.decode()


def test_a_double_press_on_start_starts_once(desk, campaign):
    start = f"/admin/campaigns/campaign/{campaign.pk}/do/start/"

    answers = [desk.post(start), desk.post(start)]

    assert {answer["Location"] for answer in answers} == {path(campaign)}, "each press is answered by a page to look at"
    assert AuditEntry.objects.filter(verb="started campaign").count() == 1 and Delivery.objects.count() == 1
