"""The list of people and the 360° page among n contacts, beside the same pages among 1,000; a timeline of 10,000.

Whole requests through Django's test client, signed in, templates rendered. Each contact has an identity, a
subscription, a consent and a mail; the person looked at has 60 acts, another 10,000. Medians of ROUNDS; everything is
rolled back. `against` is the median among 1,000 in milliseconds; for the long timeline, that of the one with 60 acts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, Delivery, Event
from contacts import duplicates
from contacts.models import Brand, Consent, Contact, Identity, Segment, Subscription, Topic

ROUNDS = 15
FEW = 1_000
LONG = 10_000  # entries of the long timeline
STEP = 100_000  # rows an INSERT


class _Undo(Exception):
    """Everything this benchmark writes is rolled back."""


def run(n: int = 1_000_000) -> Iterator[dict[str, Any]]:
    """Yield one line a page: the median among n contacts against that among 1,000."""
    lines: list[dict[str, Any]] = []
    try:
        with transaction.atomic():
            lines = _measure(n)
            raise _Undo
    except _Undo:
        yield from lines


def _measure(n: int) -> list[dict[str, Any]]:
    house = _house()
    _people(house, 0, FEW)
    short, long = house["first"] + 10, house["first"] + 20
    _acts(house["campaign"], short, 60)
    _acts(house["campaign"], long, LONG)
    client = Client(SERVER_NAME="localhost", headers={"Referer": "http://localhost/api/docs/"})
    client.force_login(User.objects.create_superuser("benchmark"))
    pages = {
        "admin_list": reverse("admin:contacts_contact_changelist"),
        "admin_list_search": reverse("admin:contacts_contact_changelist") + "?q=p777@",
        "admin_list_topic": reverse("admin:contacts_contact_changelist") + "?topic=benchmark",
        "profile_page": reverse("admin:contacts_contact_profile", args=[short]),
        "profile_page_10k_entries": reverse("admin:contacts_contact_profile", args=[long]),
        "timeline_api": f"/api/v1/contacts/{long}/timeline/",
    }
    few, few_doubles = _timed(client, pages), _doubles()
    for since in range(FEW, n, STEP):
        _people(house, since, min(n, since + STEP))
    _analyze()
    many = _timed(client, pages)
    lines = [_line(name, many[name], few[name], n) for name in pages]
    lines.append(_line("duplicates_proposed", _doubles(), few_doubles, n))
    lines.append(_line("timeline_10k_against_60", many["profile_page_10k_entries"], many["profile_page"], LONG))
    return lines


def _line(name: str, took: float, against: float, n: int) -> dict[str, Any]:
    return {
        "name": f"profile.{name}", "value": round(took, 2), "unit": "ms", "against": round(against, 2),
        "ratio": round(took / against, 2), "n": n, "database": connection.vendor,
    }  # fmt: skip


def _doubles() -> float:
    """Return the median in milliseconds of looking for doubles among everybody, as the desk's page does."""
    took = []
    for _round in range(3):
        started = time.perf_counter()
        duplicates.proposals()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def _timed(client: Client, pages: dict[str, str]) -> dict[str, float]:
    """Return the median of each page in milliseconds, pages interleaved."""
    took: dict[str, list[float]] = {name: [] for name in pages}
    for _round in range(ROUNDS + 2):
        for name, url in pages.items():
            started = time.perf_counter()
            answer = client.get(url)
            spent = (time.perf_counter() - started) * 1000
            if answer.status_code != 200:
                raise RuntimeError(f"{url} answered {answer.status_code}")
            if _round >= 2:  # the first two fill caches of templates and code
                took[name].append(spent)
    return {name: statistics.median(times) for name, times in took.items()}


