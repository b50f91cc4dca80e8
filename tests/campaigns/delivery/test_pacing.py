from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns.delivery import desk, destinations, pacing, rounds, sender, throttle
from campaigns.delivery.mail import Mail, Outcome
from campaigns.models import Campaign, Delivery, PaceRule, RelayPace, SentCount, TokenBucket
from tests.make import make_campaign, make_contact, make_delivery
from tests.sink import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_mails")]


def letters(n, **fields):
    campaign = make_campaign(state="sending", audience_at=timezone.now(), **fields)
    for i in range(n):
        contact = make_contact(email=f"{campaign.name.lower()}{i}@example.com", topic=campaign.topic)
        make_delivery(campaign=campaign, contact=contact)
    return campaign


def states(campaign):
    return sorted(campaign.deliveries.values_list("state", flat=True))


def at(monkeypatch, hour, zone=UTC):
    monkeypatch.setattr(pacing.timezone, "now", lambda: datetime(2026, 5, 12, hour, 30, tzinfo=zone))


@pytest.mark.parametrize(
    ("on", "ceiling"),
    [(date(2026, 5, 1), 200), (date(2026, 5, 2), 300), (date(2026, 5, 3), 450), (date(2026, 5, 20), 5_000)],
)
def test_a_relay_warms_up_day_by_day_to_its_ceiling(on, ceiling):
    pace = RelayPace(relay="main", per_day=5_000, warmup_on=date(2026, 5, 1))

    assert pacing.day_ceiling(pace, on) == ceiling


def test_the_hour_of_a_relay_is_full_for_all_campaigns_and_slides(relay_to):
    RelayPace.objects.create(relay="main", per_hour=5)
    one, two = letters(4, name="One"), letters(4, name="Two")
    with Sink() as sink:
        relay_to(sink)
        sender.run()
        assert len(sink.messages) == 5

        SentCount.objects.update(minute=pacing.minute() - 61)
        sender.run()

    assert states(one) + states(two) == ["sent"] * 8


def test_a_ceiling_raised_while_it_runs_is_in_force_at_the_next_turn(relay_to):
    pace = RelayPace.objects.create(relay="main", per_day=2)
    campaign = letters(4)
    with Sink() as sink:
        relay_to(sink)
        sender.run()
        assert states(campaign) == ["queued", "queued", "sent", "sent"]

        pace.per_day = 10
        pace.save()
        sender.run()

    assert states(campaign) == ["sent"] * 4


def test_in_quiet_hours_the_mail_waits_for_the_readers_own_morning(monkeypatch, relay_to):
    PaceRule.objects.create(quiet_from=21, quiet_until=8)
    campaign = letters(1)
    paris = make_contact(email="paris@example.com", topic=campaign.topic, time_zone="Europe/Paris")
    odd = make_contact(email="odd@example.com", topic=campaign.topic, time_zone="Mars/Olympus")
    rows = [make_delivery(campaign=campaign, contact=paris), make_delivery(campaign=campaign, contact=odd)]
    at(monkeypatch, 20)  # 22:30 in Paris
    with Sink() as sink:
        relay_to(sink)
        sender.run()

    for row in rows:
        row.refresh_from_db()
    assert (rows[0].state, rows[1].state) == ("deferred", "sent")
    assert rows[0].attempts == 0
    assert timedelta(hours=9, minutes=29) < rows[0].next_at - datetime.now(UTC) < timedelta(hours=9, minutes=31)


def test_mails_that_people_wait_for_know_no_quiet_hours(monkeypatch, relay_to):
    PaceRule.objects.create(quiet_from=0, quiet_until=23)
    campaign = letters(1, kind="transactional", trigger="your_code")
    at(monkeypatch, 3)
    with Sink() as sink:
        relay_to(sink)
        sender.run()

    assert states(campaign) == ["sent"]


@pytest.mark.parametrize(
    ("hour", "since", "end", "quiet"),
    [
        (22, 21, 8, True),
        (7, 21, 8, True),
        (8, 21, 8, False),
        (13, 12, 14, True),
        (14, 12, 14, False),
        (3, None, None, False),
    ],
)
def test_quiet_hours_may_pass_midnight(hour, since, end, quiet):
    assert pacing.is_quiet(hour, since, end) is quiet


def test_the_next_morning_is_right_across_a_change_of_the_clocks():
    evening = datetime(2026, 3, 28, 22, 0, tzinfo=pacing.zone_of("Europe/Paris"))

    assert pacing.until(evening, 8) == 9 * 3600  # one hour of that night is missing


def test_who_had_enough_mail_lately_gets_no_more_of_campaigns(relay_to):
    PaceRule.objects.create(cap_mails=1, cap_days=7)
    first = letters(1, name="One")
    ann = first.deliveries.get().contact
    second = make_campaign(name="Two", state="sending", audience_at=timezone.now())
    make_delivery(campaign=second, contact=ann)
    with Sink() as sink:
        relay_to(sink)
        sender.run(first)
        sender.run(second)

    row = second.deliveries.get()
    assert (row.state, row.reply) == ("suppressed", "had enough mail lately")


def test_a_domain_that_wants_fewer_gets_fewer_and_the_others_go_on(relay_to, monkeypatch):
    monkeypatch.setattr(destinations, "group", lambda domain: domain)
    campaign = letters(6)
    for n in range(6):
        contact = make_contact(email=f"s{n}@slow.example", topic=campaign.topic)
        make_delivery(campaign=campaign, contact=contact)
    throttle.slower("slow.example")
    TokenBucket.objects.update(tokens=2.0, rate=0.5)
    with Sink() as sink:
        relay_to(sink)
        sender.run()

    assert sum(to.endswith("@slow.example") for to in sink.recipients) == 2
    assert sum(to.endswith("@example.com") for to in sink.recipients) == 6
    waiting = Delivery.objects.filter(state="deferred")
    assert [row.attempts for row in waiting] == [0] * 4
    assert len({row.next_at.replace(microsecond=0) for row in waiting}) > 1  # one after the other, not all at once


