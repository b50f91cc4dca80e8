"""Visits to friends' pages, from the front's spool to the rows: robots are evidence, other people are visits."""

import shutil
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import Engagement, Event, HourlyTotal, SpoolFile
from campaigns.tracking import ingest, spool, targets
from campaigns.tracking.front import Front
from campaigns.tracking.spool import Spool
from social import sharing, visits
from social.models import DailySalt, EarnedVisit, Referral, ShareLink
from tests.make import make_contact, make_share_link
from tests.social.test_networks_robots import PEOPLE, ROBOTS

pytestmark = pytest.mark.django_db
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36"


@pytest.fixture
def front():
    shutil.rmtree(spool.folder(), ignore_errors=True)
    targets.clear()
    front = Front(lambda environ, start_response: start_response("200 OK", []) or [], spool=Spool())
    yield front
    front.spool.close()
    shutil.rmtree(spool.folder(), ignore_errors=True)


def visit(front, share_link, agent=IPHONE, ip="192.0.2.7", method="GET", **headers):
    path = f"/v/{share_link.link.token}"
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": ip, "HTTP_USER_AGENT": agent, **headers}
    list(front(environ, lambda status, headers: None))


def settled(share_link):
    ingest.run(once=True)
    return ShareLink.objects.get(pk=share_link.pk)


def test_a_friend_on_another_phone_is_one_earned_visit(front):
    link = make_share_link()

    visit(front, link)
    link = settled(link)

    event = Event.objects.get(kind="earned_visit")
    assert (event.contact, event.campaign, event.link, event.network) == (
        link.contact,
        link.campaign,
        link.link,
        "bluesky",
    )
    assert (event.device, event.subject_kind, event.subject_id) == ("phone", "share_link", link.pk)
    assert link.visited_at == event.at
    assert HourlyTotal.objects.get(kind="earned_visit", dimension="").n == 1
    assert Engagement.objects.get(kind="earned_visit").n == 1


def test_the_same_visitor_counts_once_a_day_and_again_the_next(front):
    link = make_share_link()

    for _ in range(4):
        visit(front, link)
    settled(link)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        visit(front, link)
        settled(link)

    assert Event.objects.filter(kind="earned_visit").count() == 2
    assert len(set(EarnedVisit.objects.values_list("visitor_key", flat=True))) == 2


def test_her_own_phone_counts_nothing_and_another_one(front):
    link = make_share_link()
    visits.mark_sharer(link, "192.0.2.7", IPHONE)

    visit(front, link, IPHONE, "192.0.2.99")
    visit(front, link, f"{IPHONE} [FBAN/FBIOS]", "192.0.2.7")
    visit(front, link, PIXEL, "192.0.2.7")
    visit(front, link, IPHONE, "198.51.100.1")
    settled(link)

    assert Event.objects.filter(kind="earned_visit").count() == 2


@pytest.mark.parametrize(("agent", "label"), ROBOTS.items())
def test_a_robot_of_any_network_is_evidence_under_its_label_and_no_visit(front, agent, label):
    link = make_share_link(network="bluesky")

    visit(front, link, agent, "203.0.113.9")
    link = settled(link)

    event = Event.objects.get()
    assert event.kind == "share_composed"
    assert event.network == visits.network_of(link, label)
    assert link.composed_at is not None and link.visited_at is None
    assert link.observed_network == ("" if label == "bluesky" else event.network)
    assert EarnedVisit.objects.count() == 0


def test_a_burst_of_robots_is_one_piece_of_evidence(front):
    link = make_share_link(network="mastodon")

    for server in range(20):
        visit(front, link, f"Mastodon/4.4.0 (http.rb/5.2.0; +https://s{server}.example/)", f"203.0.113.{server}")
    settled(link)
    visit(front, link, "Mastodon/4.4.1 (http.rb/5.2.0; +https://late.example/)")
    settled(link)

    assert Event.objects.filter(kind="share_composed").count() == 1


