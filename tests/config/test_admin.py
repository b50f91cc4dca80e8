import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from config.partners import keys
from config.partners.models import ApiKey
from contacts.models import AuditEntry
from tests.make import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    client = Client()
    client.force_login(make_user())
    return client


def test_a_key_made_in_the_desk_is_shown_once_and_works(desk):
    answer = desk.post(
        "/admin/config/apikey/add/", {"name": "shop", "scopes": ["contacts:read"]}, follow=True
    ).content.decode()

    text = re.search(r"fan_[0-9A-Z]{8}\.[0-9a-f]{64}", answer)[0]
    assert keys.find(text).scopes == ["contacts:read"]
    assert text not in desk.get("/admin/config/apikey/").content.decode()


def test_a_key_is_revoked_from_the_list_and_never_deleted(desk):
    _key, text = keys.issue("shop", make_user(username="owner"), ["contacts:read"])

    desk.post("/admin/config/apikey/", {"action": "revoke", "_selected_action": [ApiKey.objects.get().pk]})

    assert keys.find(text) is None
    assert desk.post(f"/admin/config/apikey/{ApiKey.objects.get().pk}/delete/").status_code == 403


def test_who_may_only_see_keys_revokes_none(desk):
    _key, text = keys.issue("shop", make_user(username="owner"), ["contacts:read"])
    ana = make_user(username="ana", is_superuser=False)
    ana.user_permissions.set(Permission.objects.filter(codename="view_apikey"))
    desk.force_login(ana)

    desk.post("/admin/config/apikey/", {"action": "revoke", "_selected_action": [ApiKey.objects.get().pk]})

    assert desk.get("/admin/config/apikey/").status_code == 200
    assert keys.find(text) is not None


@pytest.mark.parametrize("page", ["auth/user", "auth/user/add", "auth/group", "contacts/auditentry"])
def test_the_team_its_roles_and_the_audit_log_open(desk, page):
    assert desk.get(f"/admin/{page}/").status_code == 200


def test_the_audit_log_cannot_be_changed_by_hand(desk):
    keys.issue("shop", make_user(username="owner"), ["contacts:read"])

    assert desk.get("/admin/contacts/auditentry/add/").status_code == 403
    assert desk.post(f"/admin/contacts/auditentry/{AuditEntry.objects.get().pk}/delete/").status_code == 403
