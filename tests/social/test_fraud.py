"""Each rule of fraud played: below its threshold nothing, at it one case, acted on, and undone exactly."""

from datetime import time

import pytest
import time_machine
from django.utils import timezone

from contacts.models import AuditEntry
from social.models import Attempt, Claim, Device, FraudCase, FraudRule, Redemption, Referral, StaffMember
from social.offers.fraud import cases
from social.offers.redemption import Who, claim, redeem, reverse, validate
from tests.make import (
    make_campaign,
    make_contact,
    make_delivery,
    make_offer,
    make_place,
    make_program,
    make_share_link,
    make_till,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def marie():
    return make_user()


@pytest.fixture
def till():
    device, zoe = make_till()
    return {"place": device.place, "who": Who.at_till(device, zoe)}


def one_case(kind):
    opened = [case for case in cases.scan() if case.kind == kind]
    assert len(opened) == 1, FraudCase.objects.values()
    assert cases.scan() == []  # the same again is the same case
    assert AuditEntry.objects.filter(verb="opened fraud case", subject_id=opened[0].pk).exists()
    return opened[0]


def people(n, domain="example.com"):
    return [make_contact(email=f"fan{number}@{domain}") for number in range(n)]


def uses(till, n, **more):
    offer = make_offer(name=f"Offer {timezone.now().timestamp()}")
    return [
        redeem(claim(offer, fan, via="mail").token, key=f"{offer.pk}:{number}", **till, **more)
        for number, fan in enumerate(people_of(offer, n))
    ]


def people_of(offer, n):
    return [make_contact(email=f"o{offer.pk}n{number}@example.com") for number in range(n)]


def voids_and_gives_back(case, row, marie):
    cases.act(case, by=marie, note="went round")
    row.refresh_from_db()
    assert row.state == "void"
    case.refresh_from_db()
    cases.undo(case, by=marie)
    row.refresh_from_db()
    assert row.state == "open"


def suspends_and_lets_back(case, marie):
    zoe = StaffMember.objects.get()
    assert case.staff == zoe
    cases.act(case, by=marie)
    zoe.refresh_from_db()
    assert not zoe.is_active
    case.refresh_from_db()
    cases.undo(case, by=marie)
    zoe.refresh_from_db()
    assert zoe.is_active


def test_guessing_from_many_askers_ends_the_tills_that_took_part(till, marie):
    FraudRule.objects.create(kind="guessing", threshold=30)
    for number in range(29):
        Attempt.objects.create(reason="CODE_UNKNOWN", who=f"key:{number}", code_fingerprint="")
    assert cases.scan() == [] and not cases.is_alarmed()
    validate("7K2M9-PQRWX-G", **till)

    case = one_case("guessing")

    assert (case.n, case.evidence["askers"]) == (30, 30) and cases.is_alarmed()
    assert case.evidence["devices"] == [till["who"].device.pk]
    cases.act(case, by=marie)
    assert Device.objects.get().revoked_at
    case.refresh_from_db()
    cases.undo(case, by=marie)
    assert Device.objects.get().revoked_at is None


def test_a_code_shown_again_and_again_after_its_use(till, marie):
    ann = make_contact()
    used, other = claim(make_offer(), ann, via="mail"), claim(make_offer(name="Other"), ann, via="mail")
    redeem(used.token, key="1", **till)
    for _ in range(2):
        validate(used.token, **till)
    assert cases.scan() == []
    validate(used.code.value, **till)

    case = one_case("passing_on")

    assert (case.claim, case.contact, case.n) == (used, ann, 3)
    voids_and_gives_back(case, other, marie)


def test_one_picture_in_two_shops_within_the_hour(till, marie):
    ann, paris = make_contact(), make_place(slug="paris")
    used, other = claim(make_offer(), ann, via="mail"), claim(make_offer(name="Other"), ann, via="mail")
    redeem(used.token, key="1", **till)
    validate(used.token, **till)  # in the same shop: she presses twice
    assert cases.scan() == []
    validate(used.token, place=paris, who=Who("device:9"))

    case = one_case("screenshot")

    assert case.evidence["places"] == sorted([till["place"].pk, paris.pk])
    voids_and_gives_back(case, other, marie)


def make_referral(**fields):
    link = fields.pop("link")
    return Referral.objects.create(sponsor=link.contact, share_link=link, program=fields.pop("program"), **fields)


def test_a_friend_who_is_the_sponsor_herself(marie):
    link, program = make_share_link(), make_program()
    friend = make_contact(email="ann+2@example.com")
    row = make_referral(link=link, program=program, friend=friend, state="flagged", reasons=["same_mailbox"])

    case = one_case("self_referral")

    cases.act(case, by=marie)
    row.refresh_from_db()
    assert row.state == "voided"
    case.refresh_from_db()
    cases.undo(case, by=marie)
    row.refresh_from_db()
    assert row.state == "flagged" and row.decided_at is None


def test_addresses_made_to_be_thrown_away(marie):
    offer = make_offer()
    claim(offer, make_contact(email="ann@gmail.com"), via="mail")
    assert cases.scan() == []
    row = claim(offer, make_contact(email="x@eu.mailinator.com"), via="mail")

    case = one_case("throwaway")

    assert case.offer == offer and case.evidence["claims"] == [row.pk]
    voids_and_gives_back(case, row, marie)


def test_a_burst_of_friends_of_one_sponsor(marie):
    FraudRule.objects.create(kind="farm", threshold=4)
    link, program = make_share_link(), make_program()
    friends = people(4)
    rows = [make_referral(link=link, program=program, friend=one, state="held") for one in friends[:3]]
    assert cases.scan() == []
    rows.append(make_referral(link=link, program=program, friend=friends[3], state="approved"))

    case = one_case("farm")

    cases.act(case, by=marie)
    states = list(Referral.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["voided", "voided", "voided", "approved"]  # a reward that was given stays
    case.refresh_from_db()
    cases.undo(case, by=marie)
    assert Referral.objects.filter(state="held").count() == 3


def test_claims_quicker_than_a_person(marie):
    offer, campaign = make_offer(), make_campaign(state="sending")
    rows = []
    for number, fan in enumerate(people(3)):
        delivery = make_delivery(campaign=campaign, contact=fan, sent_at=timezone.now())
        assert number < 2 or cases.scan() == []
        rows.append(claim(offer, fan, via="mail", delivery=delivery))

    case = one_case("robot")

    assert (case.n, case.evidence["claims"]) == (3, [row.pk for row in rows])
    voids_and_gives_back(case, rows[0], marie)


def test_many_redemptions_by_one_cashier_in_one_hour(till, marie):
    FraudRule.objects.create(kind="staff_pace", threshold=5)
    with time_machine.travel(timezone.now().replace(minute=1), tick=False):
        uses(till, 4)
        assert cases.scan() == []
        uses(till, 1)

        suspends_and_lets_back(one_case("staff_pace"), marie)


def test_a_large_share_undone_by_one_cashier(till, marie):
    FraudRule.objects.create(kind="staff_undo", threshold=20)
    done = uses(till, 20)
    for number, row in enumerate(done[:4]):
        reverse(row, reason="", who=till["who"], key=f"undo {number}")
    assert cases.scan() == []
    reverse(done[4], reason="", who=till["who"], key="undo 4")

    case = one_case("staff_undo")

    assert (case.n, case.evidence) == (25, {"undone": 5, "redeemed": 20})
    suspends_and_lets_back(case, marie)


def test_redemptions_without_an_order_number_when_the_rule_is_switched_on(till, marie):
    uses(till, 18)
    uses(till, 2, order_reference="A-1")
    assert cases.scan() == []  # off until somebody wants it
    FraudRule.objects.filter(kind="staff_no_order").update(is_on=True)

    case = one_case("staff_no_order")

    assert case.n == 90
    suspends_and_lets_back(case, marie)


def test_redemptions_while_the_shop_is_closed(till, marie):
    place = till["place"]
    place.opens_at, place.closes_at, place.time_zone = time(9), time(19), "Europe/Paris"
    place.save()
    now = timezone.now()
    with time_machine.travel(now.replace(hour=12), tick=False):  # 13:00 or 14:00 in Paris
        uses(till, 1)
        assert cases.scan() == []
    with time_machine.travel(now.replace(hour=20, minute=30), tick=False):
        uses(till, 1)

        case = one_case("out_of_hours")

    assert case.evidence["times"] in (["21:30"], ["22:30"])
    suspends_and_lets_back(case, marie)


def test_every_rule_has_its_test():
    tests = " ".join(__import__("inspect").getsource(__import__(__name__, fromlist=["x"])).split('"'))

    assert [kind for kind in cases.RULES if kind not in tests] == []


# --- switches, decisions, pages ---------------------------------------------------------------------------------


def test_a_rule_that_is_off_opens_nothing(till):
    cases.settings()
    FraudRule.objects.update(is_on=False)
    claim(make_offer(), make_contact(email="x@mailinator.com"), via="mail")

    assert cases.scan() == []


def test_a_case_that_was_dismissed_counts_on_and_stays_dismissed(marie):
    offer = make_offer()
    claim(offer, make_contact(email="x@mailinator.com"), via="mail")
    case = one_case("throwaway")
    cases.dismiss(case, by=marie, note="our own test")
    claim(offer, make_contact(email="y@mailinator.com"), via="mail")

    assert cases.scan() == []
    case.refresh_from_db()
    assert (case.state, case.n, case.note) == ("dismissed", 2, "our own test")


def test_a_used_code_is_never_made_void(till, marie):
    row = claim(make_offer(), make_contact(email="x@mailinator.com"), via="mail")
    redeem(row.token, key="1", **till)
    case = one_case("throwaway")

    cases.act(case, by=marie)

    assert Claim.objects.get(pk=row.pk).state == "redeemed"
    with pytest.raises(cases.WrongState):
        cases.act(FraudCase.objects.get(), by=marie)


def test_the_review_page_shows_decides_and_undoes(till, marie, client):
    client.force_login(marie)
    FraudRule.objects.create(kind="staff_pace", threshold=2)
    with time_machine.travel(timezone.now().replace(minute=1), tick=False):
        uses(till, 2)
        case = one_case("staff_pace")
    address = f"/admin/social/fraudcase/{case.pk}"

    assert "case of fraud to look at" in client.get("/admin/").text
    assert "Zoe" not in client.get("/admin/social/fraudcase/").text
    page = client.get(f"{address}/change/").text
    assert "Zoe" in page and "Let this cashier open no till" in page
    client.post(f"{address}/decide/", {"press": "act", "note": "on holiday"})
    assert not StaffMember.objects.get().is_active
    assert "on holiday" in client.get(f"{address}/change/").text
    client.post(f"{address}/decide/", {"press": "undo"})
    assert StaffMember.objects.get().is_active


NO_LISTS = {"claims": 3, "most": "x", "referrals": {}, "devices": None}
NO_ROWS = {"claims": ["x", None, 2**70], "most": [1], "referrals": ["x"], "devices": [True, -1]}


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("guessing", []), ("passing_on", "x"), ("staff_pace", 7), ("no-such-rule", NO_LISTS), ("farm", NO_LISTS),
        ("guessing", NO_ROWS), ("passing_on", NO_ROWS), ("farm", NO_ROWS),
    ],
)  # fmt: skip
def test_a_case_with_odd_evidence_is_shown_decided_and_undone(admin_client, kind, odd):
    case = FraudCase.objects.create(kind=kind, key="k", evidence=odd, done=odd if isinstance(odd, dict) else {})
    address = f"/admin/social/fraudcase/{case.pk}"

    assert admin_client.get(f"{address}/change/").status_code == 200
    for press in ("act", "undo", "dismiss"):
        assert admin_client.post(f"{address}/decide/", {"press": press}).status_code == 302
    assert FraudCase.objects.get().state == "dismissed"
    assert admin_client.get(f"{address}/change/").status_code == 200


