import pytest

from campaigns.models import Event
from social.models import Referral, ShareLink
from tests.api.conftest import Partner
from tests.make import make_contact, make_letter, make_program
from tests.social.test_tree import friend, may, press, visit

pytestmark = pytest.mark.django_db
__all__ = ["may"]


def test_a_partner_gets_a_contacts_link_once_and_it_counts_as_no_share(partner):
    ann, letter = make_contact(), make_letter()
    wish = {"contact": ann.pk, "campaign": letter.pk, "network": "copy"}

    first = partner.post("/api/v1/share-links/", wish)
    again = partner.post("/api/v1/share-links/", wish)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["url"].endswith(f"/v/{ShareLink.objects.get().link.token}") and first.json() == again.json()
    assert first.json()["intended_at"] is None and not Event.objects.exists()
    closed = partner.post("/api/v1/share-links/", {**wish, "network": "googleplus"})
    assert (closed.status_code, closed.json()["code"]) == (422, "unknown_network")


def test_share_links_are_listed_with_each_step_and_their_visits(partner, may):
    row = partner.get("/api/v1/share-links/", network="bluesky").json()["results"][0]

    assert row["visits"] == 3 and row["composed_at"] and row["generation"] == 1
    assert partner.get(f"/api/v1/share-links/{row['id']}/").json()["network"] == "bluesky"


def test_a_referral_is_decided_with_a_reason_and_only_once(partner, may):
    make_program(hold_days=3)
    link = press(make_contact(email="gil@example.com"), make_letter(name="June"))
    friend(link, "Hal")
    pk = Referral.objects.get(friend__first_name="Hal").pk

    assert partner.get("/api/v1/referrals/", state="held").json()["results"][0]["id"] == pk
    assert partner.post(f"/api/v1/referrals/{pk}/approve/").json()["state"] == "approved"
    assert partner.post(f"/api/v1/referrals/{pk}/approve/").status_code == 409
    assert partner.post(f"/api/v1/referrals/{pk}/void/").status_code == 409
    assert partner.post(f"/api/v1/referrals/{pk}/void/", {"reason": "a cousin"}).json()["state"] == "voided"


def test_a_tree_tells_k_with_its_interval_and_its_people(partner, may):
    told = partner.get(f"/api/v1/trees/{may.pk}/").json()

    assert (told["sharers"], told["friends"], told["money"]) == (2, 3, {"EUR": 5990})
    assert told["k"]["k"] == 0.5 and told["k"]["k_low"] < 0.5 < told["k"]["k_high"]
    assert told["k"]["says_little"] is True and told["multiplier"] is None
    assert told["amplification"] == 2.5
    people = partner.get(f"/api/v1/trees/{may.pk}/people/").json()["results"]
    ann = next(one for one in people if one["parent"] is None)
    below = partner.get(f"/api/v1/trees/{may.pk}/people/", of=ann["contact"]).json()["results"]
    assert {one["generation"] for one in below} == {2} and len(below) == 2
    assert partner.get("/api/v1/trees/999999/").status_code == 404


def test_scopes_keep_them_apart(db, may):
    visit(ShareLink.objects.first(), 0)
    reader = Partner("share-links:read")

    assert reader.get(f"/api/v1/trees/{may.pk}/").status_code == 200
    assert reader.get("/api/v1/referrals/").status_code == 403
    assert reader.post("/api/v1/share-links/", {}).status_code == 403
