"""From a hit in front of Django to the rows of the report."""

import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from campaigns import links
from campaigns.models import Engagement, Event, HourlyTotal, LinkEngagement, SpoolFile
from campaigns.reports import campaign_report
from campaigns.tracking import ingest, neighbours, recount, spool, tail
from campaigns.tracking.front import Front
from campaigns.tracking.spool import Spool, folder
from campaigns.tracking.tokens import Purpose, make
from contacts import consent
from tests.campaigns.tracking import mmdb
from tests.make import make_campaign, make_contact, make_delivery

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


class Web:
    """One web process: the front with its spool over a Django that answers 418."""

    def __init__(self):
        self.front = Front(self.django, spool=Spool())
        self.answers = []

    def django(self, environ, start_response):
        start_response("418 Django", [])
        return []

    def get(self, path, ip="192.0.2.7", agent=PHONE, method="GET", **headers):
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": ip, "HTTP_USER_AGENT": agent, **headers}
        self.body = b"".join(self.front(environ, lambda status, headers: self.answers.append((status, dict(headers)))))
        return self.answers[-1]


@pytest.fixture
def web():
    web = Web()
    yield web
    web.front.spool.close()


@pytest.fixture
def ann():
    ann = make_contact(email="ann@example.com")
    for purpose in ("open_tracking", "click_tracking"):
        consent.give(ann, purpose, method="form", at=timezone.now() - timedelta(days=1))
    return ann


@pytest.fixture
def delivery(ann):
    delivery = make_delivery(contact=ann)
    for n in range(1, 9):
        links.number_for(delivery.campaign, None, f"b{n}", f"https://shop.example/{n}")
    return delivery


def open_path(delivery):
    return f"/o/{make(Purpose.OPEN, delivery.campaign_id, delivery.pk)}.gif"


def click_path(delivery, number=1):
    return f"/c/{make(Purpose.CLICK, delivery.campaign_id, delivery.pk)}/{number}"


def test_an_open_and_a_click_reach_every_rollup(web, ann, delivery):
    assert web.get(open_path(delivery))[0] == "200 OK"
    web.get(click_path(delivery))
    web.get(click_path(delivery))

    done = ingest.run(once=True)

    assert (done.lines, done.events, done.crowd, done.dropped, done.torn) == (3, 3, 0, 0, 0)
    assert sorted(Event.objects.values_list("kind", "verdict", "contact", "device", "os")) == [
        ("click", "human", ann.pk, "phone", "iOS"),
        ("click", "human", ann.pk, "phone", "iOS"),
        ("open", "human", ann.pk, "phone", "iOS"),
    ]
    assert sorted(Engagement.objects.values_list("kind", "n")) == [("click", 2), ("open", 1)]
    assert LinkEngagement.objects.get().n == 2
    ann.refresh_from_db()
    assert ann.last_opened_at and ann.last_clicked_at
    assert HourlyTotal.objects.get(kind="click", dimension="os").value == "phone/iOS"
    assert recount.differences(delivery.campaign) == []


def test_the_address_is_kept_as_a_range_only(web, delivery):
    web.get(open_path(delivery), ip="198.51.100.77")
    ingest.run(once=True)
    assert Event.objects.get().ip_prefix == "198.51.100.0"


def test_reading_twice_stores_once(web, delivery):
    web.get(open_path(delivery))
    ingest.run(once=True)
    assert ingest.run(once=True).events == 0
    assert Event.objects.count() == 1


def test_a_machine_that_is_called_otherwise_since_reads_on_where_it_stopped(web, delivery, settings):
    """A laptop's name changes with its network, a container's at each start, a restored site's for good."""
    web.get(open_path(delivery))
    ingest.run(once=True)
    web.get(click_path(delivery))

    settings.NODE_NAME = "renamed"
    done = ingest.run(once=True)

    assert (done.events, Event.objects.count()) == (1, 2)
    assert SpoolFile.objects.count() == 1


def test_a_second_reader_of_the_same_batch_is_refused(web, delivery, monkeypatch):
    web.get(open_path(delivery))
    path = tail.files(folder())[0]
    stale = SpoolFile.objects.create(node="test", name=path.name)
    SpoolFile.objects.update(offset=5)  # another process moved it meanwhile
    with pytest.raises(ingest.Raced):
        ingest._advance(stale, 100, 0)


