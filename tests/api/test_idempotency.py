"""`Idempotency-Key` on every POST of the router: the same answer, or 422 for another body; no route escapes."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.partners import keys
from config.partners.models import ApiKey
from contacts.models import Contact, IdempotencyKey
from social.models import Claim, Redemption
from tests.api.test_matrix import routes
from tests.make import make_contact, make_offer

pytestmark = pytest.mark.django_db
# A reversal is asked of a redemption that is there: a test of its own below.
POSTS = sorted(path for verb, path in routes() if verb == "POST" and path != "/api/v1/reversals/")


def again(partner, path, body, key="k-1"):
    headers = partner.headers(Idempotency_Key=key)
    return partner.client.post(path, json.dumps(body), "application/json", headers=headers)


def test_every_post_takes_the_key_and_refuses_it_with_another_body(partner):
    ApiKey.objects.update(per_minute=100_000)
    escaped = {}
    for number, path in enumerate(POSTS):
        address = path.replace("{pk}", "999999")
        form = "json" if not path.endswith("imports/") else "multipart"
        first, same, other = (_send(partner, address, form, word, f"k-{number}") for word in ("a", "a", "b"))
        if (first.status_code, first.content) != (same.status_code, same.content) or other.status_code != 422:
            escaped[path] = (first.status_code, same.status_code, other.status_code)
        elif other.json()["code"] not in {"idempotency_conflict", "IDEMPOTENCY_CONFLICT"}:
            escaped[path] = other.json()

    assert len(POSTS) > 40 and escaped == {}


def _send(partner, address, form, word, key):
    headers = partner.headers(Idempotency_Key=key)
    if form == "multipart":
        file = SimpleUploadedFile("people.csv", f"email\n{word}@example.com\n".encode())
        return partner.client.post(address, {"file": file, "source": "shop", "currency": "EUR"}, headers=headers)
    body = BODIES.get(address, lambda word: {"word": word})(word)
    return partner.client.post(address, json.dumps(body), "application/json", headers=headers)


# Verbs that keep their answers themselves read the body first: it has to be a good one.
BODIES = {
    "/api/v1/redemptions/": lambda word: {"code": word * 11},
}


def test_what_was_made_is_made_once(partner):
    body = {"email": "ann@example.com"}

    first, second = again(partner, "/api/v1/contacts/", body), again(partner, "/api/v1/contacts/", body)

    assert (first.status_code, second.status_code) == (201, 201) and first.json() == second.json()
    assert Contact.objects.count() == 1
    assert again(partner, "/api/v1/contacts/", {"email": "ben@example.com"}).json()["code"] == "idempotency_conflict"


def test_a_renewed_key_is_told_again_and_kept_nowhere_readable(partner):
    first = again(partner, "/api/v1/keys/own/rotate/", {}).json()

    second = again(partner, "/api/v1/keys/own/rotate/", {}).json()

    assert first == second and keys.find(first["key"])
    assert first["key"].partition(".")[2] not in str(list(IdempotencyKey.objects.values()))


def test_a_reversal_repeated_with_another_reason_is_refused(partner):
    claim = again(partner, "/api/v1/claims/", {"offer": make_offer().pk, "contact": make_contact().pk}).json()
    made = again(partner, "/api/v1/redemptions/", {"code": claim["url"]}, "k-2").json()

    undone = again(partner, "/api/v1/reversals/", {"redemption": made["id"], "reason": "Goods back"}, "k-3")
    other = again(partner, "/api/v1/reversals/", {"redemption": made["id"], "reason": "A mistake"}, "k-3")

    assert undone.status_code == 201 and other.json()["code"] == "IDEMPOTENCY_CONFLICT"
    assert Redemption.objects.count() == 2 and Claim.objects.get().state == "open"