def test_a_link_pasted_elsewhere_says_where_it_was_seen(front):
    link = make_share_link(network="copy")

    visit(front, link, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")
    link = settled(link)

    assert link.observed_network == "slack"
    assert Event.objects.get(kind="share_composed").network == "slack"


def test_metas_robot_confirms_threads_by_the_links_own_network(front):
    link = make_share_link(network="threads")

    visit(front, link, "facebookexternalhit/1.1")

    assert settled(link).observed_network == ""
    assert Event.objects.get(kind="share_composed").network == "threads"


@pytest.mark.parametrize(
    "agent", ["", "curl/8.5.0", "python-requests/2.32", "Googlebot/2.1 (+http://www.google.com/bot.html)"]
)
def test_other_machines_leave_nothing(front, agent):
    link = make_share_link()

    visit(front, link, agent)

    assert settled(link).visited_at is None
    assert not Event.objects.filter(kind__in=["earned_visit", "share_composed"]).exists()


def test_a_head_request_and_a_prefetch_are_nobodys_visit(front):
    link = make_share_link()

    visit(front, link, method="HEAD")
    visit(front, link, HTTP_SEC_PURPOSE="prefetch;prerender")
    settled(link)

    assert not Event.objects.exists()


@pytest.mark.parametrize(("agent", "network"), PEOPLE.items())
def test_a_person_in_a_networks_own_browser_is_a_visit_that_names_it(front, agent, network):
    link = make_share_link()

    visit(front, link, agent)
    settled(link)

    assert EarnedVisit.objects.get().observed_network == network
    assert Event.objects.get(kind="earned_visit").network == "bluesky"


def test_a_token_of_nobody_is_passed_over(front):
    list(
        front({"REQUEST_METHOD": "GET", "PATH_INFO": "/v/0123456789ABCDEF", "HTTP_USER_AGENT": IPHONE}, lambda *a: None)
    )

    ingest.run(once=True)

    assert not Event.objects.exists()


def test_reading_the_same_lines_again_adds_nothing(front):
    link = make_share_link()
    visit(front, link)
    visit(front, link, "Twitterbot/1.0")
    settled(link)
    SpoolFile.objects.update(offset=0)
    ingest.run(once=True)

    assert Event.objects.filter(kind="earned_visit").count() == 1
    assert Event.objects.filter(kind="share_composed").count() == 1


def test_the_salts_of_past_days_are_destroyed():
    now = timezone.now()
    for days in (0, 1, 2):
        DailySalt.objects.create(day=(now - timedelta(days=days)).date(), salt="00" * 32)

    visits.forget_salts(now.replace(hour=12))

    assert [row.day for row in DailySalt.objects.all()] == [now.date()]


def test_a_visitor_key_differs_by_day_link_and_network_range():
    one = visits.visitor_key("ab" * 32, "192.0.2.7", IPHONE, "T1")

    assert one == visits.visitor_key("ab" * 32, "192.0.2.200", IPHONE, "t1")
    assert one != visits.visitor_key("cd" * 32, "192.0.2.7", IPHONE, "T1")
    assert one != visits.visitor_key("ab" * 32, "192.0.3.7", IPHONE, "T1")
    assert one != visits.visitor_key("ab" * 32, "192.0.2.7", IPHONE, "T2")
    assert one != visits.visitor_key("ab" * 32, "192.0.2.7", PIXEL, "T1")
    assert len(one) == 32


def test_a_batch_asks_the_database_no_more_for_more_links(front, django_assert_max_num_queries):
    first = make_share_link()
    links = [sharing.share_link_for(first.contact, first.campaign, key) for key in ("x", "mastodon", "facebook")]
    for link in links:
        for _ in range(10):
            visit(front, link, "python-requests/2.32")

    with django_assert_max_num_queries(25):
        ingest.run(once=True)


def test_a_friend_who_shares_on_stands_one_generation_further():
    first = make_share_link()
    dan = make_contact(email="dan@example.com")
    Referral.objects.create(sponsor=first.contact, friend=dan, share_link=first, state="approved")

    second = sharing.share_link_for(dan, first.campaign, "x")

    assert (second.parent, second.generation) == (first, 2)
