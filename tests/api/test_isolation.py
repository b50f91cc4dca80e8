"""Partners apart: what one key made is no other's, and who may only redeem reads of no person."""

import re

import pytest

from config.partners import keys
from tests.api.conftest import Partner
from tests.api.test_matrix import routes
from tests.make import make_contact, make_offer, make_user

pytestmark = pytest.mark.django_db
# What a shop that is no house of ours gets: no `contacts:read`, so nothing of people and nothing of others.
PARTNER = [scope for scope in keys.SCOPES if scope.partition(":")[0] in {"claims", "redemptions", "reversals"}]
PARTNER += ["webhooks:read", "webhooks:write", "places:read"]


@pytest.fixture
def two():
    return [Partner(*PARTNER, owner=make_user(username=name)) for name in ("left", "right")]


def redeem(partner, number, amount=5_000):
    """Claim, redeem and subscribe once: a row of each kind that belongs to this partner, and bears its number."""
    offer = make_offer(limits={"contact": 5}, name=f"Offer {number}")
    wish = {"offer": offer.pk, "contact": make_contact(email=f"a{number}@example.com").pk}
    claim = partner.post("/api/v1/claims/", wish, Idempotency_Key=f"c{number}").json()
    body = {"code": claim["url"], "amount_minor": amount, "order_reference": f"order-of-{number}"}
    use = partner.post("/api/v1/redemptions/", body, Idempotency_Key=f"r{number}").json()
    hook = partner.post("/api/v1/webhooks/", {"url": f"https://93.184.215.14/hook-of-{number}"}).json()
    return {"claim": claim, "use": use, "hook": hook}


def test_two_partners_read_every_route_and_nothing_of_each_other(two):
    hers = [redeem(partner, number) for number, partner in enumerate(two)]
    body = {"redemption": hers[0]["use"]["id"], "reason": "back"}
    undone = two[0].post("/api/v1/reversals/", body, Idempotency_Key="u").json()
    marks = ["order-of-0", "hook-of-0", hers[0]["claim"]["url"]]
    ids = {hers[0]["claim"]["id"], hers[0]["use"]["id"], hers[0]["hook"]["id"], undone["id"]}

    def seen(partner):
        """Every path, filled with every number of the first partner's rows, whose answer tells one of her marks."""
        paths = {re.sub(r"\{\w+\}", str(pk), path) for verb, path in routes() if verb == "GET" for pk in ids}
        told = {path: partner.get(path).getvalue().decode(errors="replace") for path in paths}
        return {path.split("/")[3] for path, text in told.items() if any(mark in text for mark in marks)}

    assert seen(two[0]) == {"claims", "redemptions", "reversals", "webhooks"}
    assert seen(two[1]) == set()


def test_each_partner_has_its_own_claims_uses_and_costs(two):
    hers = [
        redeem(partner, number, amount)
        for number, (partner, amount) in enumerate(zip(two, (5_000, 1_000), strict=True))
    ]

    for partner, made, discount in zip(two, hers, (1_000, 200), strict=True):
        for path, row in (("claims", "claim"), ("redemptions", "use")):
            assert [one["id"] for one in partner.get(f"/api/v1/{path}/").json()["results"]] == [made[row]["id"]]
        [line] = partner.get("/api/v1/redemptions/costs/").json()
        assert (line["redeemed"], line["undone"], line["discount_minor"]) == (1, 0, discount)
    body = {"redemption": hers[0]["use"]["id"], "reason": "not mine"}
    assert two[1].post("/api/v1/reversals/", body, Idempotency_Key="x").status_code == 422
    two[0].post("/api/v1/reversals/", body, Idempotency_Key="x")
    [line] = two[0].get("/api/v1/redemptions/costs/").json()
    assert (line["undone"], line["discount_minor"]) == (1, 0)


def test_who_may_only_redeem_learns_the_initial_the_offer_and_the_verdict():
    till = Partner("redemptions:write", owner=make_user(username="till"))
    house = Partner(owner=make_user(username="house"))
    ann = make_contact(first_name="Annabel", last_name="Martin")
    wish = {"offer": make_offer().pk, "contact": ann.pk}
    claim = house.post("/api/v1/claims/", wish, Idempotency_Key="c").json()

    said = till.post("/api/v1/codes/validate/", {"code": claim["url"]})
    house_said = house.post("/api/v1/codes/validate/", {"code": claim["url"]})

    assert said.json()["valid"] and said.json()["first_name"] == "A" and said.json()["title"] == "20 % for our fans"
    assert not any(word in said.content.decode() for word in ("Annabel", "Martin", "ann@example.com"))
    assert house_said.json()["first_name"] == "Annabel"
    refused = {till.get(path).status_code for verb, path in routes() if verb == "GET" and "{" not in path}
    assert refused == {200, 403} and till.get("/api/v1/keys/own/").status_code == 200
