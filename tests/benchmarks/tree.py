"""The tree of friends of n people beside one of 1,000: its page, a branch, a contact's page; and how long it is built.

Whole requests through Django's test client, signed in, templates rendered. Half of the people got the mail and shared;
the others came through them over eight generations. Medians of ROUNDS, rolled back. `against` is the page at 1,000.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign
from contacts.models import Brand, Topic
from social.models import ShareTree, TreeNode
from social.tree import branches, build
from tests.social.cascade import grow

ROUNDS = 15
FEW = 1_000


class _Undo(Exception):
    """Everything this benchmark writes is rolled back."""


def run(n: int = 100_000) -> Iterator[dict[str, Any]]:
    """Yield the pages' lines, then the build's."""
    lines: list[dict[str, Any]] = []
    try:
        with transaction.atomic():
            lines = _measure(n)
            raise _Undo
    except _Undo:
        yield from lines


def _measure(n: int) -> list[dict[str, Any]]:
    brand = Brand.objects.create(name="Benchmark", slug="benchmark")
    topic = Topic.objects.create(brand=brand, name="Benchmark", slug="benchmark")
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("benchmark"))
    few, many = _tree(topic, FEW, "s"), _tree(topic, n, "l")
    _analyze()
    small, large = _timed(client, few[0], many[0])
    people = int(many[0].figures["people"])
    lines = [_line(f"tree.{name}", large[name], small[name], people) for name in small]
    return [*lines, {"name": "tree.build", "value": many[1], "unit": "ms", "n": people, "database": connection.vendor}]


def _tree(topic: Topic, n: int, prefix: str) -> tuple[ShareTree, int]:
    campaign = Campaign.objects.create(name=f"Benchmark {n}", topic=topic, everyone_reason="to measure")
    grow(campaign, seeds=n // 2, k=0.5, visitors=2, hours=20, prefix=prefix)
    _analyze()
    started = time.perf_counter()
    tree = build.build(campaign)
    return tree, round((time.perf_counter() - started) * 1000)


def _analyze() -> None:
    """Give PostgreSQL the statistics that autovacuum makes outside of one long transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _timed(client: Client, *trees: ShareTree) -> list[dict[str, float]]:
    """Return each tree's medians in milliseconds; their pages are asked for in turn."""
    asked = [_pages(tree) for tree in trees]
    spent: list[dict[str, list[float]]] = [{name: [] for name in pages} for pages in asked]
    for number in range(ROUNDS + 2):
        ShareTree.objects.filter(pk__in=[tree.pk for tree in trees]).update(built_at=timezone.now())  # no build here
        for pages, times in zip(asked, spent, strict=True):
            for name, (url, headers) in pages.items():
                started = time.perf_counter()
                answer = client.get(url, headers=headers)
                if answer.status_code != 200:
                    raise RuntimeError(f"{url} answered {answer.status_code}")
                if number >= 2:  # the first two fill caches of templates and code
                    times[name].append((time.perf_counter() - started) * 1000)
    return [{name: statistics.median(found) for name, found in times.items()} for times in spent]


def _pages(tree: ShareTree) -> dict[str, tuple[str, dict[str, str]]]:
    first = branches.roots(tree).nodes[0]
    branch = reverse("admin:social_sharelink_branch", args=[tree.campaign_id])
    person = TreeNode.objects.filter(tree=tree, friends=1, parent=None).order_by("pk")[0]
    return {
        "page": (reverse("admin:social_sharelink_tree", args=[tree.campaign_id]), {}),
        "branch": (f"{branch}?of={first.key}", {"HX-Request": "true"}),
        "contact": (reverse("admin:contacts_contact_profile", args=[person.contact_id]), {}),
    }


def _line(name: str, took: float, against: float, n: int) -> dict[str, Any]:
    return {
        "name": name, "value": round(took, 2), "unit": "ms", "against": round(against, 2),
        "ratio": round(took / against, 2), "n": n, "database": connection.vendor,
    }  # fmt: skip
