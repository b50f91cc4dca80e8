"""Who may do what: every route of the API, asked by nobody, by a key with every scope but the needed one and with it,
and by each role of the desk on the API's page.

docs/api/scopes.md is the rule; a route that is not in it fails here, and so does one whose rule changed.
"""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client

from config.api import router
from config.partners import keys
from config.partners.models import ApiKey
from config.partners.scope_words import told
from tests.api.conftest import AT_DOCS
from tests.make import make_user

RULE = re.compile(r"^\| `([A-Z]+)` \| `(/api/v1/[^`]+)` \| ([a-z:` -]+) \| ([a-z, ]*) \|$", re.MULTILINE)
TABLE = RULE.findall((settings.BASE_DIR / "docs" / "api" / "scopes.md").read_text())
RULES = {(verb, path): scopes.replace("`", "").split() for verb, path, scopes, _roles in TABLE}
ROLES = {(verb, path): set(filter(None, roles.split(", "))) for verb, path, _scopes, roles in TABLE}


def routes():
    """Every method and path that the router knows, as the table writes them."""
    for route in router.urls:
        path = "/api/v1/" + re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", str(route.pattern)).strip("^$")
        for verb in list(route.callback.actions):  # a view that is asked meanwhile adds HEAD
            if verb != "head":
                yield verb.upper(), path


def ask(client, verb, path, **headers):
    address = re.sub(r"\{\w+\}", "999999", path)
    return client.generic(verb, address, "{}", content_type="application/json", headers=headers)


def test_every_route_has_its_rule_and_every_rule_its_route():
    assert set(routes()) == set(RULES)


@pytest.mark.django_db
def test_nobody_gets_in_without_a_key():
    client = Client()
    answers = {(verb, path): ask(client, verb, path).status_code for verb, path in RULES}
    open_without_slash = {
        (verb, path): status
        for verb, path in RULES
        if (status := ask(client, verb, path.rstrip("/")).status_code) not in {301, 401, 404}
    }

    assert {route: status for route, status in answers.items() if status != 401} == {}
    assert open_without_slash == {}


@pytest.mark.django_db
def test_each_role_of_the_desk_may_try_what_the_table_says_and_nothing_else():
    wrong = {}
    for role in Group.objects.all():
        user = make_user(username=role.name, is_superuser=False)
        user.groups.add(role)
        client = Client(headers=AT_DOCS)
        client.force_login(user)
        for (verb, path), roles in ROLES.items():
            status = ask(client, verb, path).status_code
            if (status != 403) != (role.name in roles) or status >= 500:
                wrong[verb, path, role.name] = status

    assert Group.objects.count() == 6 and wrong == {}


@pytest.mark.django_db
def test_every_other_scope_opens_nothing_and_the_needed_one_does():
    _key, text = keys.issue("shop", make_user(), [], per_minute=1_000_000)
    client, headers = Client(raise_request_exception=True), {"Authorization": f"Bearer {text}"}
    wrong = {}
    for (verb, path), scopes in RULES.items():
        if scopes == ["any"]:
            continue
        ApiKey.objects.update(scopes=[other for other in keys.SCOPES if other != scopes[0]])
        without = ask(client, verb, path, **headers).status_code
        ApiKey.objects.update(scopes=scopes)
        given = ask(client, verb, path, **headers).status_code
        if without != 403 or given in {401, 403} or given >= 500:
            wrong[verb, path] = (without, given)

    assert wrong == {}


def test_what_a_scope_opens_is_said_in_words_and_nothing_is_said_of_one_that_opens_nothing():
    opened = {scope for scopes in RULES.values() for scope in scopes} - {"any"}

    assert opened == {scope for scope in keys.SCOPES if str(told(scope))}
