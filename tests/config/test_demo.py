"""The demo, told twice in a database of its own: every figure it prints is found again in the rows by plain Python."""

import json
from collections import defaultdict
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction

from campaigns.models import Campaign, Delivery, Event, OutboxMail
from campaigns.reports import campaign_report
from campaigns.tracking.spool import Spool
from config.demo import letters
from config.demo.shop import USER
from contacts.models import Contact, Job, Suppression
from social.models import Claim, Credit, EarnedVisit, Order, Redemption, Referral, ShareLink

CONTACTS = 150
RAW: list[bytes] = []
TABLES = [
    Campaign,
    Claim,
    Contact,
    Delivery,
    EarnedVisit,
    Event,
    Job,
    Order,
    OutboxMail,
    Redemption,
    Referral,
    ShareLink,
]


def tell() -> dict:
    out = StringIO()
    call_command("demo", once=True, json=True, contacts=CONTACTS, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """The demo told once for this module; what it wrote is taken back after the last test."""
    with django_db_blocker.unblock():
        atom = transaction.atomic()
        atom.__enter__()
        append = Spool.append
        RAW.clear()  # it may have been told before in this process
        Spool.append = lambda spool, record: RAW.append(record) or append(spool, record)  # a copy of what is written
        try:
            yield tell()
        finally:
            Spool.append = append
            transaction.set_rollback(True)
            atom.__exit__(None, None, None)


def events(kind, verdict=None):
    campaign = Campaign.objects.get(name=letters.NAME)
    found = [event for event in Event.objects.all() if event.campaign_id == campaign.pk and event.kind == kind]
    return [event for event in found if verdict in (None, event.verdict)]


def people(kind):
    """Contacts who did it, each once, human acts only."""
    return len({event.contact_id for event in events(kind, "human") if event.contact_id})


def expected() -> dict[str, int]:
    campaign = Campaign.objects.get(name=letters.NAME)
    deliveries = [row for row in Delivery.objects.all() if row.campaign_id == campaign.pk]
    return {
        "sent": len([row for row in deliveries if row.state == "sent"]),
        "open": people("open"),
        "open_proxy": len(events("open", "proxy")),
        "open_machine": len(events("open", "machine")),
        "click": people("click"),
        "share_intent": people("share_intent"),
        "share_composed": len(events("share_composed")),
        "shared": len({one.contact_id for one in ShareLink.objects.all() if one.composed_at or one.visited_at}),
        "earned_visit": len(events("earned_visit")),
        "earned_contact": len(events("earned_contact")),
        "claim": people("claim"),
        "redeem": people("redeem"),
        "conversion": people("conversion"),
        "orders": sum(net_of_last_touches(campaign)),
    }


def net_of_last_touches(campaign):
    """Cents of each order whose last touch was the campaign, times its part of the credit."""
    return [
        round(credit.conversion.net_minor * credit.parts / 1_000_000)
        for credit in Credit.objects.select_related("conversion")
        if credit.model == "last_touch" and credit.campaign_id == campaign.pk
    ]


def test_every_figure_of_the_funnel_is_found_again_in_the_rows(told, db_open):
    figures = expected()

    assert set(told["funnel"]) <= set(figures)
    assert told["funnel"] == {key: figures[key] for key in told["funnel"]}
    assert told["funnel"]["sent"] > 100
    assert 0 < told["funnel"]["click"] < told["funnel"]["open"] < told["funnel"]["sent"]
    assert told["funnel"]["redeem"] > 0


def hits_of(campaign):
    """The campaign's raw lines by mail (0: the crowd's): (seconds, kind, link, network, browser), in time order."""
    found = defaultdict(list)
    for record in RAW:
        ns, kind, token, number, flags, ip, browser, _referer, _language = record.decode().rstrip("\n").split("\t")
        if kind in "oc" and int(token[2:8], 16) == campaign.pk and not flags:
            network = ip.rpartition(".")[0]
            found[int(token[8:16], 16)].append((int(ns) / 1e9, kind, number, network, browser))
    return {delivery: sorted(hits) for delivery, hits in found.items()}


def test_the_mails_figures_are_found_again_in_the_raw_hits_by_plain_python(told, db_open):
    campaign = Campaign.objects.get(name=letters.NAME)
    mails = {row.pk: row for row in campaign.deliveries.select_related("contact")}
    opened, clicked, proxies, machines = set(), set(), 0, 0
    lines = hits_of(campaign)
    proxies += len([1 for hit in lines.pop(0, []) if hit[1] == "o" and hit[4] == "Mozilla/5.0"])
    for delivery, hits in lines.items():
        person, sent_at = mails[delivery].contact, mails[delivery].sent_at.timestamp()
        agreed = {"o": person.open_tracking_at, "c": person.click_tracking_at}
        clicks = [(at, link) for at, kind, link, _network, browser in hits if kind == "c"]
        for at, kind, _link, network, browser in hits:
            is_mine = agreed[kind] is not None and agreed[kind].timestamp() <= at
            burst = {other for when, other in clicks if abs(when - at) <= 10}
            if kind == "o" and browser == "Mozilla/5.0":
                proxies += 1
            elif is_mine and kind == "c" and (len(burst) >= 3 or (at - sent_at <= 5 and network.startswith("104.47."))):
                machines += 1
            elif is_mine:
                (opened if kind == "o" else clicked).add(person.pk)

    report = {step.key: step.n for step in campaign_report(campaign).funnel}
    assert len(RAW) > 100 and (len(opened), len(clicked), proxies) == (
        report["open"], report["click"], report["open_proxy"],
    )  # fmt: skip
    assert machines == len([event for event in events("click", "machine") if event.contact_id])


def test_the_import_accounts_for_every_line(told, db_open):
    counts = Job.objects.get(kind="import").counts

    parts = ("created", "updated", "unchanged", "rejected")
    assert counts["lines"] == CONTACTS
    assert sum(counts.get(part, 0) for part in parts) == CONTACTS


def test_every_subscriber_got_one_mail_or_is_of_the_control_group(told, db_open):
    campaign = Campaign.objects.get(name=letters.NAME)
    states = [row.state for row in campaign.deliveries.all()]

    assert campaign.state == Campaign.State.FINISHED
    assert set(states) == {"sent", "control"}
    assert len({row.contact_id for row in campaign.deliveries.all()}) == len(states)


def test_redemptions_and_orders_belong_to_each_other(told, db_open):
    redeemed = {row.claim.contact_id for row in Redemption.objects.select_related("claim") if row.kind == "redeem"}
    by_code = {order.contact_id for order in Order.objects.all() if order.matched_by == "code"}

    assert redeemed and by_code == redeemed


def test_every_address_the_demo_prints_answers(told, db_open, client, settings):
    client.force_login(User.objects.get(username=USER))
    for name, address in told["addresses"].items():
        path = address.removeprefix(settings.SITE_URL)
        assert client.get(path).status_code in ((200, 403) if name == "till" else (200,)), name


def test_a_second_demo_doubles_nothing_and_prints_the_same(told, db_open):
    before = {table.__name__: table.objects.count() for table in TABLES}

    again = tell()

    assert {table.__name__: table.objects.count() for table in TABLES} == before
    assert again == told


@pytest.fixture
def db_open(django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.mark.django_db
def test_too_few_contacts_are_refused_with_a_sentence():
    with pytest.raises(CommandError, match="use 10 to 100000"):
        call_command("demo", once=True, contacts=3)
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_home_counts_shares_and_friends_as_the_report_does(told, client):
    client.force_login(User.objects.get(username=USER))

    learned = client.get("/admin/").context["learned"]

    line = next(one for one in learned if one.name == letters.NAME)
    report = campaign_report(Campaign.objects.get(name=letters.NAME))
    figures = {step.key: step.n for step in report.funnel}
    assert (line.shared, line.friends) == (figures["shared"], figures["earned_contact"])
    assert line.shared > 0 and line.friends > 0
