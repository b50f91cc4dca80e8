import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.delivery import hold, ledger
from campaigns.delivery.ledger import Result
from campaigns.models import Campaign, Delivery
from campaigns.tracking import events
from contacts import suppression
from tests.campaigns.delivery.test_smtp import make_queue, states

pytestmark = pytest.mark.django_db(transaction=True)


def held(rows):
    return [(row.pk, row.fence) for row in rows]


def test_where_proof_is_looked_for_a_mail_in_doubt_counts_as_sent_once_something_came_back():
    campaign = make_queue(3, ambiguity="resolve")
    opened, bounced, silent = Delivery.objects.order_by("pk")
    Delivery.objects.update(state="ambiguous")
    events.record("click", key="spool:1", contact=opened.contact, campaign=campaign, delivery=opened)
    Delivery.objects.filter(pk=bounced.pk).update(bounced_at=timezone.now())

    assert ledger.settle_proved() == 2
    assert states(campaign) == {"sent": 2, "ambiguous": 1}
    silent.refresh_from_db()
    assert silent.state == "ambiguous"


def test_a_claim_takes_the_oldest_rows_with_a_lease_and_a_higher_fence():
    campaign = make_queue(5)

    rows = ledger.claim(campaign, "one", 3)

    assert [row.pk for row in rows] == list(Delivery.objects.order_by("pk").values_list("pk", flat=True)[:3])
    assert {row.fence for row in rows} == {1}
    lease = Delivery.objects.get(pk=rows[0].pk).lease_until - timezone.now()
    assert timedelta(seconds=115) < lease < timedelta(seconds=121)


@pytest.mark.parametrize("state", ["draft", "paused", "cancelled", "finished"])
def test_nothing_is_claimed_from_a_campaign_that_is_not_sending(state):
    campaign = make_queue(2)
    Campaign.objects.update(state=state)

    assert ledger.claim(campaign, "one", 5) == []


def test_nothing_is_claimed_while_all_is_held_or_after_the_last_moment():
    campaign = make_queue(2)
    placed = hold.place("look first")
    assert ledger.claim(campaign, "one", 5) == [] and ledger.claimable() == [campaign.pk]

    hold.lift(placed, None, {campaign.pk: "resume"})
    Campaign.objects.update(send_until=timezone.now() - timedelta(seconds=1))
    assert ledger.claim(campaign, "one", 5) == []


def test_a_retry_that_is_due_comes_first_and_keeps_its_version():
    campaign = make_queue(3)
    last = Delivery.objects.order_by("pk").last()
    Delivery.objects.filter(pk=last.pk).update(
        state="deferred", attempts=1, next_at=timezone.now() - timedelta(minutes=1)
    )

    assert [row.pk for row in ledger.claim(campaign, "one", 1)] == [last.pk]


def test_an_intent_needs_the_right_owner_and_fence():
    campaign = make_queue(3)
    rows = ledger.claim(campaign, "one", 3)

    assert ledger.commit_intents(held(rows[:1]), "two") == set()
    assert ledger.commit_intents([(rows[0].pk, rows[0].fence + 1)], "one") == set()
    assert ledger.commit_intents(held(rows), "one", "main") == {row.pk for row in rows}
    assert ledger.commit_intents(held(rows), "one") == set(), "an intent is committed once"
    assert set(Delivery.objects.values_list("state", "attempts", "relay")) == {("committing", 1, "main")}


def refusals():
    return {
        "suppressed": lambda row: suppression.suppress(row.contact.email, "complaint"),
        "unsubscribed": lambda row: row.contact.subscriptions.update(
            state="unsubscribed", unsubscribed_at=timezone.now()
        ),
        "no basis": lambda row: row.contact.subscriptions.update(basis="none"),
        "on pause": lambda row: type(row.contact).objects.update(paused_until=timezone.now() + timedelta(days=1)),
        "erased": lambda row: row.contact.delete(),
        "address gone": lambda row: type(row.contact).objects.update(email=None),
    }


@pytest.mark.parametrize("why", refusals())
def test_an_intent_is_refused_to_who_may_no_longer_be_written_to(why):
    campaign = make_queue(1)
    rows = ledger.claim(campaign, "one", 1)
    refusals()[why](rows[0])

    assert ledger.commit_intents(held(rows), "one") == set()
    ledger.refuse(held(rows), "one")
    assert states(campaign) == {"suppressed": 1}


@pytest.mark.parametrize(("state", "then"), [("paused", "queued"), ("cancelled", "cancelled")])
def test_an_intent_is_refused_when_the_campaign_stopped(state, then):
    campaign = make_queue(1)
    rows = ledger.claim(campaign, "one", 1)
    Campaign.objects.update(state=state)

    assert ledger.commit_intents(held(rows), "one") == set()
    ledger.refuse(held(rows), "one")
    assert states(campaign) == {then: 1}


