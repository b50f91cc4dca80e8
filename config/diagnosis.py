"""What `manage.py doctor` asks, one function a question, each answering with findings.

    Finding("bad", "relay main", "refused the password (535)", "Correct the user and password in EMAIL_RELAYS.")

`good` needs nothing, `odd` wants a look, `bad` will fail, `unknown` could not be asked (no network, no database).
"""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import override

from campaigns import domains as published
from campaigns.models import Sender
from campaigns.tracking import spool
from config import broker, health
from contacts import heartbeats, retention

TIMEOUT = 8.0  # seconds for each question over the network
CLOCK_SKEW = 5.0  # seconds between this machine and the database


@dataclass(frozen=True)
class Finding:
    state: Literal["good", "odd", "bad", "unknown"]
    what: str
    says: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Ask everything, in the order in which one thing stands on another."""
    questions: list[Callable[[], Iterator[Finding]]] = [
        database, clock, storage, secrets_kept, the_broker, services, relays, senders, prospects,
    ]  # fmt: skip
    for question in questions:
        try:
            yield from question()
        except DatabaseError as why:
            yield Finding("unknown", question.__name__.strip("_"), f"needs the database: {type(why).__name__}")


def database() -> Iterator[Finding]:
    """Does the database answer, and is it migrated?"""
    try:
        missing = health.pending_migrations()
    except DatabaseError as why:
        yield Finding("bad", "database", first_line(why), "Start it, and correct DATABASE_URL.")
        return
    if missing:
        yield Finding("bad", "database", f"{missing} migrations are missing", "Run: python3 manage.py upgrade")
    else:
        yield Finding("good", "database", f"{connection.vendor}, migrated")


def clock() -> Iterator[Finding]:
    """Do this machine and the database agree on the time? Leases and retries live by it."""
    sql = "SELECT EXTRACT(EPOCH FROM clock_timestamp())"
    if connection.vendor != "postgresql":
        yield Finding("good", "clock", "the database is in this machine")
        return
    with connection.cursor() as cursor:
        cursor.execute(sql)
        skew = abs(float(cursor.fetchone()[0]) - timezone.now().timestamp())
    if skew > CLOCK_SKEW:
        yield Finding("bad", "clock", f"{skew:.0f} s apart from the database", "Run an NTP client on both machines.")
    else:
        yield Finding("good", "clock", f"{skew:.2f} s apart from the database")


def storage() -> Iterator[Finding]:
    """Can files be written and read back, and is there room?"""
    for name in ("public", "private"):
        try:
            kept = storages[name].save("doctor.txt", ContentFile(b"doctor"))
            with storages[name].open(kept) as file:
                whole = file.read() == b"doctor"
            storages[name].delete(kept)
        except OSError as why:
            yield Finding("bad", f"storage {name}", first_line(why), "Let the user that runs Fanfare write there.")
            continue
        yield Finding(
            "good" if whole else "bad", f"storage {name}", "writes and reads" if whole else "read other bytes"
        )
    try:
        with tempfile.TemporaryFile(dir=settings.VAR_DIR) as probe:
            os.fsync(probe.fileno())
    except OSError as why:
        yield Finding("bad", "VAR_DIR", first_line(why), "Let the user that runs Fanfare write there.")
    if complaint := spool.alarm():
        yield Finding("bad", "disk", complaint, "Make room, or give VAR_DIR a larger disk.")
    else:
        yield Finding("good", "disk", f"{shutil.disk_usage(settings.VAR_DIR).free / 1e9:.1f} GB free")


def secrets_kept() -> Iterator[Finding]:
    """Are the secrets given from outside, where a lost disk does not take them along?"""
    if settings.SECRETS_IN_FILES:
        names = ", ".join(settings.SECRETS_IN_FILES)
        yield Finding(
            "odd", "secrets", f"{names} live in files under VAR_DIR", "Set them in the environment; keep a copy."
        )
    else:
        yield Finding("good", "secrets", "given by the environment")


def the_broker() -> Iterator[Finding]:
    """Does Celery's broker answer?"""
    why = broker.complaint()
    scheme = settings.BROKER_URL.split(":", 1)[0]
    if why:
        yield Finding("bad", f"broker {scheme}", why, "Start it, and correct BROKER_URL. `send` works without it.")
    else:
        yield Finding("good", f"broker {scheme}", "answers")