def _house() -> dict[str, Any]:
    brand = Brand.objects.create(name="Benchmark", slug="benchmark")
    topic = Topic.objects.create(brand=brand, name="Benchmark", slug="benchmark")
    campaign = Campaign.objects.create(name="Benchmark", topic=topic, everyone_reason="to measure")
    rules = {"all": [{"field": "language", "op": "is", "value": "fr"}]}
    Segment.objects.bulk_create([Segment(name=f"Benchmark {n}", rules=rules) for n in range(10)])
    first = (Contact.objects.aggregate(most=models.Max("pk"))["most"] or 0) + 1_000_000
    return {"topic": topic, "campaign": campaign, "first": first}


def _people(house: dict[str, Any], since: int, until: int) -> None:
    """Write contacts with one identity, subscription, consent and sent mail each, in one INSERT … SELECT a table."""
    now, first = timezone.now(), house["first"]
    text = "'p' || n || '@benchmark.example'"
    _insert(Contact, {
        "id": f"{first} + n", "email": text, "address_hash": f"'benchmark' || ({first} + n)", "last_name": "'L' || n",
        "first_name": "'F' || (n - n / 1000 * 1000)", "language": "'fr'", "attributes": "'{}'",
        "created_at": now, "updated_at": now,
    }, since, until)  # fmt: skip
    _insert(Identity, {
        "contact_id": f"{first} + n", "kind": "'card'", "value": f"'B' || ({first} + n)", "created_at": now,
    }, since, until)  # fmt: skip
    _insert(Subscription, {
        "contact_id": f"{first} + n", "topic_id": house["topic"].pk, "state": "'subscribed'", "basis": "'consent'",
        "created_at": now, "subscribed_at": now,
    }, since, until)  # fmt: skip
    _insert(Consent, {
        "contact_id": f"{first} + n", "topic_id": house["topic"].pk, "purpose": "'email'", "is_given": True,
        "basis": "'consent'", "method": "'form'", "evidence": "'{}'", "at": now,
    }, since, until)  # fmt: skip
    _insert(Delivery, {
        "contact_id": f"{first} + n", "campaign_id": house["campaign"].pk, "state": "'sent'", "sent_at": now,
        "created_at": now, "language": "'fr'",
    }, since, until)  # fmt: skip


def _insert(model: type[models.Model], values: dict[str, Any], since: int, until: int) -> None:
    columns, chosen, parameters = [], [], []
    for field in model._meta.concrete_fields:
        value = values.get(field.attname, _blank(field))
        if field.primary_key and field.attname not in values:
            continue
        columns.append(connection.ops.quote_name(str(field.column)))
        if isinstance(value, str):
            chosen.append(f"{value}::jsonb" if _is_json(field) else value)
        else:
            chosen.append("%s")
            parameters.append(field.get_db_prep_save(value, connection))
    numbers = f"WITH RECURSIVE s(n) AS (SELECT {since} UNION ALL SELECT n + 1 FROM s WHERE n < {until - 1})"
    table = connection.ops.quote_name(model._meta.db_table)
    sql = f"{numbers} INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(chosen)} FROM s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _is_json(field: models.Field[Any, Any]) -> bool:
    return connection.vendor == "postgresql" and isinstance(field, models.JSONField)


def _blank(field: models.Field[Any, Any]) -> Any:
    if field.has_default():
        value = field.get_default()
        return "'{}'" if isinstance(field, models.JSONField) and value == {} else _quoted(value)
    return None if field.null else "''"


def _quoted(value: Any) -> Any:
    return f"'{value}'" if isinstance(value, str) else value


def _acts(campaign: Campaign, contact_id: int, n: int) -> None:
    """Give the person n clicks, an hour apart."""
    now = timezone.now()
    Event.objects.bulk_create(
        [
            Event(
                kind="click", at=now - timedelta(hours=number), key=f"benchmark {contact_id} {number}",
                contact_id=contact_id, campaign=campaign, verdict="human",
            )
            for number in range(n)
        ],
        batch_size=1000,
    )  # fmt: skip


def _analyze() -> None:
    """Let the planner know what lies there now, as autovacuum would within the minute."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
