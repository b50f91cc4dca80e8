"""The system checks say before the first send what would fail at it, and a production environment passes them all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import checks, environment

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SITE_URL": "https://mail.example.com",
    "TRACKING_URL": "https://go.example.com",
    "SECRET_KEY": "k3y-" * 20 + "0123456789abcdefghijkl",
    "TOKEN_KEYS": "1:" + "ab" * 32,
    "ADDRESS_PEPPER": "p" * 64,
    "DATABASE_URL": "postgres://fanfare:secret@127.0.0.1:5432/fanfare",
    "BROKER_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_RELAYS": "main=smtp+starttls://fanfare:secret@smtp.example.com:587",
    "TRUSTED_PROXIES": "127.0.0.1",
    "BASE_CURRENCY": "EUR",
    "TIME_ZONE": "Europe/Paris",
    "LANGUAGE_CODE": "fr",
}


def check_deploy(tmp_path, **variables):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env={**kept, "FANFARE_BOOTSTRAP": "0", "VAR_DIR": str(tmp_path), **variables},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def ids(messages):
    return [message.id for message in messages]


def test_a_production_environment_passes_every_deploy_check(tmp_path):
    done = check_deploy(tmp_path, **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_defaults_are_told_apart_from_production(tmp_path):
    done = check_deploy(tmp_path)
    for number in ("E001", "W003", "W006"):
        assert f"fanfare.{number}" in done.stderr


@pytest.mark.parametrize("name", ["SITE_URL", "TRACKING_URL"])
def test_plain_http_is_an_error_with_its_remedy(settings, name):
    settings.SITE_URL = settings.TRACKING_URL = "https://x.example"
    assert checks.addresses_use_https() == []
    setattr(settings, name, "http://x.example")
    (found,) = checks.addresses_use_https()
    assert found.id == "fanfare.E001" and name in found.msg and found.hint


def test_a_tracking_host_may_have_28_characters(settings):
    settings.TRACKING_URL = "https://" + "a" * 20 + ".example"
    assert checks.tracking_host_is_short() == []
    settings.TRACKING_URL = "https://" + "a" * 21 + ".example"
    assert ids(checks.tracking_host_is_short()) == ["fanfare.W002"]


def test_secrets_in_files_are_named(settings):
    settings.SECRETS_IN_FILES = ["TOKEN_KEYS"]
    (found,) = checks.secrets_are_given()
    assert "TOKEN_KEYS" in found.msg


def test_a_short_pepper_is_an_error(settings):
    settings.ADDRESS_PEPPER = "salt"
    assert ids(checks.pepper_is_long()) == ["fanfare.E004"]


@pytest.mark.parametrize(
    ("relays", "found"),
    [
        ("smtp://mx.example", ["fanfare.W005"]),
        ("smtp://localhost", []),
        ("smtp+starttls://mx.example", []),
        ("postmark://?server_token=x", []),
    ],
)
def test_only_a_distant_relay_without_tls_is_warned_of(settings, relays, found):
    settings.FANFARE_RELAYS = environment.relays(relays)
    assert ids(checks.relays_are_encrypted()) == found


def test_the_outbox_alone_sends_nothing(settings):
    settings.FANFARE_RELAYS = environment.relays("outbox://")
    assert ids(checks.mails_leave()) == ["fanfare.W006"]
    settings.FANFARE_RELAYS = environment.relays("outbox://,smtps://mx.example")
    assert checks.mails_leave() == []


def test_the_filesystem_broker_goes_with_sqlite_only(settings, monkeypatch):
    settings.BROKER_URL = "filesystem://"
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert ids(checks.broker_is_shared()) == ["fanfare.W007"]
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert checks.broker_is_shared() == []


def test_a_currency_must_exist(settings):
    settings.BASE_CURRENCY = "EUR"
    assert checks.currency_exists() == []
    settings.BASE_CURRENCY = "QQQ"
    assert ids(checks.currency_exists()) == ["fanfare.E008"]


@pytest.mark.parametrize("name", checks.EXTENSIONS)
def test_a_misspelt_extension_is_named(settings, name):
    setattr(settings, name, ["social.no_such_module", "nowhere.at.all"])
    assert ids(checks.extensions_exist()) == ["fanfare.E009"] * 2


@pytest.mark.django_db
def test_the_database_of_this_run_is_recent_enough():
    assert checks.database_is_recent(databases=["default"]) == []
