"""From a friend's sign-up to her sponsor's reward: outcomes only, once, and never for oneself."""

import html
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
from social import referrals, rewards, sharing, suspects
from social.admin.sharing import ProgramForm
from social.models import Claim, Milestone, Referral, ReferralProgram, RewardGrant
from tests.make import make_brand, make_contact, make_offer, make_program, make_share_link, make_topic, make_user

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
    assert suspects.mailbox("a.b@example.com") != suspects.mailbox("ab@example.com")
    assert suspects.mailbox("a.b@gmail.com") == suspects.mailbox("ab+c@gmail.com")


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


def test_milestones_are_given_once_when_so_many_friends_counted():
    program = make_program(hold_days=0, sponsor_offer=None)
    link = make_share_link()
    one, three = (
        Milestone.objects.create(program=program, friends=n, offer=make_offer(name=f"{n} friends")) for n in (1, 3)
    )

    given = []
    for name in ("dan", "eve", "fay", "gil"):
        sign_up(link, f"{name}@example.com")
        confirm(f"{name}@example.com")
        given.append(list(RewardGrant.objects.filter(side="mile").order_by("pk").values_list("milestone", flat=True)))

    assert given == [[one.pk], [one.pk], [one.pk, three.pk], [one.pk, three.pk]]
    assert set(Claim.objects.filter(contact=link.contact).values_list("offer", flat=True)) == {
        one.offer_id,
        three.offer_id,
    }
    notices = Notice.objects.filter(kind=rewards.SPONSOR_NOTICE, contact=link.contact).order_by("pk")
    assert [notice.payload["friends"] for notice in notices] == [1, 3]


def test_a_milestone_set_later_is_given_with_the_next_friend():
    program = make_program(hold_days=0, sponsor_offer=None)
    link = make_share_link()
    for name in ("dan", "eve"):
        sign_up(link, f"{name}@example.com")
        confirm(f"{name}@example.com")
    for n in (1, 2):
        Milestone.objects.create(program=program, friends=n, offer=make_offer(name=f"{n} friends"))

    sign_up(link, "fay@example.com")
    confirm("fay@example.com")

    assert RewardGrant.objects.filter(side="mile").count() == 2


def test_an_address_that_lasts_for_minutes_is_looked_at():
    link = make_share_link()

    assert sign_up(link, "dan@yopmail.com").reasons == ["disposable"]
    assert sign_up(link, "eve@box.mailinator.com").reasons == ["disposable"]
    assert sign_up(link, "fay@notyopmail.com").reasons == []


def test_a_burst_from_one_network_is_looked_at_and_another_network_is_not():
    link = make_share_link()
    here, there = {"evidence": {"ip_prefix": "192.0.2.0"}}, {"evidence": {"ip_prefix": "198.51.100.0"}}

    burst = [sign_up(link, f"friend{n}@example.com", **here).reasons for n in range(5)]
    other = sign_up(link, "far@example.com", **there)

    assert burst == [[], [], [], ["same_origin"], ["same_origin"]]
    assert other.reasons == []
    assert "192.0.2" not in "".join(Referral.objects.values_list("origin", flat=True))


def test_the_same_network_on_another_day_is_another_name():
    link = make_share_link()
    here = {"evidence": {"ip_prefix": "192.0.2.0"}}
    today = sign_up(link, "dan@example.com", **here).origin

    with time_machine.travel(timezone.now() + timedelta(days=2)):
        later = sign_up(link, "eve@example.com", **here).origin

    assert today and later and today != later


def test_more_than_twenty_friends_a_day_are_looked_at():
    link = make_share_link()

    reasons = [sign_up(link, f"friend{n}@example.com").reasons for n in range(suspects.A_DAY + 1)]

    assert reasons == [[]] * suspects.A_DAY + [["many_today"]]


def test_who_decides_sees_the_evidence(client):
    link = make_share_link()
    for n in range(4):
        referral = sign_up(link, f"friend{n}@example.com", evidence={"ip_prefix": "192.0.2.0"})
    confirm("friend3@example.com")
    client.force_login(make_user())

    page = client.get(f"/admin/social/referral/{referral.pk}/change/").content.decode()

    assert "more than 3 friends from one network on one day" in page
    assert "3 other friends came from the same network that day." in page
    assert "The sponsor brought 3 other friends, 0 voided." in page
    assert "She confirmed after 0 minutes." in page
    assert referral.get_state_display() in page and f"({referral.state!r}," not in html.unescape(page)


def test_a_programme_takes_no_reward_of_another_brand_none_that_ended_and_no_endless_wait():
    program = make_program()
    ended, foreign = make_offer(name="Over", state="ended"), make_offer(name="Theirs", brand=make_brand(slug="other"))

    def wrong(**fields):
        typed = {
            "brand": program.brand_id,
            "name": "Bring",
            "qualifying_event": "signup",
            "hold_days": 7,
            "is_active": True,
        }
        return set(ProgramForm({**typed, **fields}).errors)

    assert wrong() == set()
    assert wrong(sponsor_offer=foreign.pk) == {"sponsor_offer"}
    assert wrong(friend_offer=ended.pk) == {"friend_offer"}
    assert wrong(hold_days=400) == {"hold_days"}
    assert "share" not in dict(ReferralProgram.Event.choices), "the press of a button is no outcome"
