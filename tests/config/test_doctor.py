"""The doctor asks real parts: an SMTP server, a DNS server, the disk; and says what it could not ask."""

import contextlib
import datetime as dt
import os
import socket

import dns.message
import dns.resolver
import dns.rrset
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.core.management import call_command
from django.utils import timezone

from config import diagnosis, environment, health
from contacts import heartbeats
from contacts.models import Heartbeat
from tests.ports import free_port


def only(findings):
    (found,) = findings
    return found


@contextlib.contextmanager
def smtp_server(**options):
    """A real SMTP server that takes one password."""

    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == b"right", handled=False)

    controller = Controller(object(), hostname="127.0.0.1", port=free_port(), authenticator=authenticate, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def states(findings):
    return {finding.what: finding.state for finding in findings}


def test_a_domain_that_publishes_all_three_is_good(zone):
    zone["bounce.example.com"] = ["v=spf1 include:relay.example ~all"]
    zone["s1._domainkey.example.com"] = ["v=DKIM1; k=rsa; p=MIIB"]
    zone["_dmarc.example.com"] = ["v=DMARC1; p=none"]
    assert states(diagnosis.sender_domain("example.com", "bounce.example.com", "s1")) == {
        "SPF of bounce.example.com": "good",
        "DKIM of example.com": "good",
        "DMARC of example.com": "good",
    }


def test_what_is_not_published_is_bad_with_its_remedy(zone):
    zone["example.com"] = ["google-site-verification=x"]
    spf, dkim, dmarc = diagnosis.sender_domain("example.com", "example.com", "s1")
    assert {spf.state, dkim.state, dmarc.state} == {"bad"} and "v=spf1" in spf.remedy and "v=DMARC1" in dmarc.remedy


def test_two_spf_records_are_as_bad_as_none(zone):
    zone["example.com"] = ["v=spf1 a ~all", "v=spf1 mx ~all"]
    spf, *_ = diagnosis.sender_domain("example.com", "example.com")
    assert spf.state == "bad" and "2 times" in spf.says


def test_a_dns_that_does_not_answer_is_unknown_and_not_bad(monkeypatch):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], free_port(socket.SOCK_DGRAM)
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    monkeypatch.setattr("campaigns.domains.TIMEOUT", 0.3)
    assert {f.state for f in diagnosis.sender_domain("example.com", "example.com", "s1")} == {"unknown"}


def test_a_relay_that_takes_the_password_is_good(settings):
    with smtp_server(auth_require_tls=False) as port:
        settings.FANFARE_RELAYS = environment.relays(f"main=smtp://ann:right@127.0.0.1:{port}")
        found = only(diagnosis.relays())
    assert (found.state, found.says) == ("good", "connects, takes the password")


def test_a_wrong_password_is_told_without_showing_it(settings):
    with smtp_server(auth_require_tls=False) as port:
        settings.FANFARE_RELAYS = environment.relays(f"main=smtp://ann:hunter2@127.0.0.1:{port}")
        found = only(diagnosis.relays())
    assert found.state == "bad" and found.says == "refused the password (535)" and "hunter2" not in str(found)


def test_a_relay_without_the_tls_that_was_asked_for_is_bad(settings):
    with smtp_server() as port:
        settings.FANFARE_RELAYS = environment.relays(f"main=smtp+starttls://127.0.0.1:{port}")
        assert only(diagnosis.relays()).state == "bad"


def test_a_relay_that_is_not_there_is_bad_and_the_outbox_is_good(settings):
    settings.FANFARE_RELAYS = environment.relays(
        f"outbox://,main=smtp://127.0.0.1:{free_port()},postmark://?server_token=x"
    )
    assert [finding.state for finding in diagnosis.relays()] == ["good", "bad", "unknown"]


def test_the_disk_is_written_and_read_back(db):
    assert {finding.state for finding in diagnosis.storage()} <= {"good", "odd"}


def test_a_folder_that_cannot_be_written_is_bad(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "file", "base_url": None},
        },
    }
    assert states(diagnosis.storage())["storage private"] == "bad"


def test_services_are_good_when_seen_and_bad_when_not(db):
    heartbeats.beat("beat")
    heartbeats.beat("worker")
    Heartbeat.objects.filter(service="worker").update(at=timezone.now() - dt.timedelta(hours=1))
    assert states(diagnosis.services()) == {"beat": "good", "worker": "bad", "ingest": "bad"}


def test_the_clock_agrees_with_the_database(db):
    assert only(diagnosis.clock()).state == "good"


def test_missing_migrations_are_named(db, monkeypatch):
    monkeypatch.setattr(health, "pending_migrations", lambda: 2)
    found = only(diagnosis.database())
    assert found.state == "bad" and "2 migrations" in found.says and "upgrade" in found.remedy


def test_the_command_ends_with_1_when_something_is_bad(db, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    said = capsys.readouterr().out
    assert ended.value.code == 1 and "BAD" in said and "→ Start it: python3 manage.py up" in said


def test_a_lost_database_does_not_stop_the_other_questions(empty_site):
    port = free_port()
    done = empty_site.manage("doctor", DATABASE_URL=f"postgres://u:hunter2@127.0.0.1:{port}/x")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "database" in done.stdout and "broker filesystem: answers" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr and os.linesep in done.stdout
