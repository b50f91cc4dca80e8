"""Identities, links, fan proofs, orders with lines, a contact changed; and what is refused before any of them."""

import pytest
from django.utils import timezone

from campaigns.models import EmailContent, Link
from contacts.models import Contact
from social.models import FanProof
from tests.make import make_campaign, make_contact, make_topic

pytestmark = pytest.mark.django_db


def test_a_contact_is_changed_and_keeps_what_is_left_out(partner):
    ann = make_contact(first_name="Ann", last_name="Martin")

    changed = partner.patch(f"/api/v1/contacts/{ann.pk}/", {"first_name": "Anna", "tags": ["vip"]})
    address = partner.patch(f"/api/v1/contacts/{ann.pk}/", {"email": "new@example.com"})

    assert changed.status_code == 200 and changed.json()["tags"] == ["vip"]
    assert address.status_code == 422 and address.json()["errors"][0]["pointer"] == "/email"
    ann.refresh_from_db()
    assert (ann.first_name, ann.last_name, ann.email) == ("Anna", "Martin", "ann@example.com")


def test_a_contact_is_found_by_one_more_identity_and_none_is_taken_from_another(partner):
    ann, ben = make_contact(), make_contact(email="ben@example.com")
    wish = {"contact": ann.pk, "kind": "card", "value": "2000123"}

    made = partner.post("/api/v1/identities/", wish)
    taken = partner.post("/api/v1/identities/", {**wish, "contact": ben.pk})

    assert made.status_code == 201 and taken.status_code == 422
    assert partner.get("/api/v1/contacts/", card="2000123").json()["results"][0]["id"] == ann.pk
    listed = partner.get("/api/v1/identities/", contact=ann.pk, kind="card").json()["results"]
    assert [one["value"] for one in listed] == ["2000123"]


def test_links_of_mails_are_listed_by_campaign(partner):
    may, june = make_campaign(), make_campaign(name="June")
    for campaign in (may, june):
        Link.objects.create(campaign=campaign, number=1, target=f"https://shop.example/{campaign.name}")

    [link] = partner.get("/api/v1/links/", campaign=may.pk).json()["results"]

    assert (link["number"], link["target"]) == (1, "https://shop.example/May")
    assert partner.get(f"/api/v1/links/{link['id']}/").json() == link


def test_templates_are_listed_and_found_by_name(partner):
    brand = make_topic().brand
    for name, kept in (("Sale", {"is_template": True}), ("Old", {"is_template": True, "archived_at": timezone.now()})):
        EmailContent.objects.create(brand=brand, name=name, **kept)
    EmailContent.objects.create(brand=brand, name="One campaign's own")

    [sale] = partner.get("/api/v1/templates/").json()["results"]

    assert (sale["name"], sale["brand"]) == ("Sale", brand.slug)
    assert partner.get("/api/v1/templates/", name="Old").json()["results"] == []
    assert partner.get(f"/api/v1/templates/{sale['id']}/").json() == sale


def test_a_partner_says_who_follows_and_takes_it_back(partner):
    ann = make_contact()
    wish = {"contact": ann.pk, "network": "instagram", "level": 3}

    made = partner.post("/api/v1/fan-proofs/", wish).json()
    verified = partner.post("/api/v1/fan-proofs/", {**wish, "level": 5})
    nowhere = partner.post("/api/v1/fan-proofs/", {**wish, "network": "friendster2"})
    revoked = partner.post(f"/api/v1/fan-proofs/{made['id']}/revoke/").json()

    assert (made["level"], made["is_verified"], made["method"]) == (3, False, "partner")
    assert {verified.status_code, nowhere.status_code} == {422}
    assert revoked["revoked_at"] and FanProof.objects.get().revoked_at
    assert [one["id"] for one in partner.get("/api/v1/fan-proofs/", contact=ann.pk).json()["results"]] == [made["id"]]


def test_an_order_is_read_with_its_lines_and_what_came_back(partner):
    order = {"source": "shop", "reference": "1042", "amount_minor": 5990, "currency": "EUR"}
    line = {"sku": "K-7", "title": "Scarf", "quantity": 2, "unit_minor": 2995}
    order["ordered_at"] = "2026-05-02T10:15:00Z"
    partner.post("/api/v1/conversions/", {**order, "lines": [line]})

    partner.post("/api/v1/conversions/", {**order, "returned_minor": 2995, "lines": [{**line, "returned": 1}]})

    [read] = partner.get("/api/v1/orders/", reference="1042").json()["results"]
    assert (read["net_minor"], read["returned_minor"], read["place"]) == (2995, 2995, None)
    assert [(one["sku"], one["quantity"], one["returned"]) for one in read["lines"]] == [("K-7", 2, 1)]


def test_a_value_of_another_json_type_is_refused_not_turned_into_one(partner):
    wrong = {"email": 7, "tags": [1], "identities": [{"kind": "card", "value": 2000123}]}

    refused = partner.post("/api/v1/contacts/", wrong).json()
    draft = partner.post("/api/v1/campaigns/", {"name": "May", "topic": "offers", "segments": ["3"]}).json()
    merged = partner.post(f"/api/v1/contacts/{make_contact().pk}/merge/", {"contact": "8", "dry_run": "yes"}).json()

    assert {one["pointer"] for one in refused["errors"]} == {"/email", "/tags"}
    assert "/topic" in {one["pointer"] for one in draft["errors"]} or draft["code"] == "invalid"
    assert {one["pointer"] for one in merged["errors"]} == {"/contact", "/dry_run"}
    assert Contact.objects.count() == 1


def test_an_address_that_no_route_knows_is_a_problem_too(partner):
    for path in ("/api/v1/contacts/0.5/", "/api/v1/contcats/"):
        answer = partner.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert answer.json()["code"] == "not_found"
    assert "text/html" in partner.get("/nowhere/")["Content-Type"]
