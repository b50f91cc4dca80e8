"""Orders: whose, once, credited in parts that sum to one, returns taken off."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.links import public
from campaigns.models import Event, Link
from campaigns.reports import campaign_report
from campaigns.tracking import events
from campaigns.tracking.tokens import Purpose, make
from contacts import identities
from contacts.models import Contact
from social import credits
from social.conversions import BadOrder, Line, record_order
from social.credits import Touch
from social.models import Conversion, Credit, Order, Referral, ReferralProgram, ShareLink
from social.offers.redemption import Who, claim, redeem
from tests.make import make_brand, make_campaign, make_contact, make_delivery, make_offer, make_place

pytestmark = pytest.mark.django_db


def order(reference="A-1", **fields):
    given = {"amount_minor": 5_000, "currency": "EUR", "ordered_at": timezone.now(), **fields}
    return record_order("shop", reference, **given)


def touched(contact, campaign, kind="click", days=1):
    at = timezone.now() - timedelta(days=days)
    events.record(kind, key=f"{kind}:{campaign.pk}:{contact.pk}:{days}", at=at, contact=contact, campaign=campaign)


def share_link_of(contact, campaign, network="facebook"):
    link = public(Link.Kind.SHARE, campaign=campaign)
    return ShareLink.objects.create(link=link, contact=contact, campaign=campaign, network=network)


# --- whose it is -----------------------------------------------------------------------------------------------------


def test_a_redeemed_code_finds_the_order_before_anything_else():
    ann, dan = make_contact(), make_contact(email="dan@example.com")
    hers = claim(make_offer(), ann, via="mail")
    used = redeem(hers.token, place=make_place(), who=Who("device:1"), key="1")

    made = order(code=hers.code.value, email="dan@example.com")

    assert (made.contact, made.matched_by, made.redemption) == (ann, "code", used)
    assert dan.orders.count() == 0


@pytest.mark.parametrize("kind", ["card", "shop", "external"])
def test_an_identity_finds_the_order(kind):
    ann = make_contact(email=None)
    identities.attach(ann, kind, "4711")

    made = order(
        **{{"card": "card", "shop": "shop_id", "external": "external_id"}[kind]: "4711"}, email="x@example.com"
    )

    assert (made.contact, made.matched_by) == (ann, "identity")


def test_the_link_of_the_mail_finds_the_order():
    delivery = make_delivery()
    Contact.objects.update(click_tracking_at=timezone.now())

    made = order(link_reference=make(Purpose.CLICK, delivery.campaign_id, delivery.pk))

    assert (made.contact, made.matched_by) == (delivery.contact, "reference")
    assert Credit.objects.get(model="last_touch").campaign == delivery.campaign


def test_a_reference_names_nobody_who_no_longer_agrees_nor_after_its_days(settings):
    delivery = make_delivery(state="sent", sent_at=timezone.now() - timedelta(days=20))
    reference = make(Purpose.CLICK, delivery.campaign_id, delivery.pk)

    withdrawn = order(link_reference=reference)
    assert (withdrawn.contact, withdrawn.matched_by) == (None, "reference")
    assert Credit.objects.get(model="last_touch").campaign == delivery.campaign

    Contact.objects.update(click_tracking_at=timezone.now())
    settings.REFERENCE_DAYS = 19
    assert order("A-2", link_reference=reference).matched_by == ""
    settings.REFERENCE_DAYS = 21
    assert order("A-3", link_reference=reference).contact == delivery.contact


def test_one_of_three_articles_coming_back_moves_net_and_credits():
    ann, campaign = make_contact(), make_campaign()
    touched(ann, campaign)
    lines = [Line(n, sku=f"K-{n}", unit_minor=1_000) for n in (1, 2, 3)]
    order(email="ann@example.com", amount_minor=3_000, lines=lines)

    back = [Line(1, sku="K-1", unit_minor=1_000, returned=1), *lines[1:]]
    again = order(email="ann@example.com", amount_minor=3_000, lines=back)

    assert (again.returned_minor, Conversion.objects.get().net_minor) == (1_000, 2_000)
    assert sum(credit.parts for credit in Credit.objects.filter(model="last_touch")) == 1_000_000
    kept = order(email="ann@example.com", amount_minor=3_000)
    assert kept.returned_minor == 1_000, "a report without lines forgets nothing"


@pytest.mark.parametrize(("state", "after"), [("held", "held"), ("approved", "flagged")])
def test_everything_coming_back_takes_the_referral_back_to_a_person(state, after):
    program = ReferralProgram.objects.create(name="Friends", brand=make_brand(), qualifying_event="order", hold_days=30)
    ann, dan = make_contact(), make_contact(email="dan@example.com")
    now = timezone.now()
    referral = Referral.objects.create(sponsor=ann, friend=dan, program=program, state="held", confirmed_at=now)
    order(email="dan@example.com")
    Referral.objects.filter(state="held").update(state=state)

    order(email="dan@example.com", returned_minor=5_000)

    referral.refresh_from_db()
    assert (referral.state, referral.qualified_at) == (after, None)
    order("A-2", email="dan@example.com")
    referral.refresh_from_db()
    assert (referral.qualified_at is not None) is (after == "held"), "another order may do it"


def test_the_report_says_by_what_orders_found_their_buyers_and_how_many_found_nobody():
    ann, campaign = make_contact(), make_campaign(started_at=timezone.now() - timedelta(days=2))
    touched(ann, campaign)
    order(email="ann@example.com")
    order("A-2", email="nobody@example.com")

    table = campaign_report(campaign).table("matched_by")

    assert table.rows == [["e-mail", 1]] and table.note.endswith(": 1.")


def test_an_address_finds_the_order_in_any_spelling():
    ann = make_contact()

    assert order(email=" Ann@Example.COM ").contact == ann


@pytest.mark.parametrize(
    "fields",
    [{}, {"email": "nobody@example.com"}, {"code": "7K2M9-PQRWX-G"}, {"link_reference": "zzz"}, {"email": "@@"}],
)
def test_an_order_of_nobody_is_kept_without_a_conversion(fields):
    made = order(**fields)

    assert (made.contact, made.matched_by) == (None, "") and not Conversion.objects.exists()


# --- once ------------------------------------------------------------------------------------------------------------


def test_the_same_report_twice_changes_nothing():
    make_contact()
    at = timezone.now()
    lines = [Line(1, sku="BAG", unit_minor=5_000)]
    first, again = (order(email="ann@example.com", ordered_at=at, lines=lines) for _ in range(2))

    assert first.pk == again.pk
    counts = (Order, Conversion), Event.objects.filter(kind="conversion").count()
    assert [table.objects.count() for table in counts[0]] == [1, 1] and counts[1] == 1
    assert first.lines.count() == 1


def test_the_same_number_of_another_source_is_another_order():
    order()
    record_order("web", "A-1", amount_minor=1, currency="EUR", ordered_at=timezone.now())

    assert Order.objects.count() == 2


def test_what_came_back_is_taken_off():
    make_contact()
    order(email="ann@example.com", lines=[Line(1, sku="BAG", quantity=2, unit_minor=2_500)])

    made = order(returned_minor=2_500, lines=[Line(1, sku="BAG", quantity=2, returned=1, unit_minor=2_500)])

    assert made.contact is not None and made.returned_minor == 2_500
    assert Conversion.objects.get().net_minor == 2_500
    assert made.lines.get().returned_quantity == 1


def test_a_contact_known_later_gets_the_order():
    order()
    ann = make_contact()

    made = order(email="ann@example.com")

    assert (made.contact, Conversion.objects.get().contact) == (ann, ann)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount_minor": -1}, "below 0"),
        ({"returned_minor": 6_000}, "More came back"),
        ({"currency": "euro"}, "ISO 4217"),
        ({"lines": [Line(1, quantity=1, returned=2)]}, "2 of 1"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(fields, said):
    with pytest.raises(BadOrder, match=said):
        order(**fields)
    assert not Order.objects.exists()


def test_an_orders_currency_cannot_change():
    order()

    with pytest.raises(BadOrder, match="cannot become USD"):
        order(currency="USD")


# --- credit ----------------------------------------------------------------------------------------------------------


def parts(model):
    return list(Credit.objects.filter(model=model).order_by("pk").values_list("campaign__name", "touch", "parts"))


def test_last_and_first_touch_get_all_each():
    ann = make_contact()
    may, june = make_campaign(name="May"), make_campaign(name="June")
    touched(ann, may, days=20)
    touched(ann, june, days=2)

    order(email="ann@example.com")

    assert parts("first_touch") == [("May", "click", 1_000_000)]
    assert parts("last_touch") == [("June", "click", 1_000_000)]
    assert parts("share_assisted") == []
    assert Event.objects.get(kind="conversion").campaign == june


def test_touches_of_machines_and_old_ones_get_none():
    ann, may = make_contact(), make_campaign()
    touched(ann, may, days=31)
    Event.objects.create(
        kind="click", at=timezone.now() - timedelta(days=1), key="m", verdict="machine", contact=ann, campaign=may
    )

    order(email="ann@example.com")

    assert not Credit.objects.exists() and Conversion.objects.exists()


def test_a_friends_order_is_assisted_by_the_share_that_brought_her():
    ann, dan, may = make_contact(), make_contact(email="dan@example.com"), make_campaign()
    shared = share_link_of(ann, may)
    Referral.objects.create(sponsor=ann, friend=dan, share_link=shared)

    order(email="dan@example.com")

    assert parts("share_assisted") == [("May", "earned_contact", 1_000_000)]
    earned = Event.objects.get(kind="earned_conversion")
    assert (earned.contact, earned.campaign, earned.network) == (ann, may, "facebook")
    assert Event.objects.get(kind="conversion").contact == dan


def test_a_voided_referral_earns_nothing():
    ann, dan, may = make_contact(), make_contact(email="dan@example.com"), make_campaign()
    Referral.objects.create(sponsor=ann, friend=dan, share_link=share_link_of(ann, may), state="voided")

    order(email="dan@example.com")

    assert not Event.objects.filter(kind="earned_conversion").exists() and parts("share_assisted") == []


def test_a_share_link_in_the_order_credits_the_share_and_nobody_as_buyer():
    ann, may = make_contact(), make_campaign()
    shared = share_link_of(ann, may)

    made = order(link_reference=shared.link.token)

    assert (made.contact, made.matched_by) == (None, "reference")
    assert parts("share_assisted") == [("May", "earned_visit", 1_000_000)]
    assert Event.objects.get(kind="earned_conversion").contact == ann


def test_nobody_earns_by_her_own_order():
    ann, may = make_contact(), make_campaign()
    shared = share_link_of(ann, may)

    order(link_reference=shared.link.token, email="ann@example.com")
    order("A-2", email="ann@example.com")

    assert Event.objects.filter(kind="earned_conversion", contact=ann).count() <= 1


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_parts_sum_to_a_million_in_every_model(n):
    now = timezone.now()
    found = [Touch(now, "earned_visit", 1, share_link_id=number + 1) for number in range(n)]

    for by_touch in credits.shares(found).values():
        assert sum(by_touch.values()) == 1_000_000


def test_the_redemption_itself_is_a_touch():
    ann, may = make_contact(), make_campaign()
    hers = claim(make_offer(), ann, via="mail", campaign=may)

    redeem(hers.token, place=make_place(), who=Who("device:1"), key="1", amount_minor=900, order_reference="7")

    assert Credit.objects.get(model="last_touch").touch == "redeem"
    assert Credit.objects.get(model="first_touch").touch == "claim"


# --- new customers ---------------------------------------------------------------------------------------------------


def test_the_first_order_is_a_new_customers_and_the_second_is_not():
    ann = make_contact()

    first = order(email="ann@example.com", ordered_at=timezone.now() - timedelta(days=3))
    second = order("A-2", email="ann@example.com")

    assert (first.is_new_customer, second.is_new_customer) == (True, False)
    ann.refresh_from_db()
    assert ann.last_ordered_at == second.ordered_at


def test_past_orders_count_as_history_and_earn_no_credit():
    make_contact()
    order(email="ann@example.com", ordered_at=timezone.now() - timedelta(days=400), is_attributed=False)

    assert not Conversion.objects.exists()
    assert order("A-2", email="ann@example.com").is_new_customer is False