def test_the_file_stays_while_its_writer_lives_and_goes_when_it_is_read(web, delivery):
    web.get(open_path(delivery))
    ingest.run(once=True)
    assert len(tail.files(folder())) == 1

    web.front.spool.close()
    ingest.run(once=True)

    assert tail.files(folder()) == []
    assert SpoolFile.objects.get().finished_at


def test_a_torn_last_line_is_counted_and_not_guessed(web, delivery):
    web.get(open_path(delivery))
    path = tail.files(folder())[0]
    with path.open("ab") as file:
        file.write(b"17000000000\to\tabc")
    assert ingest.run(once=True).torn == 0, "the writer lives and may finish its line"

    web.front.spool.close()
    done = ingest.run(once=True)

    assert done.torn == 1 and SpoolFile.objects.get().torn_lines == 1
    assert tail.files(folder()) == [] or ingest.run(once=True).lines == 0
    assert Event.objects.count() == 1


def offer_path(delivery):
    return f"/f/{make(Purpose.OFFER, delivery.campaign_id, delivery.pk)}"


def test_an_offers_page_that_is_read_is_her_act(web, ann, delivery):
    web.get(offer_path(delivery))
    web.get(offer_path(delivery), agent="facebookexternalhit/1.1")

    assert ingest.run(once=True).events == 2

    seen = Event.objects.filter(kind="offer_view", contact=ann, delivery=delivery)
    assert sorted(seen.values_list("verdict", flat=True)) == ["human", "machine"]
    assert Engagement.objects.get().kind == "offer_view"
    assert recount.differences(delivery.campaign) == []


def test_without_her_consent_to_clicks_an_offers_page_was_read_by_the_crowd(web, ann, delivery):
    consent.withdraw(ann, "click_tracking", method="preferences")
    web.get(offer_path(delivery))

    assert ingest.run(once=True).crowd == 1
    assert Event.objects.get(kind="offer_view").contact is None and not Engagement.objects.exists()


def test_without_consent_the_hit_belongs_to_the_crowd(web, ann, delivery):
    consent.withdraw(ann, "open_tracking", method="preferences")
    for _ in range(100):
        web.get(open_path(delivery))
    done = ingest.run(once=True)

    assert done.crowd == done.events == 100
    assert not Event.objects.exclude(contact=None, delivery=None, ip_prefix="", user_agent="").exists()
    assert not Engagement.objects.exists()
    assert HourlyTotal.objects.get(dimension="crowd").n == 100
    ann.refresh_from_db()
    assert ann.last_opened_at is None


def test_consent_given_after_the_hit_does_not_reach_back(web, ann, delivery):
    consent.withdraw(ann, "open_tracking", method="preferences")
    web.get(open_path(delivery))
    consent.give(ann, "open_tracking", method="preferences", at=timezone.now() + timedelta(seconds=1))
    ingest.run(once=True)
    assert Event.objects.get().contact is None


def test_a_crowd_token_gives_totals_and_nobody(web, delivery):
    web.get(f"/o/{make(Purpose.OPEN, delivery.campaign_id)}.gif")
    ingest.run(once=True)
    assert Event.objects.get().contact is None
    assert HourlyTotal.objects.get(dimension="").n == 1


def test_a_token_of_another_campaigns_delivery_names_nobody(web, delivery):
    other = make_campaign(name="June")
    web.get(f"/o/{make(Purpose.OPEN, other.pk, delivery.pk)}.gif")
    ingest.run(once=True)
    assert Event.objects.get().contact is None


def test_hits_of_unknown_campaigns_and_links_are_dropped_and_counted(web, delivery):
    web.get(f"/o/{make(Purpose.OPEN, 999_999, 1)}.gif")
    web.get(click_path(delivery, 77))
    web.get("/v/0123456789ABCDEF")
    done = ingest.run(once=True)
    assert (done.lines, done.events, done.dropped) == (3, 0, 3)


def test_a_burst_over_several_links_is_a_scanner_also_in_hindsight(web, ann, delivery):
    web.get(click_path(delivery, 1))
    web.get(click_path(delivery, 2))
    ingest.run(once=True)
    assert Engagement.objects.get().n == 2

    web.get(click_path(delivery, 3))
    done = ingest.run(once=True)

    assert done.moved == 2
    assert set(Event.objects.values_list("verdict", "rule")) == {("machine", "R6")}
    assert not Engagement.objects.exists() and not LinkEngagement.objects.exists()
    ann.refresh_from_db()
    assert ann.last_clicked_at is None
    assert recount.differences(delivery.campaign) == []


