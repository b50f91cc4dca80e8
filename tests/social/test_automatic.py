"""The automatic mails of offers, friends and purchases: once a cause, restart-safe, only while it still holds."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from campaigns.delivery import automatic, notices, sender
from campaigns.models import Delivery, OutboxMail
from contacts.models import Notice
from social import conversions, referrals
from social.models import Claim, Order, Referral
from social.offers import claims
from tests.make import make_contact, make_offer, make_program, make_sender, make_share_link, make_topic

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def topic():
    found = make_topic()
    make_sender(brand=found.brand)
    return found


def on(topic, kind, **fields):
    row = automatic.switch_on(automatic.of(topic.brand, kind), "marie")
    for name, value in {"looked_at": None, **fields}.items():
        setattr(row, name, value)
    row.save()
    return row


def looked(days=0.0):
    automatic.look(NOON + timedelta(days=days))
    return sorted(Notice.objects.values_list("key", flat=True))


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def test_an_unused_offer_is_called_to_mind_once_before_it_ends(at_noon, topic):
    on(topic, "offer_expiring", days=3)
    ann = make_contact(topic=topic)
    offer = make_offer(brand=topic.brand, ends_at=NOON + timedelta(days=10))
    claim = claims.claim(offer, ann, via="mail")
    key = f"offer_expiring:{claim.pk}"

    assert [looked(day) for day in (1, 6.9, 7.1, 8, 9, 9.95)] == [[], [], [key], [key], [key], [key]]

    payload = Notice.objects.get().payload
    assert payload["title"] == "20 % for our fans" and payload["url"].endswith(claim.token)


def test_used_ended_paused_or_just_taken_offers_are_left_alone(at_noon, topic):
    on(topic, "offer_expiring", days=3)
    offers = [make_offer(name=name, brand=topic.brand, ends_at=NOON + timedelta(days=4)) for name in "abcd"]
    taken = [
        claims.claim(offer, make_contact(email=f"p{n}@example.com", topic=topic), via="mail")
        for n, offer in enumerate(offers)
    ]
    Claim.objects.filter(pk=taken[0].pk).update(state="redeemed")
    offers[1].state = "paused"
    offers[1].save()
    Claim.objects.filter(pk=taken[2].pk).update(expires_at=NOON + timedelta(days=2, hours=1))
    Claim.objects.filter(pk=taken[3].pk).update(claimed_at=NOON + timedelta(days=1, hours=12))

    assert looked(2) == []
    assert looked(2.6) == [f"offer_expiring:{taken[3].pk}"]


def test_a_person_hears_of_one_ending_offer_a_week(at_noon, topic):
    on(topic, "offer_expiring", days=3)
    ann = make_contact(topic=topic)
    for name in "ab":
        claims.claim(make_offer(name=name, brand=topic.brand, ends_at=NOON + timedelta(days=3)), ann, via="mail")

    assert len(looked(1.5)) == 2
    notices.drain()

    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["queued", "suppressed"]


def bought(number, contact, at=NOON, **fields):
    return conversions.record_order(
        "shop", number, **{"amount_minor": 5_000, "currency": "EUR", "ordered_at": at, "email": contact.email, **fields}
    )


def test_a_purchase_is_thanked_for_some_days_later_once(at_noon, topic):
    row = on(topic, "after_purchase", days=3, switched_on_at=NOON - timedelta(days=1))
    ann, stranger = make_contact(topic=topic), make_contact(email="eve@example.com")
    order = bought("1", ann)
    bought("2", ann, at=NOON - timedelta(days=2))  # before the switch
    bought("3", stranger)
    back = bought("4", ann)
    bought("4", ann, returned_minor=5_000)
    key = f"after_purchase:{order.pk}"

    assert Order.objects.count() == 4 and back.amount_minor == 5_000
    assert [looked(day) for day in (1, 2.9, 3.1, 4, 7)] == [[], [], [key], [key], [key]]
    assert row.cap_mails == 1


def test_a_killed_look_finds_the_same_purchases_again(at_noon, topic):
    row = on(topic, "after_purchase", days=1, switched_on_at=NOON)
    order = bought("1", make_contact(topic=topic), at=NOON + timedelta(hours=1))
    type(row).objects.filter(pk=row.pk).update(looked_at=NOON + timedelta(days=1.5))  # it looked, and died

    assert looked(1.5) == []
    assert looked(1.6) == [f"after_purchase:{order.pk}"]


def test_the_sponsor_hears_that_a_friend_joined_and_not_who(topic):
    make_program(brand=topic.brand, friend_offer=None, sponsor_offer=None)
    on(topic, "friend_joined")
    link = make_share_link()
    referral = referrals.sign_up(link, email="dan@example.com", first_name="Dan", topics=[topic])

    referrals.confirmed(referral.friend)
    referrals.confirmed(referral.friend)

    notice = Notice.objects.get(kind="friend_joined")
    assert notice.contact == link.contact and notice.payload == {"friends": 1}
    notices.drain()
    sender.run()
    assert b"Dan" not in bytes(OutboxMail.objects.get(recipient=link.contact.email).message)


def test_a_doubtful_friend_is_not_announced(topic):
    on(topic, "friend_joined")
    link = make_share_link()
    referral = referrals.sign_up(link, email="dan@example.com", topics=[topic], same_device=True)

    referrals.confirmed(referral.friend)

    assert Referral.objects.get().state == "flagged"
    assert not Notice.objects.filter(kind="friend_joined").exists()


def test_both_rewards_arrive_with_their_value_and_a_link_to_the_code(topic):
    make_program(brand=topic.brand, hold_days=0)
    on(topic, "sponsor_reward")
    on(topic, "friend_welcome")
    referral = referrals.sign_up(make_share_link(), email="dan@example.com", topics=[topic])
    referrals.confirmed(referral.friend)

    notices.drain()
    sender.run()

    said = {mail.recipient: mail.subject for mail in OutboxMail.objects.all()}
    assert said == {
        "ann@example.com": "Thank you: 20 % for our fans",
        "dan@example.com": "Your advantage: 20 % for our fans",
    }
