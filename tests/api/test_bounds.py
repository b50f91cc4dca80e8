"""A key bound to topics sees the people who are subscribed to these and their campaigns, nobody else."""

import json
import re

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from campaigns.tracking import events
from contacts.models import Contact, Topic
from social import conversions, sharing
from social.fans import proofs
from social.models.fans import FanLevel
from tests.api.conftest import Partner
from tests.api.test_matrix import routes
from tests.make import (
    make_campaign,
    make_contact,
    make_delivery,
    make_place,
    make_segment,
    make_topic,
    make_user,
)

pytestmark = pytest.mark.django_db
MARK = "Zyxwvu"  # in every text of the others' people and campaigns


@pytest.fixture
def letter():
    return make_topic(slug="letter")


@pytest.fixture
def bound(letter):
    partner = Partner()
    partner.key.topics.add(letter)
    return partner


def people(topic, name, **fields):
    """One person with a row of every kind that the API tells of: her campaign, mail, act, link, proof and order."""
    contact = make_contact(email=f"{name.lower()}@example.com", first_name=name, topic=topic, **fields)
    campaign = make_campaign(name=f"To {name}", topic=topic, state="sending")
    make_delivery(campaign=campaign, contact=contact)
    events.record("click", key=f"k:{name}", contact=contact, campaign=campaign)
    link = sharing.share_link_for(contact, campaign, "copy", "")
    proof = proofs.give(contact, "instagram", FanLevel.DECLARED, "partner", {})
    sold = {"amount_minor": 100, "currency": "EUR", "ordered_at": timezone.now(), "email": contact.email}
    order = conversions.record_order("shop", f"order-{name}", **sold)
    return {"contact": contact, "campaign": campaign, "link": link, "proof": proof, "order": order}


def test_no_route_tells_a_bound_key_of_others(bound, letter):
    hers, others = people(letter, "Ann"), people(make_topic(slug="offers"), MARK)
    make_segment(name="All", rules={"all": []})
    numbers = {one.pk for rows in (hers, others) for one in rows.values()}
    ids = {others["contact"].pk, others["campaign"].pk}

    told = {}
    for path in {path for verb, path in routes() if verb == "GET"}:
        for number in numbers if "{" in path else [0]:
            answer = bound.get(re.sub(r"\{\w+\}", str(number), path))
            text = answer.getvalue().decode(errors="replace") if answer.status_code == 200 else ""
            rows = json.loads(text).get("results", []) if text.startswith('{"next"') else []
            if MARK in text or any(row.get("contact") in ids or row.get("campaign") in ids for row in rows):
                told[path] = text[:200]

    assert told == {}
    listed = {name: bound.get(f"/api/v1/{name}/").json()["results"] for name in LISTS}
    assert {name: len(rows) for name, rows in listed.items()} == {
        **dict.fromkeys(LISTS, 1),
        "events": 2,
    }  # her click, her order


LISTS = [
    "contacts",
    "campaigns",
    "deliveries",
    "events",
    "share-links",
    "fan-proofs",
    "orders",
    "topics",
    "conversions",
]


@pytest.mark.parametrize(
    "path",
    [
        "contacts/{contact}/timeline/",
        "contacts/{contact}/consents/",
        "contacts/{contact}/export/",
        "segments/{segment}/count/",
        "exports/",
        "imports/",
        "trees/{campaign}/",
    ],
)
def test_what_is_about_everybody_or_a_whole_person_is_refused_even_of_her_own(bound, letter, path):
    hers, segment = people(letter, "Ann"), make_segment()
    path = path.format(contact=hers["contact"].pk, campaign=hers["campaign"].pk, segment=segment.pk)

    assert bound.get(f"/api/v1/{path}").status_code == 403
    assert Partner(owner=make_user(username="house")).get(f"/api/v1/{path}").status_code == 200


def test_a_bound_key_erases_and_merges_nobody(bound, letter):
    ann, ben = people(letter, "Ann")["contact"], people(letter, "Ben")["contact"]

    erased = bound.client.delete(f"/api/v1/contacts/{ann.pk}/", headers=bound.headers())
    merged = bound.post(f"/api/v1/contacts/{ann.pk}/merge/", {"contact": ben.pk})

    assert (erased.status_code, merged.status_code) == (403, 403) and Contact.objects.count() == 2


