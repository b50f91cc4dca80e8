"""From a friend's sign-up to her sponsor's reward: outcomes only, once, and never for oneself."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from campaigns.models import Event
from contacts import consent, suppression
from contacts.addresses import BadAddress
from contacts.models import AuditEntry, Contact, Notice
from social import referrals, rewards, sharing
from social.models import Claim, Referral, RewardGrant
from tests.make import make_contact, make_offer, make_program, make_share_link, make_topic, make_user

pytestmark = pytest.mark.django_db


def sign_up(link, email="dan@example.com", **more):
    return referrals.sign_up(link, email=email, first_name="Dan", language="en", **more)


def confirm(email="dan@example.com"):
    dan = Contact.objects.get(email=email)
    for notice in Notice.objects.filter(contact=dan, kind="confirm_subscription"):
        consent.confirm(dan, notice.payload, evidence={})
    referrals.confirmed(dan)
    return Referral.objects.get(friend=dan)


def test_a_friend_is_pending_until_she_confirms_and_then_counts():
    link = make_share_link()

    referral = sign_up(link, topics=[make_topic()])
    assert (referral.state, referral.sponsor, referral.generation) == ("pending", link.contact, 1)
    assert not Event.objects.filter(kind="earned_contact").exists()

    referral = confirm()
    event = Event.objects.get(kind="earned_contact")
    assert referral.state == "approved"
    assert (event.contact, event.campaign, event.network) == (link.contact, link.campaign, "bluesky")
    assert (event.subject_kind, event.subject_id) == ("referral", referral.pk)
    assert referral.friend.subscriptions.get().state == "subscribed"


def test_confirming_twice_counts_once():
    sign_up(make_share_link())

    confirm()
    confirm()

    assert Event.objects.filter(kind="earned_contact").count() == 1


def test_who_confirms_something_else_brings_nobody():
    referrals.confirmed(make_contact())

    assert not Event.objects.exists()


def test_with_a_programme_the_friend_gets_hers_at_once_and_the_sponsor_after_the_days_to_wait():
    program = make_program(hold_days=7)
    link = make_share_link()

    sign_up(link)
    referral = confirm()
    assert referral.state == "held"
    assert Claim.objects.get().contact == referral.friend
    assert Claim.objects.get().offer == program.friend_offer
    assert referrals.approve_due() == 0

    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert referrals.approve_due() == 1
        assert referrals.approve_due() == 0
    assert Claim.objects.get(contact=link.contact).offer == program.sponsor_offer
    assert set(RewardGrant.objects.values_list("side", flat=True)) == {"friend", "sponsor"}
    assert Notice.objects.get(kind=rewards.SPONSOR_NOTICE).contact == link.contact
    assert "dan" not in str(Notice.objects.get(kind=rewards.SPONSOR_NOTICE).payload)


def test_a_programme_that_waits_for_an_order_pays_for_the_order_only():
    make_program(hold_days=0, qualifying_event="order")
    link = make_share_link()
    sign_up(link)

    referral = confirm()
    assert referral.state == "held"
    referrals.qualify(referral.friend, "redemption")
    assert not Claim.objects.filter(contact=link.contact).exists()

    referrals.qualify(referral.friend, "order")
    referrals.qualify(referral.friend, "order")

    referral.refresh_from_db()
    assert referral.state == "approved"
    assert Claim.objects.filter(contact=link.contact).count() == 1


def test_a_press_and_a_visit_earn_nothing():
    make_program(hold_days=0)

    make_share_link()

    assert not Claim.objects.exists() and not RewardGrant.objects.exists()


def test_rewards_stop_at_the_cap():
    make_program(hold_days=0, cap_per_sponsor=1)
    link = make_share_link()

    for name in ("dan", "eve"):
        sign_up(link, f"{name}@example.com")
        confirm(f"{name}@example.com")

    assert RewardGrant.objects.filter(side="sponsor").count() == 1
    assert RewardGrant.objects.filter(side="friend").count() == 2
    assert Referral.objects.filter(state="approved").count() == 2


if connection.vendor == "postgresql":  # SQLite's transactions come one after the other anyway

    @pytest.mark.django_db(transaction=True)
    def test_two_approvals_at_once_do_not_pass_the_cap():
        make_program(hold_days=5, cap_per_sponsor=1)
        link = make_share_link()
        for n in range(6):
            sign_up(link, f"friend{n}@example.com")
            confirm(f"friend{n}@example.com")
        waiting = list(Referral.objects.filter(state="held"))
        gate = threading.Barrier(len(waiting))

        def press(referral):
            gate.wait()
            referrals.approve(referral, by="a test")
            connection.close()

        threads = [threading.Thread(target=press, args=(referral,)) for referral in waiting]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert Referral.objects.filter(state="approved").count() == 6
        assert RewardGrant.objects.filter(side="sponsor").count() == 1


def test_only_the_first_generation_is_rewarded():
    make_program(hold_days=0)
    link = make_share_link()
    sign_up(link)
    dan = confirm().friend
    second = sharing.share_link_for(dan, link.campaign, "x")
    sign_up(second, "eve@example.com")
    confirm("eve@example.com")

    assert Referral.objects.get(friend__email="eve@example.com").generation == 2
    assert [grant.referral.sponsor for grant in RewardGrant.objects.filter(side="sponsor")] == [link.contact]


def test_an_offer_that_is_spent_undoes_no_confirmation():
    make_program(hold_days=0, friend_offer=make_offer(name="Gone", state="paused"))
    sign_up(make_share_link())

    assert confirm().state == "approved"
    assert not RewardGrant.objects.filter(side="friend").exists()


@pytest.mark.parametrize(
    ("sponsor", "friend"),
    [
        ("ann@example.com", "ann+shop@example.com"),
        ("ann.lee@gmail.com", "annlee@gmail.com"),
        ("annlee@gmail.com", "a.n.n.lee+x@googlemail.com"),
    ],
)
def test_the_same_mailbox_under_another_name_is_flagged_and_earns_nothing(sponsor, friend):
    make_program(hold_days=0)
    link = make_share_link(contact=make_contact(email=sponsor, first_name="Ann"))

    referral = sign_up(link, friend)
    assert (referral.state, referral.reasons) == ("flagged", ["same_mailbox"])

    assert confirm(friend).state == "flagged"
    assert not RewardGrant.objects.exists()
    assert not Event.objects.filter(kind="earned_contact").exists()


def test_dots_matter_where_the_provider_says_so():
    assert referrals.mailbox("a.b@example.com") != referrals.mailbox("ab@example.com")
    assert referrals.mailbox("a.b@gmail.com") == referrals.mailbox("ab+c@gmail.com")


def test_a_sign_up_on_the_sharers_own_device_is_looked_at():
    assert sign_up(make_share_link(), same_device=True).reasons == ["same_device"]


def test_her_own_address_is_no_friend():
    link = make_share_link()

    assert sign_up(link, "ANN@example.com") is None
    assert not Referral.objects.exists()


def test_a_customer_stays_what_she_is_and_gets_no_mail():
    ben = make_contact(email="ben@example.com")

    assert sign_up(make_share_link(), "ben@example.com") is None
    ben.refresh_from_db()
    assert ben.referred_by is None
    assert not Notice.objects.exists()


def test_a_customer_may_ask_for_the_letter_all_the_same():
    make_contact(email="ben@example.com")

    assert sign_up(make_share_link(), "ben@example.com", topics=[make_topic()]) is None
    assert Notice.objects.get().contact.email == "ben@example.com"


def test_the_first_sponsor_stays_the_sponsor():
    first = make_share_link()
    second = make_share_link(campaign=first.campaign, contact=make_contact(email="eve@example.com"))

    one, other = sign_up(first), sign_up(second)

    assert one == other and one.sponsor == first.contact


def test_a_suppressed_address_is_not_written_to():
    suppression.suppress("cara@example.com", "hard_bounce")

    assert sign_up(make_share_link(), "cara@example.com") is None
    assert not Notice.objects.exists()


def test_a_bad_address_is_said():
    with pytest.raises(BadAddress):
        sign_up(make_share_link(), "dan@@example")


def test_a_person_decides_about_a_flagged_one_with_a_reason():
    make_program(hold_days=0)
    link = make_share_link()
    referral = sign_up(link, "ann+shop@example.com")
    marie = make_user()

    with pytest.raises(referrals.WrongState, match="not confirmed"):
        referrals.approve(referral, by=marie)
    confirm("ann+shop@example.com")
    referrals.approve(referral, by=marie, reason="mother and daughter")

    referral.refresh_from_db()
    assert referral.state == "approved" and referral.reasons[-1] == "approved: mother and daughter"
    assert RewardGrant.objects.filter(side="sponsor").count() == 1
    assert Event.objects.filter(kind="earned_contact").count() == 1
    assert AuditEntry.objects.get(verb="approved referral").actor == marie
    with pytest.raises(referrals.WrongState):
        referrals.approve(referral, by=marie)


def test_voiding_needs_a_reason_and_ends_it():
    referral = sign_up(make_share_link(), "ann+shop@example.com")

    with pytest.raises(referrals.WrongState):
        referrals.void(referral, " ", by="test")
    referrals.void(referral, "same person", by="test")
    with pytest.raises(referrals.WrongState):
        referrals.void(referral, "again", by="test")

    assert confirm("ann+shop@example.com").state == "voided"
    assert not Event.objects.filter(kind="earned_contact").exists()


def test_a_friend_of_an_erased_sponsor_still_counts():
    link = make_share_link()
    sign_up(link)
    link.contact.delete()

    referral = confirm()

    assert referral.sponsor is None and referral.state == "approved"
    assert Event.objects.get(kind="earned_contact").contact is None
