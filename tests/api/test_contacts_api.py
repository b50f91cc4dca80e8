import pytest

from contacts import privacy
from contacts.models import Contact, IdempotencyKey, Subscription
from tests.api.conftest import Partner
from tests.make import make_attribute, make_contact, make_topic

pytestmark = pytest.mark.django_db

ANN = {
    "email": " Ann@Example.com",
    "first_name": "Ann",
    "identities": [{"kind": "card", "value": "2000 123"}],
    "tags": ["vip"],
}


def test_posting_a_person_twice_makes_one_contact(partner):
    first = partner.post("/api/v1/contacts/", ANN)
    again = partner.post("/api/v1/contacts/", {**ANN, "first_name": "Anna"})

    assert (first.status_code, again.status_code) == (201, 200)
    ann = Contact.objects.get()
    assert (ann.email, ann.first_name) == ("ann@example.com", "Anna")
    assert again.json()["identities"] == [{"kind": "card", "value": "2000123", "proof": "declared", "source": "api"}]
    assert again.json()["tags"] == ["vip"]


def test_a_person_is_found_by_any_identity(partner):
    made = partner.post("/api/v1/contacts/", ANN).json()["id"]

    by_card = partner.get("/api/v1/contacts/", card="2000-123").json()["results"]
    by_email = partner.get("/api/v1/contacts/", email="ANN@example.com").json()["results"]

    assert [one["id"] for one in by_card + by_email] == [made, made]
    assert partner.get("/api/v1/contacts/", card="nobody").json()["results"] == []


def test_a_subscription_needs_a_basis_and_never_brings_back_who_left(partner):
    topic = make_topic(slug="offers")
    ben = make_contact(email="ben@example.com")
    wish = {"topic": "offers", "basis": "consent", "evidence": {"form": "till 4"}}
    partner.post("/api/v1/contacts/", {"email": ben.email, "subscriptions": [wish]})
    assert ben.subscriptions.get().state == "subscribed"
    from contacts import consent

    consent.unsubscribe(ben, topic, method="one_click")

    partner.post("/api/v1/contacts/", {"email": ben.email, "subscriptions": [wish]})
    without_basis = partner.post(
        "/api/v1/contacts/", {"email": ben.email, "subscriptions": [{"topic": "offers", "basis": "none"}]}
    )

    assert Subscription.objects.get().state == "unsubscribed"
    assert without_basis.status_code == 422
    assert without_basis.json()["errors"][0]["pointer"] == "/subscriptions/0/basis"


def test_who_was_erased_is_not_taken_in_again(partner):
    ann = partner.post("/api/v1/contacts/", {"email": "ann@example.com"}, Idempotency_Key="k1")
    privacy.erase_contact(Contact.objects.get(), actor="marie")

    again = partner.post("/api/v1/contacts/", {"email": "Ann@example.com"})
    repeated = partner.post("/api/v1/contacts/", {"email": "ann@example.com"}, Idempotency_Key="k1")

    assert again.status_code == 422 and again.json()["errors"][0]["pointer"] == "/email"
    assert not Contact.objects.exists()
    assert ann.status_code == repeated.status_code == 201
    assert "ann@example.com" not in repeated.content.decode()
    assert "ann@example.com" not in str(list(IdempotencyKey.objects.values_list("answer", flat=True)))


def test_an_unknown_field_is_refused_with_the_nearest_known(partner):
    refused = partner.post("/api/v1/contacts/", {"emial": "ann@example.com"})

    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"pointer": "/emial", "code": "unknown_field", "detail": "There is no such field. Did you mean email?"}
    ]
    assert not Contact.objects.exists()


def test_a_bad_address_and_an_undeclared_attribute_are_named_with_their_place(partner):
    make_attribute(name="size")

    bad = partner.post("/api/v1/contacts/", {"email": "not an address"})
    unknown = partner.post("/api/v1/contacts/", {"email": "ann@example.com", "attributes": {"shoe": 41}})
    right = partner.post("/api/v1/contacts/", {"email": "ann@example.com", "attributes": {"size": "41"}})

    assert [error["pointer"] for error in bad.json()["errors"] + unknown.json()["errors"]] == ["/email", "/attributes"]
    assert right.json()["attributes"] == {"size": "41"}


