from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from config.partners import keys
from config.partners.models import ApiKey
from tests.api.conftest import Partner
from tests.make import make_user

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
