"""The two health doors: alive means answering, ready means that the site can work."""

import datetime as dt

import pytest
from django.db import OperationalError
from django.utils import timezone

from config import health
from contacts import heartbeats
from contacts.models import Heartbeat, Job


@pytest.fixture
def all_beat(db):
    for service in health.SERVICES:
        heartbeats.beat(service)


def test_healthz_answers_without_a_database(client):
    assert client.get("/healthz").json() == {"status": "alive"}


def test_ready_when_everything_beats(client, all_beat):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "ready" and response.json()["worker"] < 60


def test_a_service_never_seen_degrades_but_keeps_the_node(client, db):
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert "beat was never seen" in response.json()["complaints"]
    assert client.get("/readyz?strict").status_code == 503


def test_a_stale_worker_is_named_with_its_age(client, all_beat):
    Heartbeat.objects.filter(service="worker").update(at=timezone.now() - dt.timedelta(minutes=10))
    (complaint,) = client.get("/readyz").json()["complaints"]
    assert complaint.startswith("worker was last seen 6") and complaint.endswith(" s ago")


def test_one_living_node_is_enough(client, all_beat):
    Heartbeat.objects.filter(service="worker").update(at=timezone.now() - dt.timedelta(minutes=10))
    heartbeats.beat("worker", node="other")
    assert client.get("/readyz").json()["status"] == "ready"


def test_a_waiting_job_shows_as_lag(client, all_beat):
    job = Job.objects.create(kind="import")
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - dt.timedelta(minutes=20))
    answer = client.get("/readyz").json()
    assert answer["status"] == "degraded" and 1199 < answer["queue"] < 1260


def test_a_lost_database_is_503_without_its_address(client, monkeypatch):
    def refuse() -> int:
        raise OperationalError("connection to server at db.example failed: password hunter2")

    monkeypatch.setattr(health, "pending_migrations", refuse)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unready", "database": "OperationalError"}


def test_a_database_that_is_not_migrated_is_not_ready(client, db, monkeypatch):
    monkeypatch.setattr(health, "pending_migrations", lambda: 3)
    response = client.get("/readyz")
    assert response.status_code == 503 and response.json()["complaints"] == ["3 migrations are not applied"]


def test_a_sign_of_life_is_one_row_per_service_and_node(db):
    heartbeats.beat("ingest", node="a")
    heartbeats.beat("ingest", node="a")
    heartbeats.beat("ingest", node="b")
    assert Heartbeat.objects.filter(service="ingest").count() == 2


def test_public_pages_have_the_strict_policy_and_the_admin_the_relaxed_one(client, db):
    strict = client.get("/healthz")["Content-Security-Policy"]
    relaxed = client.get("/admin/login/")["Content-Security-Policy"]
    assert "unsafe" not in strict and "script-src 'self'" in strict and "frame-ancestors 'none'" in strict
    assert "script-src 'self' 'unsafe-eval'" in relaxed and "'unsafe-inline'" not in relaxed.split("style-src")[0]