def test_two_people_are_never_merged_by_an_api_call(partner):
    make_contact(email="ann@example.com")
    partner.post("/api/v1/contacts/", {"identities": [{"kind": "card", "value": "7"}]})

    both = partner.post(
        "/api/v1/contacts/", {"email": "ann@example.com", "identities": [{"kind": "card", "value": "7"}]}
    )

    assert both.status_code == 422
    assert "2 different contacts" in both.json()["errors"][0]["detail"]


def test_the_same_key_gets_the_same_answer_and_another_body_is_refused(partner):
    first = partner.post("/api/v1/contacts/", ANN, Idempotency_Key="k1")
    again = partner.post("/api/v1/contacts/", ANN, Idempotency_Key="k1")
    other = partner.post("/api/v1/contacts/", {**ANN, "first_name": "Eve"}, Idempotency_Key="k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert Contact.objects.get().first_name == "Ann"


def test_a_key_that_is_too_long_is_refused_and_nothing_is_done(partner):
    refused = partner.post("/api/v1/contacts/", {"email": "ann@example.com"}, Idempotency_Key="k" * 256)

    assert refused.status_code == 422 and refused.json()["code"] == "idempotency_key"
    assert not Contact.objects.exists()


@pytest.mark.parametrize("body", [{"source": "a\0"}, {"tags": ["\0"]}, {"attributes": {"city": "L\0"}}])
def test_bytes_that_are_no_text_are_a_problem_not_a_crash(partner, body):
    make_attribute(name="city")
    assert partner.post("/api/v1/contacts/", {"email": "ann@example.com", **body}).status_code == 422
    assert partner.get("/api/v1/topics/a%00/").status_code == 404


def test_a_refusal_is_repeated_too_and_leaves_nothing(partner):
    first = partner.post("/api/v1/contacts/", {"email": "nobody"}, Idempotency_Key="k2")
    again = partner.post("/api/v1/contacts/", {"email": "nobody"}, Idempotency_Key="k2")

    assert first.status_code == again.status_code == 422
    assert first.json() == again.json()
    assert again["Content-Type"] == "application/problem+json"


def test_a_body_that_is_no_json_is_a_problem_not_a_crash(partner):
    broken = partner.client.post("/api/v1/contacts/", "{", "application/json", headers=partner.headers())
    form = partner.client.post("/api/v1/contacts/", {"email": "x"}, headers=partner.headers())
    listed = partner.post("/api/v1/contacts/", [1, 2])

    assert (broken.status_code, form.status_code, listed.status_code) == (400, 415, 422)
    assert broken["Content-Type"] == form["Content-Type"] == "application/problem+json"


def test_the_list_pages_by_cursor_with_a_constant_number_of_queries(partner, django_assert_max_num_queries):
    for number in range(5):
        make_contact(email=f"fan{number}@example.com")

    with django_assert_max_num_queries(8):
        page = partner.get("/api/v1/contacts/", limit=2).json()
    rest = partner.client.get(page["next"], headers=partner.headers()).json()

    assert [one["email"] for one in page["results"] + rest["results"]] == [f"fan{n}@example.com" for n in range(4)]


def test_the_timeline_of_a_contact_needs_a_time_with_a_zone(partner):
    ann = make_contact(email="ann@example.com")

    assert partner.get(f"/api/v1/contacts/{ann.pk}/timeline/").json() is not None
    refused = partner.get(f"/api/v1/contacts/{ann.pk}/timeline/", before="yesterday")

    assert refused.status_code == 422
    assert partner.get("/api/v1/contacts/999999/timeline/").status_code == 404


def test_segments_are_checked_counted_and_listed(partner):
    make_contact(email="ann@example.com", language="fr")
    make_contact(email="dan@example.com", language="en")
    rules = {"all": [{"field": "language", "op": "is", "value": "fr"}]}

    made = partner.post("/api/v1/segments/", {"name": "French", "rules": rules})
    wrong = partner.post(
        "/api/v1/segments/", {"name": "Odd", "rules": {"all": [{"field": "langage", "op": "is", "value": "fr"}]}}
    )

    assert made.status_code == 201 and made.json()["sentence"]
    number = made.json()["id"]
    assert partner.get(f"/api/v1/segments/{number}/count/").json() == {"yes": 1, "no": 1, "not_observable": 0}
    members = partner.get(f"/api/v1/segments/{number}/members/").json()["results"]
    assert [one["email"] for one in members] == ["ann@example.com"]
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["pointer"] == "/rules"


def test_reading_rules_does_not_give_the_right_to_see_people(db):
    make_contact(email="ann@example.com")
    of_rules = Partner("segments:read", "segments:write")
    path = f"/api/v1/segments/{of_rules.post('/api/v1/segments/', {'name': 'all', 'rules': {'all': []}}).json()['id']}/"
    of_both = Partner("segments:read", "contacts:read", owner=of_rules.key.owner)

    assert of_rules.get(f"{path}count/").json()["yes"] == 1
    assert of_rules.get(f"{path}members/").status_code == 403
    assert of_both.get(f"{path}members/").json()["results"][0]["email"] == "ann@example.com"


def test_topics_are_read_by_short_name(db):
    make_topic(slug="offers")
    partner = Partner("topics:read")

    assert partner.get("/api/v1/topics/offers/").json()["slug"] == "offers"


def test_rules_are_tried_explained_and_never_kept_in_a_circle(partner):
    ann = make_contact(email="ann@example.com", language="fr")
    french = {"all": [{"field": "language", "op": "is", "value": "fr"}]}
    number = partner.post("/api/v1/segments/", {"name": "French", "rules": french}).json()["id"]

    tried = partner.post("/api/v1/segments/preview/", {"rules": french}).json()
    assert (tried["count"], tried["margin"]) == ({"yes": 1, "no": 0, "not_observable": 0}, None)
    fields = {one["field"]: one for one in partner.get("/api/v1/segments/fields/").json()}
    assert fields["ordered"]["conditions"][:2] == ["category", "size"] and fields["opened"]["may_be_unknown"]
    why = partner.get(f"/api/v1/segments/{number}/why/?contact={ann.pk}").json()
    assert why["answer"] is True and why["parts"][0]["words"] == "language is “French”"
    assert partner.get(f"/api/v1/segments/{number}/why/?contact=x").status_code == 404

    circle = {"field": "segment", "op": "within", "value": number}
    answer = partner.patch(f"/api/v1/segments/{number}/", {"rules": circle})
    assert answer.status_code == 422 and "asks about itself" in answer.content.decode()
    deep = {"field": "email", "op": "is_set"}
    for _level in range(200):
        deep = {"not": deep}
    answer = partner.post("/api/v1/segments/preview/", {"rules": deep})
    assert answer.status_code == 422 and "nested too deeply" in answer.content.decode()
    endless = f'{{"rules": {"[" * 50_000}{"]" * 50_000}}}'
    answer = partner.client.post("/api/v1/segments/preview/", endless, "application/json", headers=partner.headers())
    assert answer.status_code == 400


@pytest.mark.parametrize("asked", ["ANN@ex", "ann", "le g", "ann le", "Le Goff"])
def test_people_are_found_by_the_beginning_of_address_or_name(partner, asked):
    ann = make_contact(email="ann@example.com", first_name="Ann", last_name="Le Goff")
    make_contact(email="ben@example.com", first_name="Ben", last_name="Marann")

    found = partner.get("/api/v1/contacts/", q=asked).json()["results"]

    assert [one["id"] for one in found] == [ann.pk]


@pytest.mark.parametrize("asked", ["limit=", "limit=many", "limit=0", "limit=-1", "email=", "updated_since="])
def test_an_empty_filter_or_a_limit_that_is_no_number_is_refused_and_never_gives_everything(partner, asked):
    make_contact()

    refused = partner.client.get(f"/api/v1/contacts/?{asked}", headers=partner.headers())

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == f"/{asked.partition('=')[0]}"
