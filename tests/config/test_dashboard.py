from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, Delivery, Engagement, SendingHold
from config import dashboard
from contacts.models import Brand, Contact, Job, Notice
from social.models import EarnedVisit, Offer, OfferCounter, OfferLimit

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def desk(client):
    cache.clear()
    client.force_login(User.objects.create_superuser("head", password="x"))
    return client


def make_campaign(name="Autumn", state="finished", sent=4, clicked=0, queued=0, **fields):
    campaign = Campaign.objects.create(name=name, state=state, **fields)
    for i in range(sent + queued):
        contact = Contact.objects.create(email=f"{name.lower()}{i}@example.org")
        is_sent = i < sent
        state = "sent" if is_sent else "queued"
        Delivery.objects.create(
            campaign=campaign, contact=contact, state=state, sent_at=NOW if is_sent else None, tracks_clicks=True
        )
        if i < clicked:
            Engagement.objects.create(campaign=campaign, contact=contact, kind="click", first_at=NOW, last_at=NOW)
    return campaign


def test_home_of_an_empty_house_shows_the_first_steps(desk):
    page = desk.get("/admin/")

    begin, *_others, send = page.context["steps"]
    assert send.url == begin.url and not any(step.is_done for step in page.context["steps"])
    assert page.context["needs"] == [] and page.context["running"] == []
    assert page.content.index(b"Begin a campaign") < page.content.index(b"Import your contacts")


def test_a_first_campaign_that_is_begun_is_one_press_from_home(desk):
    draft = make_campaign("First", state="draft")

    steps = desk.get("/admin/").context["steps"]

    assert steps[-1].url == f"/admin/campaigns/campaign/{draft.pk}/change/"


def test_home_names_what_needs_a_person(desk):
    make_campaign("Winter", state="paused", paused_reason="the relay answers 421")
    doubtful = make_campaign("Spring")
    Delivery.objects.filter(campaign=doubtful).update(state="ambiguous")
    Job.objects.create(kind="import", state="failed", error="Line 1 holds no address.")
    SendingHold.objects.create(reason="restored from a backup")

    texts = [need.text for need in desk.get("/admin/").context["needs"]]

    assert texts[0] == "Sending is on hold: restored from a backup"
    assert "“Winter” is paused: the relay answers 421" in texts
    assert "4 mails of “Spring” are in doubt: the relay never said whether it took them" in texts
    assert any("Line 1 holds no address." in text for text in texts)


def test_a_waiting_campaign_without_a_worker_is_urgent(desk):
    make_campaign("Winter", state="sending", queued=2)

    needs = desk.get("/admin/").context["needs"]

    assert [need.is_urgent for need in needs] == [True]
    assert "manage.py up" in needs[0].text


def test_home_says_that_people_wait_for_a_mail_no_campaign_sends(desk):
    ann = Contact.objects.create(email="ann@example.org")
    notice = Notice.objects.create(contact=ann, kind="confirm_subscription", key="k1")
    assert desk.get("/admin/").context["needs"] == []  # it may be on its way

    Notice.objects.filter(pk=notice.pk).update(created_at=NOW - timedelta(hours=1))
    (need,) = desk.get("/admin/").context["needs"]

    assert need.text == "1 mail waits for the event “confirm_subscription”: switch its automatic mail on"
    assert need.is_urgent


def test_home_shows_how_far_a_campaign_is(desk):
    make_campaign("Winter", state="sending", sent=3, queued=1)
    make_campaign("Later", state="scheduled", sent=0, scheduled_at=NOW + timedelta(days=1))

    running = {work.name: work for work in desk.get("/admin/").context["running"]}

    assert (running["Winter"].done, running["Winter"].total, running["Winter"].percent) == (3, 4, 75)
    assert running["Winter"].note == "1 mail left"
    assert running["Later"].note.startswith("starts ")


