"""The house stands: every door opens, nothing is left to migrate."""

import pytest


def test_healthz_answers_without_a_database(client):
    assert client.get("/healthz").json() == {"status": "alive"}


@pytest.mark.django_db
def test_readyz_asks_the_database(client):
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_the_public_policy_is_strict_and_the_admin_one_relaxed(client):
    strict = client.get("/healthz")["Content-Security-Policy"]
    relaxed = client.get("/admin/login/")["Content-Security-Policy"]
    assert "unsafe" not in strict
    assert "unsafe-eval" in relaxed and "script-src 'self' 'unsafe-eval'" in relaxed
