"""Many contacts in one request: a result for each, a refused one stops no other."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import privacy
from contacts.models import Consent, Contact, Identity, Subscription
from tests.make import make_attribute, make_contact, make_topic

pytestmark = pytest.mark.django_db


def bulk(partner, contacts, **more):
    return partner.post("/api/v1/contacts/bulk/", {"contacts": contacts, **more})


def test_each_row_has_its_result(partner):
    ann, ben = make_contact(first_name="Ann"), make_contact(email="ben@example.com")

    answer = bulk(
        partner,
        [
            {"email": "ANN@example.com", "first_name": "Ann"},
            {"email": "ben@example.com", "last_name": "Bel"},
            {"email": "cara@example.com", "identities": [{"kind": "card", "value": "4711"}], "tags": ["vip"]},
            {"email": "no address"},
            {"first_name": "Nobody"},
            "ann",
            {"email": "dan@example.com", "frist_name": "Dan"},
        ],
    ).json()

    cara = Contact.objects.get(email="cara@example.com")
    assert [row["status"] for row in answer["rows"]] == ["unchanged", "updated", "created", *["refused"] * 4]
    assert [row["id"] for row in answer["rows"][:3]] == [ann.pk, ben.pk, cara.pk]
    assert (answer["created"], answer["updated"], answer["unchanged"], answer["refused"]) == (1, 1, 1, 4)
    assert "first_name" in answer["rows"][6]["detail"]
    assert Identity.objects.get(kind="card").contact == cara and cara.tags.get().name == "vip"


def test_people_are_subscribed_with_their_basis_and_evidence(partner):
    topic = make_topic()
    refused = bulk(partner, [{"email": "ann@example.com"}], topic="offers")
    answer = bulk(partner, [{"email": "ann@example.com"}], topic="offers", basis="consent", evidence={"form": "till 4"})

    assert refused.status_code == 422 and answer.status_code == 200
    assert Subscription.objects.get(topic=topic).state == "subscribed"
    assert Consent.objects.get().evidence == {"form": "till 4"}


def test_who_left_or_was_erased_stays_away(partner):
    topic = make_topic()
    left = make_contact(topic=topic)
    Subscription.objects.update(state="unsubscribed", unsubscribed_at="2026-01-01T00:00:00Z")
    privacy.erase_contact(make_contact(email="gone@example.com"))

    answer = bulk(
        partner, [{"email": left.email}, {"email": "gone@example.com"}],
        topic="offers", basis="consent", evidence={"form": "1"},
    ).json()  # fmt: skip

    assert Subscription.objects.get().state == "unsubscribed"
    assert [row["status"] for row in answer["rows"]] == ["unchanged", "refused"]


def test_one_person_twice_in_a_request_is_one_contact(partner):
    answer = bulk(partner, [{"email": "ann@example.com"}, {"email": "Ann@Example.com", "first_name": "Ann"}]).json()

    assert [row["status"] for row in answer["rows"]] == ["created", "updated"]
    assert answer["rows"][0]["id"] == answer["rows"][1]["id"]
    assert Contact.objects.get().first_name == "Ann"


def test_values_of_a_wrong_kind_are_refused_with_their_name(partner):
    make_attribute(name="size")
    rows = [
        {"email": ["a"]},
        {"email": "a@example.com", "first_name": 3},
        {"email": "b@example.com", "attributes": {"size": 4, "shoe": 3}},
        {"email": "c@example.com", "identities": [{"kind": "passport", "value": "1"}]},
        {"email": "d@example.com", "tags": [""]},
        {"email": "e@example.com", "language": "xx"},
        {"email": "f@example.com", "attributes": {"size": 4}},
    ]

    answer = bulk(partner, rows).json()

    assert [row["status"] for row in answer["rows"]] == [*["refused"] * 6, "created"]
    assert all(row["detail"] for row in answer["rows"][:6])
    assert Contact.objects.get().attributes == {"size": 4}


def test_the_same_key_gets_the_same_answer(partner):
    body = {"contacts": [{"email": "ann@example.com"}]}

    first, again = (partner.post("/api/v1/contacts/bulk/", body, Idempotency_Key="night-1").json() for _try in range(2))

    assert first == again and first["created"] == 1


def test_the_number_of_queries_does_not_grow_with_the_people(partner):
    def queries(n):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            bulk(partner, [{"email": f"p{n}-{i}@example.com", "tags": ["vip"]} for i in range(n)])
        return len(seen)

    queries(2)
    assert queries(150) == queries(10)


def test_more_than_ten_thousand_are_refused(partner):
    assert bulk(partner, [{}] * 10_001).status_code == 422