def test_a_campaign_is_judged_against_the_others(desk):
    for n in range(4):
        make_campaign(f"Usual{n}", sent=4, clicked=1)
    make_campaign("Best", sent=4, clicked=4)

    learned = desk.get("/admin/").context["learned"]

    assert learned[0].name == "Best"
    assert (learned[0].sent, learned[0].clicked, learned[0].click_percent) == (4, 4, 100.0)
    assert learned[0].remark == "more clicks than usual"
    assert learned[1].remark == "as usual"


def test_two_campaigns_are_too_few_to_call_anything_usual():
    assert dashboard._remark(0.5, [0.1]) == ""


def test_home_shows_who_brought_friends_and_what_is_nearly_spent(desk):
    campaign = make_campaign("Winter", sent=1)
    ann = Contact.objects.create(email="ann@example.org", first_name="Ann")
    link = campaign.links.create(kind="share", token="ABC")
    share = link_of(ann, campaign, link)
    EarnedVisit.objects.create(share_link=share, day=NOW.date(), visitor_key="k", first_at=NOW)
    EarnedVisit.objects.create(share_link=share, day=NOW.date(), visitor_key="own", first_at=NOW, is_sharer=True)
    brand = Brand.objects.create(name="Coop", slug="coop")
    offer = Offer.objects.create(
        brand=brand, name="Ten", kind="text", state="live", starts_at=NOW, ends_at=NOW + timedelta(days=9)
    )
    limit = OfferLimit.objects.create(offer=offer, scope="total", max_uses=10)
    OfferCounter.objects.create(limit=limit, used=9, max_uses=10)

    context = desk.get("/admin/").context

    assert [(row["name"], row["visits"]) for row in context["sharers"]] == [("Ann", 1)]
    assert [(row["name"], row["used"], row["max"]) for row in context["spent"]] == [("Ten", 9, 10)]


def link_of(contact, campaign, link):
    from social.models import ShareLink

    return ShareLink.objects.create(link=link, contact=contact, campaign=campaign, network="bluesky")


def test_a_cashier_sees_no_campaign_on_home(client):
    make_campaign("Winter", state="paused")
    cashier = User.objects.create_user("till", password="x", is_staff=True)
    cashier.groups.add(Group.objects.get(name="cashier"))
    client.force_login(cashier)

    page = client.get("/admin/")

    assert b"Winter" not in page.content
    assert "learned" not in page.context


def test_home_asks_the_same_number_of_queries_for_one_campaign_or_twenty(desk):
    asked = []
    for n in range(20):
        make_campaign(f"Letter{n}", sent=1)
        if n in (0, 19):
            desk.get("/admin/")  # the figures of finished campaigns are kept
            with CaptureQueriesContext(connection) as queries:
                desk.get("/admin/")
            asked.append(len(queries))

    assert asked[0] == asked[1] <= 28


def test_home_says_what_the_last_campaign_taught_with_its_number_its_doubt_and_the_next_press(desk):
    last = make_campaign("Autumn", sent=40, clicked=10)

    page = desk.get("/admin/")

    said = [lesson.text for lesson in page.context["lessons"]]
    assert said == ["“Autumn” was clicked by 10 of 40 people (25.0 %; 14.2–40.2 %)."]
    assert f'action="/admin/campaigns/campaign/{last.pk}/duplicate/"' in page.content.decode()


def test_a_few_people_make_no_rate(desk):
    make_campaign("Autumn", sent=4, clicked=1)

    assert "1 of 4 people (too few for a rate)" in desk.get("/admin/").context["lessons"][0].text


def test_what_runs_is_stopped_from_home_with_one_press(desk):
    winter = make_campaign("Winter", state="sending", queued=2)

    (work,) = desk.get("/admin/").context["running"]
    desk.post(work.stop_url, {"reason": "stopped from Home"})

    winter.refresh_from_db()
    assert (winter.state, winter.paused_reason) == ("paused", "stopped from Home")
