"""Offers over the wire: a partner makes one, gives it to a customer, redeems it once, takes it back."""

import pytest

from contacts import jobs
from social.models import Claim, Code, Offer, Redemption
from social.offers.claims import claim
from tests.api.conftest import Partner
from tests.make import make_brand, make_contact, make_offer, make_place

API = "/api/v1"


@pytest.fixture
def hers(partner):
    return claim(make_offer(limits={"total": 5}), make_contact(first_name="Ann", last_name="Secret"), via="mail")


def redeem(partner, code, key="1", **more):
    return partner.post(f"{API}/redemptions/", {"code": code, **more}, Idempotency_Key=key)


def test_a_partner_makes_an_offer_and_sets_it_live(partner):
    make_brand()
    wish = {
        "brand": "maison", "name": "May", "percent": 20, "starts_at": "2026-05-01T00:00:00Z",
        "ends_at": "2099-06-01T00:00:00Z", "limits": [{"scope": "total", "max_uses": 1000}],
        "blackouts": [{"first_day": "2026-05-08", "last_day": "2026-05-09"}],
        "texts": [{"language": "en", "title": "20 % for fans"}],
    }  # fmt: skip

    made = partner.post(f"{API}/offers/", wish, Idempotency_Key="1").json()
    again = partner.post(f"{API}/offers/", wish, Idempotency_Key="1").json()
    live = partner.post(f"{API}/offers/{made['id']}/live/").json()
    changed = partner.patch(f"{API}/offers/{made['id']}/", {"limits": [{"scope": "total", "max_uses": 5}]}).json()

    assert again["id"] == made["id"] and made["state"] == "draft" and live["state"] == "live"
    assert changed["left"] == 5 and changed["texts"][0]["title"] == "20 % for fans"
    assert Offer.objects.get().limits.get().history.count() == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [({"kind": "amount"}, "bad_offer"), ({"ends_at": "2026-04-01T00:00:00Z"}, "bad_offer"), ({"pecent": 5}, "invalid")],
)
def test_an_offer_that_cannot_be_is_refused_with_a_sentence(partner, change, code):
    make_brand()
    wish = {"brand": "maison", "name": "May", "percent": 20, "starts_at": "2026-05-01T00:00:00Z"}

    said = partner.post(f"{API}/offers/", {**wish, "ends_at": "2099-06-01T00:00:00Z", **change})

    assert said.status_code == 422 and said.json()["code"] in (code, "unknown_field") and not Offer.objects.exists()


def test_an_offer_that_is_not_ready_stays_a_draft(partner):
    offer = make_offer(state="draft", code_mode="pool")

    said = partner.post(f"{API}/offers/{offer.pk}/live/")

    assert (said.status_code, said.json()["code"]) == (422, "not_ready") and "No free code" in said.json()["detail"]


def test_codes_are_made_by_a_job_and_own_codes_at_once(partner):
    offer = make_offer(code_mode="pool")

    made = partner.post(f"{API}/codes/", {"offer": offer.pk, "make": 30, "pattern": "MAY-#####-#####-#"})
    jobs.run_waiting()
    own = partner.post(f"{API}/codes/", {"offer": offer.pk, "own": ["A-1", "A1", "B-2"]})

    assert made.status_code == 202 and own.status_code == 201
    assert partner.get(f"{API}/codes/batches/{made.json()['id']}/").json()["n"] == 30
    assert (own.json()["n"], own.json()["left_out"]) == (2, 1)
    listed = partner.get(f"{API}/codes/", batch=made.json()["id"]).json()["results"]
    assert len(listed) == 30 and listed[0]["printed"].startswith("MAY-")


def test_a_claim_is_hers_once_and_a_personal_code_stays_in_her_mail(partner):
    make_contact()
    offer = make_offer()

    first = partner.post(f"{API}/claims/", {"offer": offer.pk, "email": "Ann@example.com"}, Idempotency_Key="1")
    again = partner.post(f"{API}/claims/", {"offer": offer.pk, "email": "ann@example.com"}, Idempotency_Key="2")
    Offer.objects.update(holding="personal")

    assert first.status_code == 201 and first.json()["code"] and first.json()["id"] == again.json()["id"]
    assert partner.get(f"{API}/claims/{first.json()['id']}/").json()["code"] == ""


def test_a_refused_claim_names_its_reason(partner):
    make_contact()
    offer = make_offer(state="paused")

    said = partner.post(f"{API}/claims/", {"offer": offer.pk, "email": "ann@example.com"}, Idempotency_Key="1")
    assert (said.status_code, said.json()["code"]) == (409, "PAUSED")
    Offer.objects.update(state="live")

    assert partner.post(
        f"{API}/claims/", {"offer": offer.pk, "email": "ann@example.com"}, Idempotency_Key="1"
    ).status_code == 201  # fmt: skip


