"""`/healthz` says that the process answers; `/readyz` that the site can work, and how well.

    GET /readyz           → 200 {"status": "ready", "database": "ok", "beat": 4.2, "worker": 5.0, "queue": 0.0}
    GET /readyz           → 200 {"status": "degraded", … "complaints": ["beat was last seen 400 s ago"]}
    GET /readyz?strict    → 503 in that case: for monitors; a load balancer keeps the node, for pages still work
    GET /readyz           → 503 {"status": "unready", "database": "OperationalError"}

Ages are seconds; null means never seen.
"""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from campaigns.tracking import spool
from contacts import heartbeats
from contacts.models import Job

SERVICES = ("beat", "worker", "ingest")
LAG_TOLERATED = 300.0  # seconds a job may wait before the queue counts as lagging


def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process answers at all."""
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and is migrated; 503 when not, and for stale services when strict."""
    try:
        state = readiness()
    except DatabaseError as why:
        return JsonResponse({"status": "unready", "database": type(why).__name__}, status=503)
    unfit = state["status"] == "unready" or (state["status"] == "degraded" and "strict" in request.GET)
    return JsonResponse(state, status=503 if unfit else 200)


def readiness() -> dict[str, Any]:
    """Return what /readyz answers; asks the database for all of it."""
    if unapplied := pending_migrations():
        return {"status": "unready", "database": "ok", "complaints": [f"{unapplied} migrations are not applied"]}
    ages, lag = heartbeats.ages(), queue_lag()
    complaints = [complaint for name in SERVICES if (complaint := stale(name, ages.get(name)))]
    if lag > LAG_TOLERATED:
        complaints.append(f"the oldest job waits for {lag:.0f} s")
    if complaint := spool.alarm():
        complaints.append(complaint)
    seen = {name: round(ages[name], 1) if name in ages else None for name in SERVICES}
    return {
        "status": "degraded" if complaints else "ready",
        "database": "ok",
        **seen,
        "queue": round(lag, 1),
        "complaints": complaints,
    }


def stale(service: str, age: float | None) -> str:
    """Return a complaint about a service not seen lately, '' when it is well."""
    if age is None:
        return f"{service} was never seen"
    return f"{service} was last seen {age:.0f} s ago" if age > heartbeats.STALE_AFTER else ""


def queue_lag() -> float:
    """Return how many seconds the oldest waiting job has waited."""
    oldest = Job.objects.filter(state=Job.State.QUEUED).order_by("created_at").values_list("created_at").first()
    return (timezone.now() - oldest[0]).total_seconds() if oldest else 0.0


def pending_migrations() -> int:
    """Return how many migrations the database lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