def test_rules_are_switched_and_set_in_a_list(marie, client):
    client.force_login(marie)
    page = client.get("/admin/social/fraudrule/")
    rows = FraudRule.objects.filter(kind__in=cases.RULES).order_by("pk")
    form = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "1"}
    for number, row in enumerate(rows):
        form |= {f"form-{number}-id": row.pk, f"form-{number}-threshold": 7}

    assert "unknown codes in ten minutes" in page.text
    assert client.post("/admin/social/fraudrule/", form).status_code == 302
    assert set(FraudRule.objects.values_list("is_on", "threshold")) == {(False, 7)}


def test_a_manager_sees_figures_of_her_shop_and_no_names_of_cashiers(till, marie, client):
    client.force_login(marie)
    done = uses(till, 3, amount_minor=5_000)
    reverse(done[0], reason="", who=till["who"], key="undo")
    validate("7K2M9-PQRWX-G", **till)

    page = client.get(f"/admin/social/place/{till['place'].pk}/change/").text
    listed = client.get("/admin/social/redemption/").text

    assert "3 redemptions, 1 undone, 1 refused try" in page
    assert "Zoe" not in listed and Redemption.objects.filter(staff__name="Zoe").exists()
    assert "Zoe" not in client.get(f"/admin/social/redemption/{done[0].pk}/change/").text