def test_a_bound_key_brings_people_in_only_with_a_topic_of_its_own(bound, letter):
    make_topic(slug="offers")
    new = {"email": "new@example.com", "first_name": "New"}
    yes = [{"topic": "letter", "basis": "consent", "evidence": {"form": "1"}}]

    assert bound.post("/api/v1/contacts/", new).status_code == 422
    assert bound.post("/api/v1/contacts/", {**new, "subscriptions": [{**yes[0], "topic": "offers"}]}).status_code == 422
    assert not Contact.objects.exists()
    made = bound.post("/api/v1/contacts/", {**new, "subscriptions": yes})
    assert made.status_code == 201
    assert bound.post("/api/v1/contacts/", {**new, "first_name": "Newer"}).status_code == 200
    wish = {"contacts": [{"email": "many@example.com"}]}
    assert bound.post("/api/v1/contacts/bulk/", wish).status_code == 422
    assert (
        bound.post(
            "/api/v1/contacts/bulk/", {**wish, "topic": "letter", "basis": "consent", "evidence": {"f": "1"}}
        ).status_code
        == 200
    )
    assert {one["email"] for one in bound.get("/api/v1/contacts/").json()["results"]} == {
        "new@example.com",
        "many@example.com",
    }


def test_a_bound_key_writes_of_nobody_it_cannot_see(bound, letter):
    offers = make_topic(slug="offers")
    ben = people(offers, "Ben")
    hers = people(letter, "Ann")
    other, campaign = ben["contact"].pk, ben["campaign"].pk

    refused = [
        bound.post("/api/v1/contacts/", {"email": "ben@example.com", "first_name": "Taken"}),
        bound.patch(f"/api/v1/contacts/{other}/", {"first_name": "Taken"}),
        bound.post("/api/v1/identities/", {"contact": other, "kind": "card", "value": "1"}),
        bound.post("/api/v1/fan-proofs/", {"contact": other, "network": "instagram", "level": 1}),
        bound.post("/api/v1/share-links/", {"contact": other, "campaign": campaign, "network": "copy"}),
        bound.post("/api/v1/share-links/", {"contact": hers["contact"].pk, "campaign": campaign, "network": "copy"}),
        bound.post("/api/v1/messages/", {"trigger": "x", "contact": other}, Idempotency_Key="m"),
        bound.post("/api/v1/campaigns/", {"name": "Mine", "topic": "offers"}),
        bound.post(f"/api/v1/campaigns/{campaign}/pause/", {}),
        bound.post(f"/api/v1/campaigns/{hers['campaign'].pk}/test/", {"to": ["a@example.com"], "contact": other}),
    ]

    assert [answer.status_code for answer in refused] == [422, 404, 422, 422, 422, 422, 422, 422, 404, 422]
    assert Contact.objects.get(pk=other).first_name == "Ben"
    assert bound.patch(f"/api/v1/contacts/{hers['contact'].pk}/", {"first_name": "Anna"}).status_code == 200


def test_who_left_comes_back_by_no_post_and_nothing_of_her_is_told_or_changed(bound, letter):
    ann = people(letter, "Ann")["contact"]
    ann.subscriptions.update(state="unsubscribed", unsubscribed_at=timezone.now())
    yes = {"topic": "letter", "basis": "consent", "evidence": {"form": "1"}}
    many = [{"email": ann.email, "first_name": "Taken"}, {"email": "new@example.com"}]

    one = bound.post("/api/v1/contacts/", {"email": ann.email, "first_name": "Taken", "subscriptions": [yes]})
    bulk = bound.post("/api/v1/contacts/bulk/", {"contacts": many, **yes}).json()

    assert one.status_code == 422 and one.json()["errors"][0]["pointer"] == "/subscriptions"
    assert [(row["row"], row["status"]) for row in bulk["rows"]] == [(0, "refused"), (1, "created")]
    assert bulk["rows"][0]["id"] is None and bulk["created"] == bulk["refused"] == 1
    ann.refresh_from_db()
    assert ann.first_name == "Ann" and ann.subscriptions.get().state == "unsubscribed"


def test_what_a_key_is_bound_to_cannot_be_deleted_or_it_would_open_everything(bound, letter, admin_client):
    place = make_place()
    bound.key.places.add(place)

    for thing in (letter, place):
        with pytest.raises(ProtectedError):
            thing.delete()
    page = admin_client.post(f"/admin/contacts/topic/{letter.pk}/delete/", {"post": "yes"}).content.decode()

    assert str(bound.key) in page and Topic.objects.filter(pk=letter.pk).exists()


def test_of_a_person_of_two_topics_only_its_own_is_told(bound, letter):
    ann, both = make_contact(topic=letter), Partner(owner=make_user(username="house"))
    wish = {"topic": make_topic(slug="offers").slug, "basis": "consent", "evidence": {"form": "1"}}
    both.post("/api/v1/contacts/", {"email": ann.email, "subscriptions": [wish]})

    def slugs(partner):
        return {one["topic"] for one in partner.get(f"/api/v1/contacts/{ann.pk}/").json()["subscriptions"]}

    assert slugs(bound) == {"letter"} and slugs(both) == {"letter", "offers"}
