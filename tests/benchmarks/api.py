"""A bulk upsert of n contacts by API beside a bare upsert of typed values, and page 10,000 of a list beside page 1.

The bulk request goes through Django's test client: JSON read, key asked, rows checked, results told. Half of its people
are known. The bare one is `INSERT … ON CONFLICT DO UPDATE` by `executemany` into the same two tables and indexes,
from Python tuples that are ready. Rounds are interleaved, figures are medians, everything is rolled back. Then 32 tills
at once validate and redeem over HTTP, on a database of their own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import tempfile
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from config.partners import keys
from contacts.models import Contact, Identity
from contacts.suppression import hash_of_normalised
from tests.benchmarks import redeem
from tests.faults.house import DATABASES

ROUNDS = 5
PAGES = 200  # times a page is asked
TILLS = 32
USES = 1_000  # codes that the tills share
DEEP = 10_000  # the page that is far down, at 10 rows a page

CONTACT = """
    INSERT INTO contacts_contact (email, address_hash, unsendable, first_name, last_name, language, time_zone,
                                  attributes, source, created_at, updated_at)
    VALUES (%s, %s, '', %s, %s, 'fr', '', '{}', 'bench', %s, %s)
    ON CONFLICT (email) DO UPDATE SET first_name = excluded.first_name, last_name = excluded.last_name,
                                      updated_at = excluded.updated_at
"""
IDENTITY = """
    INSERT INTO contacts_identity (contact_id, kind, value, proof, source, created_at)
    SELECT id, 'card', %s, 'imported', 'bench', %s FROM contacts_contact WHERE email = %s
    ON CONFLICT (kind, value) DO NOTHING
"""


class _Undo(Exception):
    """Everything this benchmark writes is rolled back."""


def run(n: int = 10_000) -> Iterator[dict[str, Any]]:
    """Yield a line for the bulk upsert, one for the deep page, and one a database for 32 tills at once."""
    gc.collect()
    gc.freeze()  # as the web server does once it has started (config/wsgi.py)
    lines: list[dict[str, Any]] = []
    try:
        with transaction.atomic():
            lines = [_bulk(n), _pages(n)]
            raise _Undo
    except _Undo:
        yield from lines
    for database in DATABASES:
        yield _tills(database)


def _bulk(n: int) -> dict[str, Any]:
    owner = User.objects.create_superuser(f"bench-{uuid.uuid4().hex[:8]}")
    _key, text = keys.issue("bench", owner, keys.SCOPES, per_minute=1_000_000)
    client, headers = Client(SERVER_NAME="localhost"), {"Authorization": f"Bearer {text}"}
    ours, bare = [], []
    for number in range(ROUNDS):
        people = [_person(number, i) for i in range(n)]
        _upsert_bare(people[: n // 2])  # half of them are known
        body = json.dumps({"contacts": people})
        started = time.perf_counter()
        answer = client.post("/api/v1/contacts/bulk/", body, "application/json", headers=headers)
        ours.append(time.perf_counter() - started)
        told = answer.json()
        if (told["created"], told["refused"]) != (n - n // 2, 0):
            raise RuntimeError(f"the bulk upsert answered {answer.status_code} {str(told)[:200]}")
        others = [_person(number + 100, i) for i in range(n)]
        _upsert_bare(others[: n // 2])
        bare.append(_upsert_bare(others))
    took, limit = statistics.median(ours), statistics.median(bare)
    return _line("bulk_upsert", round(n / took), "contacts/s", round(n / limit), limit / took, n)


def _tills(database: str) -> dict[str, Any]:
    """Validate and redeem codes at TILLS tills at once, over HTTP, one web process: p99 of the two calls beside p50."""
    with tempfile.TemporaryDirectory(prefix="fanfare-tills-") as folder:
        house = redeem.House(Path(folder), database, redeem.Nobody())
        house.environment["LOG_LEVEL"] = "ERROR"
        serving = redeem.Serving(house.environment)
        try:
            made = redeem.worker(house, "seed", USES * 4)
            codes = made["many"]
            asyncio.run(_all_tills(codes[: TILLS * 2], made["token"]))  # caches of code and connections are filled
            took = sorted(asyncio.run(_all_tills(codes[TILLS * 2 :], made["token"])))
        finally:
            serving.stop()
            house.pull_down()
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    said = _line("validate_and_redeem", round(p99 * 1000, 1), "ms, p99", round(p50 * 1000, 1), p99 / p50, len(took))
    return {**said, "database": database, "tills": TILLS}


async def _all_tills(codes: list[str], token: str) -> list[float]:
    spent: list[float] = []

    async def till(own: list[str]) -> None:
        for code in own:
            began = time.perf_counter()
            seen, _verdict = await redeem.post("/api/v1/codes/validate/", {"code": code}, f"v{code}", token)
            used, _use = await redeem.post("/api/v1/redemptions/", {"code": code}, f"r{code}", token)
            spent.append(time.perf_counter() - began)
            if (seen, used) != (200, 201):
                raise RuntimeError(f"a till was answered {seen} and {used}")

    await asyncio.gather(*(till(codes[number::TILLS]) for number in range(TILLS)))
    return spent


def _person(batch: int, i: int) -> dict[str, Any]:
    return {
        "email": f"b{batch}p{i}@bench.example", "first_name": f"Ann {i}", "last_name": f"Martin {i}", "language": "fr",
        "identities": [{"kind": "card", "value": f"{batch:03d}{i:06d}"}],
    }  # fmt: skip


def _upsert_bare(people: list[dict[str, Any]]) -> float:
    now = timezone.now()
    rows = [
        (one["email"], hash_of_normalised(one["email"]), one["first_name"], one["last_name"], now, now)
        for one in people
    ]
    cards = [(one["identities"][0]["value"], now, one["email"]) for one in people]
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.executemany(CONTACT, rows)
        cursor.executemany(IDENTITY, cards)
    took = time.perf_counter() - started
    if Identity.objects.filter(kind="card", value=cards[-1][0]).count() != 1:
        raise RuntimeError("the bare upsert wrote nothing")
    return took


def _pages(n: int) -> dict[str, Any]:
    owner = User.objects.create_superuser(f"bench-{uuid.uuid4().hex[:8]}")
    _key, text = keys.issue("bench", owner, keys.SCOPES, per_minute=1_000_000)
    client, headers = Client(SERVER_NAME="localhost"), {"Authorization": f"Bearer {text}"}
    ids = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
    far = ids[min(DEEP * 10, len(ids) - 20)]
    near_page = "/api/v1/contacts/?limit=10"
    far_page = f"/api/v1/contacts/?limit=10&cursor={_cursor(far)}"
    times: dict[str, list[float]] = {near_page: [], far_page: []}
    for _round in range(PAGES):
        for address, took in times.items():
            started = time.perf_counter()
            answer = client.get(address, headers=headers)
            took.append(time.perf_counter() - started)
            if answer.status_code != 200 or len(answer.json()["results"]) != 10:
                raise RuntimeError(f"{address} answered {answer.status_code}")
    near, deep = (statistics.median(took) * 1000 for took in times.values())
    return _line("deep_page", round(deep, 2), "ms", round(near, 2), deep / near, len(ids))


def _cursor(pk: int) -> str:
    return b64encode(urlencode({"p": str(pk)}).encode()).decode()


def _line(name: str, value: float, unit: str, against: float, ratio: float, n: int) -> dict[str, Any]:
    return {
        "name": f"api.{name}", "value": value, "unit": unit, "against": against, "ratio": round(ratio, 2), "n": n,
        "database": connection.vendor,
    }  # fmt: skip