def test_an_intent_is_refused_while_all_is_held():
    campaign = make_queue(1)
    rows = ledger.claim(campaign, "one", 1)
    hold.place("stop")

    assert ledger.commit_intents(held(rows), "one") == set()
    ledger.refuse(held(rows), "one")
    assert states(campaign) == {"queued": 1}


def test_a_transactional_mail_goes_to_who_is_not_subscribed_but_not_to_who_complained():
    campaign = make_queue(2, kind="transactional", trigger="welcome")
    first, second = ledger.claim(campaign, "one", 2)
    first.contact.subscriptions.all().delete()
    suppression.suppress(first.contact.email, "unsubscribed_all")
    suppression.suppress(second.contact.email, "complaint")

    assert ledger.commit_intents(held([first, second]), "one") == {first.pk}


def test_sent_needs_an_intent():
    campaign = make_queue(1)
    (row,) = ledger.claim(campaign, "one", 1)

    assert ledger.record([Result(row.pk, row.fence, "sent", 250, "ok")], "one") == set()
    ledger.commit_intents(held([row]), "one")
    assert ledger.record([Result(row.pk, row.fence, "sent", 250, "ok")], "one") == {row.pk}
    assert Delivery.objects.get().sent_at


def test_a_result_of_a_lost_lease_is_dropped(caplog):
    campaign = make_queue(1)
    (row,) = ledger.claim(campaign, "one", 1)
    expire()
    ledger.sweep()
    ledger.claim(campaign, "two", 1)

    assert ledger.commit_intents(held([row]), "one") == set()
    assert ledger.record([Result(row.pk, row.fence, "failed", 550, "no")], "one") == set()
    assert "1 of 1 results dropped" in caplog.text and states(campaign) == {"claimed": 1}


def expire():
    Delivery.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_dead_senders_claims_go_back_and_its_intents_are_in_doubt():
    campaign = make_queue(4)
    rows = ledger.claim(campaign, "one", 3)
    ledger.commit_intents(held(rows[:2]), "one")
    assert ledger.sweep() == ledger.Swept(0, 0), "a living sender loses nothing"

    expire()
    assert ledger.sweep() == ledger.Swept(1, 2)
    assert states(campaign) == {"queued": 2, "ambiguous": 2}


def test_where_the_campaign_says_resend_doubt_goes_back_to_the_queue():
    campaign = make_queue(1, ambiguity="resend")
    ledger.commit_intents(held(ledger.claim(campaign, "one", 1)), "one")
    expire()
    ledger.sweep()

    assert states(campaign) == {"queued": 1}


def test_a_renewed_lease_holds():
    campaign = make_queue(2)
    ledger.claim(campaign, "one", 2)
    expire()

    assert ledger.renew("one") == 2 and ledger.renew("two") == 0
    assert ledger.sweep() == ledger.Swept(0, 0)


def test_a_campaign_is_finished_only_when_nothing_is_left():
    campaign = make_queue(2)
    assert not ledger.finish(campaign.pk)
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state="deferred", next_at=timezone.now())
    Delivery.objects.filter(state="queued").update(state="failed")
    assert not ledger.finish(campaign.pk)

    Delivery.objects.update(state="ambiguous", next_at=None)
    assert ledger.finish(campaign.pk) and not ledger.finish(campaign.pk)


def test_a_campaign_whose_audience_is_incomplete_is_not_finished():
    campaign = make_queue(0)
    Campaign.objects.update(audience_at=None)

    assert not ledger.finish(campaign.pk)


def test_a_person_settles_the_mails_in_doubt():
    campaign = make_queue(2)
    Delivery.objects.update(state="ambiguous")

    assert ledger.settle_ambiguous(campaign, resend=False) == 2
    assert states(campaign) == {"sent": 2}


def test_mails_people_wait_for_come_first():
    first = make_queue(1)
    second = make_queue(0, kind="transactional", trigger="welcome", name="welcome")
    Delivery.objects.create(campaign=second, contact=Delivery.objects.get().contact, occasion="1")

    assert ledger.claimable() == [second.pk, first.pk]


def test_threads_that_race_never_share_a_row():
    if connection.vendor == "sqlite":
        return race_on_sqlite()
    campaign = make_queue(60)
    taken, errors = [], []

    def claim(owner):
        try:
            while rows := ledger.claim(campaign, owner, 7):
                taken.extend(row.pk for row in rows)
        except Exception as why:
            errors.append(why)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=(f"w{n}",)) for n in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not errors and len(taken) == len(set(taken)) == 60
    return None


def race_on_sqlite():
    """The in-memory database has one connection: owners take turns; tests/faults/test_race.py races processes."""
    campaign = make_queue(20)
    taken = []
    for turn in range(10):
        taken += [row.pk for row in ledger.claim(campaign, f"w{turn % 3}", 3)]
    assert len(taken) == len(set(taken)) == 20