def services() -> Iterator[Finding]:
    """Were beat, worker and ingest seen lately?"""
    ages = heartbeats.ages()
    for service in health.SERVICES:
        if complaint := health.stale(service, ages.get(service)):
            yield Finding("bad", service, complaint.removeprefix(f"{service} "), "Start it: python3 manage.py up")
        else:
            yield Finding("good", service, f"seen {ages[service]:.0f} s ago")


def relays() -> Iterator[Finding]:
    """Does each relay take our connection, our encryption and our password? No mail is sent."""
    for relay in settings.FANFARE_RELAYS:
        name = f"relay {relay['name']}"
        if relay["kind"] == "outbox":
            yield Finding("good", name, "mails stay in the Outbox")
        elif relay["kind"] == "anymail":
            yield Finding("unknown", name, f"{relay['options']['esp']} can only be asked by sending a mail")
        else:
            yield ask_smtp(name, relay["options"])


def ask_smtp(name: str, options: dict[str, Any]) -> Finding:
    """Connect, encrypt, authenticate, leave."""
    context = ssl.create_default_context()
    try:
        if options["tls"] == "implicit":
            client: smtplib.SMTP = smtplib.SMTP_SSL(options["host"], options["port"], timeout=TIMEOUT, context=context)
        else:
            client = smtplib.SMTP(options["host"], options["port"], timeout=TIMEOUT)
        with client:
            if options["tls"] == "starttls":
                client.starttls(context=context)
            if options["username"]:
                client.login(options["username"], options["password"])
            client.noop()
    except smtplib.SMTPAuthenticationError as why:
        return Finding("bad", name, f"refused the password ({why.smtp_code})", "Correct the user in EMAIL_RELAYS.")
    except smtplib.SMTPNotSupportedError as why:
        return Finding("bad", name, first_line(why), "Use another scheme in EMAIL_RELAYS (smtp, smtp+starttls, smtps).")
    except socket.gaierror:
        return Finding("bad", name, "its host name is not known", "Correct the host in EMAIL_RELAYS, or the resolver.")
    except (OSError, smtplib.SMTPException) as why:
        return Finding("bad", name, first_line(why), "Is the host right, the port open, the certificate valid?")
    return Finding("good", name, "connects" + (", takes the password" if options["username"] else ""))


def senders() -> Iterator[Finding]:
    """Do the domains that we write from publish SPF, DKIM and DMARC, and do their relays exist?"""
    known = {relay["name"] for relay in settings.FANFARE_RELAYS}
    writing = Sender.objects.filter(archived_at=None)
    for sender in writing:
        if sender.relay and sender.relay not in known:
            remedy = f"Choose one of {', '.join(sorted(known))} in the admin, or add it to EMAIL_RELAYS."
            yield Finding("bad", f"sender {sender.pk}", f"its relay {sender.relay} does not exist", remedy)
    for domain, envelope, selector in sorted({domains(sender) for sender in writing}):
        yield from sender_domain(domain, envelope, selector)
    if not writing:
        yield Finding("odd", "senders", "there is none yet", "Add one in the admin: who writes, from which address.")


def prospects() -> Iterator[Finding]:
    """Has the operator decided what becomes of people who were silent for years?"""
    if settings.PROSPECTS_MAY_GO:
        kept = f"forgotten {settings.PROSPECT_YEARS} years after their last act" if settings.PROSPECT_YEARS else "kept"
        yield Finding("good", "prospects", kept)
        return
    due = retention.due()
    said = f"{due.soon + due.over} reach three years of silence within two months; nothing happens to them yet"
    remedy = "Set PROSPECT_YEARS: 3 writes once more and then forgets them, as the law wants it; 0 keeps them for ever."
    yield Finding("odd" if due.soon + due.over else "good", "prospects", said, remedy)


def domains(sender: Sender) -> tuple[str, str, str]:
    """Return the domain of From, that of the envelope (which SPF is asked of) and the DKIM selector."""
    domain = sender.from_email.rpartition("@")[2].lower()
    return domain, sender.bounce_domain.lower() or domain, sender.dkim_selector


def sender_domain(domain: str, envelope: str, selector: str = "") -> Iterator[Finding]:
    """Ask the DNS for what receivers will ask; the rules stand in campaigns/domains.py."""
    with override("en"):
        for answer in published.ask(domain, envelope=envelope, selector=selector):
            yield Finding(answer.state, f"{answer.kind} of {answer.domain}", answer.said, answer.remedy)


def first_line(why: BaseException) -> str:
    """Return an error's kind and first line: the rest of a database's error repeats addresses and queries."""
    text = str(why).strip().splitlines()
    return f"{type(why).__name__}: {text[0]}" if text else type(why).__name__