def test_validate_says_valid_or_why_and_shows_a_first_name_only(partner, hers):
    good = partner.post(f"{API}/codes/validate/", {"code": hers.code.value})
    bad = partner.post(f"{API}/codes/validate/", {"code": "7K2M9-PQRWX-G"})

    assert good.status_code == bad.status_code == 200
    assert good.json()["valid"] and good.json()["first_name"] == "Ann" and "Secret" not in good.text
    assert (bad.json()["valid"], bad.json()["reason"]) == (False, "CODE_UNKNOWN") and bad.json()["remedy"]


def test_a_code_is_redeemed_once_and_given_back_by_a_row(partner, hers):
    make_place()
    first = redeem(partner, hers.code.value, place="lyon", amount_minor=5_000, order_reference="1042")
    again = redeem(partner, hers.code.value, place="lyon", amount_minor=5_000, order_reference="1042")
    other = redeem(partner, hers.code.value, key="2", place="lyon")

    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert (first.json()["discount_minor"], first.json()["place"]) == (1_000, "lyon")
    assert (other.status_code, other.json()["code"]) == (409, "ALREADY_REDEEMED")
    assert other.json()["facts"]["place"] == "Shop Lyon" and other.headers["Content-Type"] == "application/problem+json"

    wish = {"redemption": first.json()["id"], "reason": "Goods back"}
    undone = partner.post(f"{API}/reversals/", wish, Idempotency_Key="return-1042")
    assert undone.status_code == 201 and undone.json()["reverses"] == first.json()["id"]
    assert partner.get(f"{API}/redemptions/{first.json()['id']}/").json()["is_undone"] is True
    assert len(partner.get(f"{API}/reversals/").json()["results"]) == 1
    assert Claim.objects.get().state == "open"


def test_without_a_key_nothing_is_redeemed(partner, hers):
    assert partner.post(f"{API}/redemptions/", {"code": hers.code.value}).json()["code"] == "idempotency_key"
    assert not Redemption.objects.exists()


def test_the_same_key_for_another_code_is_a_conflict(partner, hers):
    redeem(partner, hers.code.value)

    assert redeem(partner, "7K2M9-PQRWX-G").json()["code"] == "IDEMPOTENCY_CONFLICT"


def test_guessing_makes_this_key_wait_and_no_other(partner, hers):
    for _ in range(10):
        partner.post(f"{API}/codes/validate/", {"code": "7K2M9-PQRWX-G"})

    slowed = redeem(partner, hers.code.value)

    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "600")
    other = Partner(owner=partner.key.owner)
    assert redeem(other, hers.code.value).status_code == 201


def test_a_basket_keeps_a_code_and_gives_it_free(partner, hers):
    kept = partner.post(f"{API}/claims/reserve/", {"code": hers.code.value, "minutes": 5})
    other = Partner(owner=partner.key.owner)

    assert kept.json()["reserved_until"]
    assert redeem(other, hers.code.value).json()["code"] == "RESERVED"
    assert partner.post(f"{API}/claims/release/", {"code": hers.code.value}).json()["reserved_until"] is None
    assert redeem(other, hers.code.value, key="2").status_code == 201


def test_a_key_bound_to_a_shop_acts_for_that_shop_only(partner, hers):
    lyon = make_place()
    make_place(slug="paris")
    partner.key.places.add(lyon)

    assert redeem(partner, hers.code.value).status_code == 422
    assert redeem(partner, hers.code.value, place="paris").status_code == 422
    assert redeem(partner, hers.code.value, place="lyon").status_code == 201
    assert [place["slug"] for place in partner.get(f"{API}/places/").json()["results"]] == ["lyon"]
    Redemption.objects.update(place=None)
    assert partner.get(f"{API}/redemptions/").json()["results"] == []


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "offers", "offers:read"), ("get", "codes", "codes:read"), ("get", "claims", "claims:read"),
        ("get", "redemptions", "redemptions:read"), ("get", "reversals", "reversals:read"),
        ("get", "places", "places:read"), ("post", "offers", "offers:write"), ("post", "codes", "codes:write"),
        ("post", "claims", "claims:write"), ("post", "redemptions", "redemptions:write"),
        ("post", "reversals", "reversals:write"), ("post", "codes/validate", "redemptions:write"),
    ],
)  # fmt: skip
def test_each_door_has_its_scope(db, method, path, scope):
    stranger = Partner("contacts:read")

    said = getattr(stranger, method)(f"{API}/{path}/")

    assert said.status_code == 403 and scope in said.json()["detail"]
    assert Code.objects.count() == 0