def test_a_47x_answer_slows_the_domain_and_suppresses_nobody(relay_to, monkeypatch):
    monkeypatch.setattr(destinations, "group", lambda domain: domain)
    campaign = letters(3)
    with Sink(script=lambda phase, n, line: "450 4.7.28 rate limited" if phase == "rcpt" else None) as sink:
        relay_to(sink)
        sender.run()

    assert throttle.slowed_domains() == {"example.com": throttle.FIRST}
    assert states(campaign) == ["deferred"] * 3


def test_a_domains_pace_halves_once_in_ten_seconds_and_grows_while_it_is_quiet():
    for _ in range(5):
        throttle.slower("gmail.com")
    assert throttle.slowed_domains() == {"gmail.com": 4.0}

    TokenBucket.objects.update(changed_at=timezone.now() - timedelta(seconds=20))
    throttle.slower("gmail.com")
    assert throttle.slowed_domains() == {"gmail.com": 2.0}

    for _ in range(40):
        TokenBucket.objects.update(changed_at=timezone.now() - timedelta(seconds=20))
        rounds.go_round()
    assert throttle.slowed_domains() == {}


@pytest.mark.parametrize(
    ("domain", "server", "group"),
    [
        ("brand.example", "aspmx.l.google.com", "gmail.com"),
        ("shop.fr", "shop-fr.mail.protection.outlook.com", "outlook.com"),
        ("shop.co.uk", "mx1.shop.co.uk", "shop.co.uk"),
        ("a.example", "mx2.hoster.net", "hoster.net"),
        ("a.example", "", "a.example"),
        ("a.example", "localhost", "a.example"),
    ],
)
def test_domains_with_the_same_servers_share_a_pace(domain, server, group):
    assert destinations.of_server(domain, server) == group


def test_before_dns_has_told_a_domain_is_its_own(monkeypatch):
    monkeypatch.setattr(destinations, "mail_server", lambda domain: "")

    assert destinations.group("GoogleMail.com") == "gmail.com"
    assert destinations.group("brand.example") == "brand.example"


def test_a_campaign_that_may_wait_waits_until_the_others_are_done(relay_to):
    low, high, plain = (
        letters(2, name="Low", priority=-1),
        letters(2, name="High", priority=1),
        letters(2, name="Plain"),
    )
    with Sink() as sink:
        relay_to(sink, connections=1)
        sender.run()

    assert [to[:3] for to in sink.recipients] == ["hig", "hig", "pla", "pla", "low", "low"]
    assert {low.pk, high.pk, plain.pk} == set(Campaign.objects.values_list("pk", flat=True))


def test_leave_that_was_not_used_is_given_back():
    RelayPace.objects.create(relay="main", per_hour=10, per_second=1000)
    allowance = pacing.Allowance(make_campaign(), "main")

    taken = allowance.take(8)
    assert SentCount.objects.get().n == taken > 0
    allowance.give_back(taken)

    assert SentCount.objects.get().n == 0


@pytest.mark.parametrize(
    "wrong", [{"quiet_from": 21}, {"quiet_from": 8, "quiet_until": 8}, {"quiet_from": 24, "quiet_until": 8}]
)
def test_rules_that_say_nothing_are_refused(wrong):
    with pytest.raises(ValidationError):
        PaceRule(**wrong).full_clean()


def test_the_desk_names_a_domain_once_for_many_answers(monkeypatch):
    import threading

    asked = []
    monkeypatch.setattr(throttle, "slower", asked.append)
    monkeypatch.setattr(destinations, "group", lambda domain: domain)
    row = make_delivery()
    at_desk = desk.LedgerDesk("me", threading.Event())
    at_desk.turn(row.campaign, "main")
    mails = [Mail(row, "b@x.example", f"a{n}@example.com", b"x") for n in range(3)]

    at_desk.settle([Outcome(mail, 450, "4.7.1 slow down") for mail in mails], [])

    assert asked == ["example.com"]


def test_the_command_changes_the_pace_and_shows_it(capsys):
    call_command("pace", "relay", "outbox", "--per-hour", "50", "--warmup", "--first", "20")
    call_command("pace", "quiet", "21", "8")
    call_command("pace", "cap", "2", "7")

    shown = capsys.readouterr().out
    assert "relay outbox: 50/h 20/day today, 0 in 24 hours" in shown
    assert "quiet from 21 h to 8 h" in shown
    assert "at most 2 campaigns in 7 days" in shown
    call_command("pace", "quiet", "off")
    assert PaceRule.objects.get().quiet_from is None


@pytest.mark.parametrize("words", [["relay", "nowhere"], ["quiet", "9"], ["quiet", "9", "9"], ["cap", "two", "7"]])
def test_the_command_says_what_is_wrong(words):
    with pytest.raises(CommandError):
        call_command("pace", *words)


def test_the_pages_of_pace_open_and_save(admin_client):
    for name in ("relaypace", "pacerule"):
        assert admin_client.get(f"/admin/campaigns/{name}/add/").status_code == 200
    form = {"relay": "outbox", "per_hour": "50", "warmup_first": "200", "warmup_growth": "50"}
    assert admin_client.post("/admin/campaigns/relaypace/add/", form).status_code == 302
    assert admin_client.post("/admin/campaigns/pacerule/add/", {"quiet_from": "21", "cap_days": "7"}).status_code == 200
    assert b"50" in admin_client.get("/admin/campaigns/relaypace/").content
