from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from config.partners import keys
from config.partners.models import ApiKey
from tests.api.conftest import AT_DOCS, Partner
from tests.make import make_place, make_topic, make_user

pytestmark = pytest.mark.django_db


def test_a_key_is_kept_only_as_a_hash():
    key, text = keys.issue("shop", make_user(), ["contacts:read"])

    stored = " ".join(str(value) for value in ApiKey.objects.filter(pk=key.pk).values()[0].values())

    assert text.partition(".")[2] not in stored
    assert keys.find(text) == key


def test_wrong_expired_revoked_and_orphaned_keys_open_nothing():
    owner = make_user()
    _key, good = keys.issue("shop", owner, ["contacts:read"])
    expired, old = keys.issue("old", owner, ["contacts:read"], expires_at=timezone.now() - timedelta(seconds=1))
    revoked, ended = keys.issue("ended", owner, ["contacts:read"])
    keys.revoke(revoked, owner)

    assert keys.find(good)
    assert [keys.find(text) for text in (good[:-1] + "x", "fan_.", "", old, ended)] == [None] * 5
    owner.is_active = False
    owner.save()
    assert keys.find(good) is None
    assert expired.secret_hash != revoked.secret_hash


def test_a_request_without_or_with_a_wrong_key_gets_one_and_the_same_problem():
    none = Client().get("/api/v1/contacts/")
    wrong = Client().get("/api/v1/contacts/", headers={"Authorization": "Bearer fan_AAAAAAAA.00"})

    assert none.status_code == wrong.status_code == 401
    assert none["Content-Type"] == "application/problem+json"
    assert none["WWW-Authenticate"].startswith("Bearer")
    assert wrong.json()["code"] == "authentication_failed"


def test_a_key_reads_only_what_its_scopes_say():
    reader = Partner("contacts:read")

    assert reader.get("/api/v1/contacts/").status_code == 200
    refused = reader.post("/api/v1/contacts/", {"email": "ann@example.com"})

    assert refused.status_code == 403
    assert "contacts:write" in refused.json()["detail"]
    assert reader.get("/api/v1/campaigns/").status_code == 403


def test_using_a_key_is_remembered_but_not_written_at_each_request(django_assert_num_queries):
    _key, text = keys.issue("shop", make_user(), ["contacts:read"])
    keys.find(text)
    first = ApiKey.objects.get().last_used_at

    keys.find(text)

    assert first and ApiKey.objects.get().last_used_at == first


def test_the_command_prints_the_key_once_and_refuses_unknown_scopes(capsys):
    make_user(username="marie")

    call_command("create_api_key", "web shop", owner="marie", scope=["conversions:write"])

    assert keys.find(capsys.readouterr().out.strip()).scopes == ["conversions:write"]
    with pytest.raises(CommandError, match="Unknown scope orders:eat"):
        call_command("create_api_key", "web shop", owner="marie", scope=["orders:eat"])


def test_the_command_binds_a_key_to_topics_and_places_and_makes_none_when_one_is_unknown(capsys):
    make_user(username="marie")
    letter, lyon = make_topic(slug="letter"), make_place(slug="lyon")
    asked = {"owner": "marie", "scope": ["contacts:read"]}

    call_command("create_api_key", "web shop", topic=["letter"], place=["lyon"], **asked)
    key = keys.find(capsys.readouterr().out.strip())
    with pytest.raises(CommandError, match="no such topic or place"):
        call_command("create_api_key", "other", topic=["lettre"], **asked)

    assert (list(key.topics.all()), list(key.places.all())) == ([letter], [lyon])
    assert ApiKey.objects.count() == 1


def test_every_answer_says_what_is_left_of_the_minute_and_beyond_it_is_429():
    partner = Partner("contacts:read", "webhooks:read")
    ApiKey.objects.update(per_minute=2)
    with time_machine.travel(datetime(2026, 5, 2, 10, 0, 15, tzinfo=UTC), tick=False) as clock:
        first, second, third = (partner.get("/api/v1/contacts/") for _request in range(3))
        clock.shift(timedelta(seconds=46))
        later = partner.get("/api/v1/webhooks/")

    assert [answer.status_code for answer in (first, second, third, later)] == [200, 200, 429, 200]
    assert first["RateLimit-Policy"] == '"key";q=2;w=60' and first["RateLimit"] == '"key";r=1;t=46'
    assert third["RateLimit"] == '"key";r=0;t=46' and third["Retry-After"] == "46"
    assert third.json()["code"] == "throttled"
    assert later["RateLimit"].startswith('"key";r=1')


def test_one_key_at_its_limit_stops_no_other_and_nobody_in_the_desk(admin_client):
    busy, other = Partner("contacts:read"), Partner("contacts:read", owner=make_user(username="other"))
    ApiKey.objects.filter(pk=busy.key.pk).update(per_minute=1)

    busy.get("/api/v1/contacts/")

    assert busy.get("/api/v1/contacts/").status_code == 429
    assert other.get("/api/v1/contacts/").status_code == 200
    assert "RateLimit" not in admin_client.get("/api/v1/contacts/", headers=AT_DOCS)


def test_a_key_renews_itself_and_both_secrets_open_for_a_day():
    partner = Partner("contacts:read")
    renewed = partner.post("/api/v1/keys/own/rotate/").json()

    assert keys.find(partner.text) == keys.find(renewed["key"]) == partner.key
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert keys.find(partner.text) is None
        assert keys.find(renewed["key"]) == partner.key
    stored = str(ApiKey.objects.filter(pk=partner.key.pk).values()[0])
    assert renewed["key"].partition(".")[2] not in stored


def test_a_key_reads_what_it_may_and_how_much_it_was_used():
    partner = Partner("contacts:read")
    with time_machine.travel(datetime(2026, 5, 2, 10, 0, 15, tzinfo=UTC), tick=False) as clock:
        for _request in range(3):
            partner.get("/api/v1/contacts/")
        clock.shift(timedelta(minutes=5))
        own = partner.get("/api/v1/keys/own/").json()

    assert own["scopes"] == ["contacts:read"] and own["per_minute"] == 600
    assert own["usage"] == [{"day": "2026-05-02", "n": 3}]
    assert not {"secret", "secret_hash", "old_secret_hash"} & set(own)


def test_nobody_asks_about_a_key_without_one(admin_client):
    assert admin_client.get("/api/v1/keys/own/", headers=AT_DOCS).status_code == 403
    assert Client().get("/api/v1/keys/own/").status_code == 401


def test_a_sign_in_to_the_desk_opens_the_api_on_its_own_page_only(admin_client):
    elsewhere = ({}, {"Referer": "http://testserver/admin/"}, {"Referer": "http://evil.example/api/docs/"})

    assert [admin_client.get("/api/v1/contacts/", headers=page).status_code for page in elsewhere] == [401] * 3
    assert admin_client.get("/api/v1/contacts/", headers=AT_DOCS).status_code == 200
    stale = {**AT_DOCS, "Authorization": "Basic bm9ib2R5Og=="}
    assert admin_client.get("/api/v1/contacts/", headers=stale).status_code == 401
    strict = Client(enforce_csrf_checks=True, headers=AT_DOCS)
    strict.cookies = admin_client.cookies
    assert strict.post("/api/v1/contacts/", {}, "application/json").status_code == 403
