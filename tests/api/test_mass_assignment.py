"""Every model's field names, posted to every operation that writes, change nothing but what is documented."""

import json
import re
import secrets

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from contacts.models import Job
from social.models import FanProof, Referral
from tests.make import make_contact, make_letter, make_offer, make_program, make_segment, make_share_link

PATHS = json.loads((settings.BASE_DIR / "docs" / "api" / "openapi.json").read_text())["paths"]
SCHEMAS = json.loads((settings.BASE_DIR / "docs" / "api" / "openapi.json").read_text())["components"]["schemas"]
NOT_OURS = {"sessions", "admin", "contenttypes"}  # Django's own, and no row of them is an object of the API
TRACES = {"ApiKey", "IdempotencyKey", "KeyUse", "AuditEntry", "WebhookAttempt"}  # that a key asked, under new ids
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]")
FIELDS = sorted({field.name for model in apps.get_models() for field in model._meta.get_fields()})


class Undone(Exception):
    """What an operation did is rolled back."""


@pytest.fixture
def house(partner):
    """One object of each resource that is changed by its number."""
    campaign, ann, ben = make_letter(), make_contact(), make_contact(email="ben@example.com")
    offer, link = make_offer(), make_share_link(campaign=campaign, contact=ann)
    program = make_program(name="Friends", friend_offer=offer, sponsor_offer=offer)
    jobs = {
        kind: Job.objects.create(kind=kind, parameters={"columns": []}).pk
        for kind in ("import", "suppressions", "orders")
    }
    hook = partner.post("/api/v1/webhooks/", {"url": "https://93.184.215.14/hook"}).json()["id"]
    poster = partner.post("/api/v1/qr-codes/", {"name": "Window", "target": "https://shop.example/"}).json()
    return {
        "campaigns": campaign.pk, "contacts": ann.pk, "offers": offer.pk, "segments": make_segment().pk,
        "fan-proofs": FanProof.objects.create(contact=ann, network="bluesky", level=1, verified_at=timezone.now()).pk,
        "qr-codes": poster["id"],
        "referrals": Referral.objects.create(program=program, sponsor=ann, friend=ben, share_link=link).pk,
        "imports": jobs["import"], "suppression-imports": jobs["suppressions"], "order-imports": jobs["orders"],
        "webhooks": hook,
    }  # fmt: skip


def writes():
    """Each operation that writes, with the names that its body documents (None: it takes none) and its answer."""
    for path, verbs in PATHS.items():
        for verb, operation in verbs.items():
            if verb not in {"post", "patch", "put"}:
                continue
            content = operation.get("requestBody", {}).get("content", {})
            if "multipart/form-data" in content:
                continue  # a file, and then a job that its own tests read row by row
            answers = (one.get("content", {}) for one in operation["responses"].values())
            yield verb, path, named(content), set().union(*(named(answer) or () for answer in answers))


def named(content):
    """The names that a body's schema documents; None when there is no body."""
    schema = content.get("application/json", {}).get("schema", {})
    return set(SCHEMAS[schema["$ref"].rpartition("/")[2]]["properties"]) if "$ref" in schema else None


def rows():
    """Every row of ours, as it stands."""
    found = {}
    for model in apps.get_models():
        if model._meta.app_label not in NOT_OURS and model.__name__ not in TRACES:
            fields = [field.name for field in model._meta.concrete_fields]
            for row in model._base_manager.order_by("pk"):
                found[model.__name__, row.pk] = {**model_to_dict(row, fields=fields), "_": None}
    return json.loads(json.dumps([[list(key), value] for key, value in found.items()], default=str))


def done(partner, verb, path, body):
    """What the rows are after an operation, which is then undone."""
    try:
        with transaction.atomic():
            answer = partner.client.generic(
                verb.upper(),
                path,
                json.dumps(body),
                content_type="application/json",
                headers=partner.headers(Idempotency_Key="once"),
            )
            after = rows()
            raise Undone
    except Undone:
        return answer, after


def test_names_of_fields_that_are_not_documented_are_refused_and_change_nothing(partner, house):
    before, wrong = rows(), {}
    for verb, path, known, answered in writes():
        if known is None:
            continue
        body = {name: 1 for name in FIELDS if name not in known}
        answer, after = done(partner, verb, filled(path, house), body)
        told = {one["pointer"].strip("/") for one in answer.json().get("errors", [])}
        if answer.status_code != 422 or not set(body) <= told | answered or seen(before, after) != seen(before, before):
            more = [one for one in seen(before, after) if one not in seen(before, before)]
            wrong[verb, path] = (answer.status_code, sorted(set(body) - told)[:5], more[:3])

    assert len(FIELDS) > 300 and wrong == {}


def test_an_operation_without_a_body_does_the_same_whatever_is_posted_to_it(partner, house, monkeypatch):
    monkeypatch.setattr(secrets, "token_bytes", lambda n=32: b"x" * n)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda n=32: "x" * n)
    wrong, before = {}, rows()
    with time_machine.travel(timezone.now(), tick=False):
        for verb, path, known, _answered in writes():
            if known is not None:
                continue
            bare, given = (done(partner, verb, filled(path, house), body) for body in ({}, dict.fromkeys(FIELDS, 1)))
            same = seen(before, bare[1]) == seen(before, given[1]) and bare[0].status_code == given[0].status_code
            if not same and given[0].status_code != 422:
                wrong[verb, path] = (bare[0].status_code, given[0].status_code)

    assert wrong == {}


def seen(before, after):
    """What the rows are; on PostgreSQL, whose numbers and clock outlive an undone change, new ones are only counted."""
    if connection.vendor == "sqlite":
        return after
    known = {tuple(key) for key, _values in before}
    return sorted(
        json.dumps(
            [name, pk, {field: value for field, value in values.items() if not TIME.match(str(value))}]
            if (name, pk) in known
            else [name]
        )
        for (name, pk), values in after
    )


def filled(path, house):
    """The path with the number of this house's object."""
    resource = path.split("/")[3]
    return re.sub(r"\{\w+\}", str(house[resource]), path) if "{" in path else path