def test_a_scanner_and_a_person_on_one_link_count_once(web, delivery):
    web.get(click_path(delivery), ip="203.0.113.5", agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0")
    web.get(click_path(delivery), ip="192.0.2.7")
    ingest.run(once=True)
    assert list(Event.objects.order_by("at").values_list("verdict", "rule")) == [("machine", "R9"), ("human", "")]


def test_head_and_prefetch_count_for_nobody(web, delivery):
    assert web.get(click_path(delivery), method="HEAD")[0] in {"302 Found", "418 Django"}
    web.get(open_path(delivery), HTTP_SEC_PURPOSE="prefetch;prerender")
    ingest.run(once=True)
    assert set(Event.objects.values_list("verdict", "rule")) == {("machine", "R1")}


def test_reclassify_moves_old_verdicts_to_todays_rules(web, delivery):
    web.get(open_path(delivery))
    ingest.run(once=True)
    Event.objects.update(verdict="machine", rule="R3")  # what an older ruleset said
    recount.rebuild(delivery.campaign)

    call_command("reclassify", str(delivery.campaign_id))

    assert Event.objects.get().verdict == "human"
    assert recount.differences(delivery.campaign) == []


def test_rebuild_rollups_finds_and_mends_a_wrong_total(web, delivery, capsys):
    web.get(open_path(delivery))
    ingest.run(once=True)
    HourlyTotal.objects.filter(dimension="").update(n=7)
    with pytest.raises(Exception, match="totals differ"):
        call_command("rebuild_rollups", "--check")
    call_command("rebuild_rollups")
    call_command("rebuild_rollups", "--check")


def test_a_handler_gets_classified_hits_of_its_kind(web, delivery, settings, monkeypatch):
    from campaigns.tracking.rollups import Act

    class Visits:
        KINDS = "v"
        seen = []

        def handle(self, hits, batch):
            self.seen += hits
            for hit in hits:
                batch.add(Act("earned_visit", hit.at, hit.key, campaign_id=hit.campaign_id, link_id=hit.link_id))

    visits = Visits()
    monkeypatch.setattr(ingest, "handlers", lambda: [visits])
    link = links.public("share", campaign=delivery.campaign)
    web.get(f"/v/{link.token.lower()}", agent="facebookexternalhit/1.1")
    ingest.run(once=True)

    assert [(hit.verdict, hit.campaign_id) for hit in visits.seen] == [("machine", delivery.campaign_id)]
    assert Event.objects.get().kind == "earned_visit"


def test_a_visitors_tabs_do_not_make_columns(web, delivery):
    web.get(open_path(delivery), agent="evil\tagent\x0b\nwith\rbreaks" + "x" * 9000)
    done = ingest.run(once=True)
    assert (done.events, done.torn) == (1, 0)
    assert Event.objects.get().user_agent.startswith("evil agent")


def test_a_page_says_of_any_hit_which_rule_spoke_and_why(web, delivery, admin_client):
    for number in (1, 2, 3):
        web.get(click_path(delivery, number))
    web.get(open_path(delivery), agent="facebookexternalhit/1.1")
    ingest.run(once=True)

    page = admin_client.get(f"/admin/campaigns/event/{Event.objects.filter(kind='click').first().pk}/change/")
    assert "R6" in page.content.decode() and "3 links within 10 seconds" in page.content.decode()
    page = admin_client.get(f"/admin/campaigns/event/{Event.objects.get(kind='open').pk}/change/").content.decode()
    assert "Facebook, Messenger" in page and "robot by name" in page
    assert admin_client.get("/admin/campaigns/event/999999/change/").status_code in (302, 404)


def test_withdraw_and_hit_1000_times_leaves_no_row_about_her_and_right_totals(web, ann, delivery):
    web.get(open_path(delivery))
    web.get(click_path(delivery))
    ingest.run(once=True)
    about_her = Event.objects.filter(contact=ann).count()
    for purpose in ("open_tracking", "click_tracking"):
        consent.withdraw(ann, purpose, method="preferences")

    for n in range(1000):
        web.get(open_path(delivery) if n % 2 else click_path(delivery, 1 + n % 8), ip=f"192.0.2.{n % 250}")
    assert ingest.run(once=True).crowd == 1000

    assert Event.objects.filter(contact=ann).count() == about_her == 2
    assert Event.objects.filter(delivery=delivery).count() == 2
    assert (Engagement.objects.count(), LinkEngagement.objects.count()) == (2, 1)
    assert Event.objects.filter(contact=None, delivery=None, ip_prefix="", user_agent="").count() == 1000
    assert dict(HourlyTotal.objects.filter(dimension="crowd").values_list("kind", "n")) == {"open": 500, "click": 500}
    assert recount.differences(delivery.campaign) == []


@pytest.fixture
def at(monkeypatch):
    """Let hits come at a chosen second of the last hour."""
    began = time.time_ns() - 3_600_000_000_000

    def move(second):
        monkeypatch.setattr(spool, "now", lambda: began + int(second * 1e9))

    return move


def test_a_later_visit_does_not_make_a_person_of_a_scanner_whose_burst_lies_at_the_edge_of_sight(web, delivery, at):
    for second, number in ((0, 1), (3, 2), (6, 3)):
        at(second)
        web.get(click_path(delivery, number))
    ingest.run(once=True)

    for second in (36, 65, 69):
        at(second)
        web.get(click_path(delivery, 5))
        ingest.run(once=True)

    assert list(Event.objects.order_by("at").values_list("rule", flat=True)) == ["R6", "R6", "R6", "", "", ""]
    assert recount.differences(delivery.campaign) == []


def test_a_hammered_link_is_read_beside_a_bounded_number_of_stored_hits(web, delivery, at, monkeypatch):
    monkeypatch.setattr(ingest, "BATCH", {"sqlite": 50, "postgresql": 50})
    looked = []
    near = neighbours.near
    monkeypatch.setattr(neighbours, "near", lambda spans: looked.append(near(spans)) or looked[-1])
    for n in range(500):
        at(n / 100)
        web.get(click_path(delivery))

    ingest.run(once=True)

    most = max(len(rows) for found in looked for rows in found.values())
    assert most <= neighbours.MOST + 1 and Event.objects.count() == 500
    assert recount.differences(delivery.campaign) == []


def test_proxies_are_told_apart_by_whose_they_are(web, delivery):
    for agent in ("Mozilla/5.0", "Mozilla/5.0", "Mozilla/5.0 (Windows) (via ggpht.com GoogleImageProxy)"):
        web.get(open_path(delivery), agent=agent)
    ingest.run(once=True)

    assert sorted(Event.objects.values_list("verdict", "network")) == [
        ("proxy", "apple"), ("proxy", "apple"), ("proxy", "gmail"),
    ]  # fmt: skip
    table = campaign_report(delivery.campaign).table("proxies")
    assert [[row[0], row[1].n] for row in table.rows] == [["Apple", 2], ["Gmail", 1]]
    assert recount.differences(delivery.campaign) == []


def test_a_country_is_noted_of_people_where_a_file_knows_it(web, ann, delivery, settings, tmp_path):
    path = tmp_path / "country.mmdb"
    path.write_bytes(mmdb.file_of({"192.0.2.0/24": "FR", "198.51.100.0/24": "CH"}))
    settings.COUNTRY_DATABASE = str(path)
    web.get(open_path(delivery))
    web.get(click_path(delivery), ip="198.51.100.9")
    web.get(open_path(delivery), agent="Mozilla/5.0")
    web.get(f"/o/{make(Purpose.OPEN, delivery.campaign_id)}.gif")
    ingest.run(once=True)

    assert sorted(Event.objects.values_list("country", flat=True)) == ["", "", "CH", "FR"]
    table = campaign_report(delivery.campaign).table("countries")
    assert [[row[0], row[1].n, row[2].n] for row in table.rows] == [["Switzerland", 0, 1], ["France", 1, 0]]
    assert recount.differences(delivery.campaign) == []


def test_a_country_file_that_cannot_be_read_stops_nothing(web, delivery, settings, tmp_path):
    (tmp_path / "broken.mmdb").write_bytes(b"not a database")
    settings.COUNTRY_DATABASE = str(tmp_path / "broken.mmdb")
    web.get(open_path(delivery))
    ingest.run(once=True)
    assert Event.objects.get().country == ""
