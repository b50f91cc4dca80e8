"""A job is done once, by one runner at a time, and goes on where a killed one stopped."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from contacts import demo, jobs
from contacts.models import Contact, Job

ROOT = Path(__file__).resolve().parents[2]
ROWS = int(os.environ.get("KILLED_IMPORT", "6000"))  # 200000 to prove the figure


def count_to(run):
    """A small kind of work: five batches, each a contact and a step of the cursor."""
    for step in range(run.cursor.get("step", 0), 5):
        with run.batch():
            Contact.objects.create(email=f"p{step}@example.com")
            run.cursor = {"step": step + 1}
            run.add(steps=1)
        if step == run.job.parameters.get("dies_after"):
            raise KeyboardInterrupt


def refuse(run):
    raise jobs.Refused("The file is gone. Upload it again.")


def steal(run):
    Job.objects.filter(pk=run.job.pk).update(fence=99)
    with run.batch():
        Contact.objects.create(email="ghost@example.com")


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    mine = {name: jobs.Kind(f"tests.contacts.test_jobs:{name}") for name in ("count_to", "refuse", "steal")}
    monkeypatch.setattr(jobs, "KINDS", {**jobs.KINDS, **mine})


@pytest.mark.django_db
def test_a_job_is_done_once():
    job = jobs.create("count_to", hint=False)
    assert jobs.run(job.pk) is True
    assert jobs.run(job.pk) is False
    job.refresh_from_db()
    assert (job.state, job.counts, Contact.objects.count()) == ("done", {"steps": 5}, 5)
    assert job.started_at and job.finished_at and job.lease_until is None


@pytest.mark.django_db
def test_a_dead_runner_is_followed_only_when_its_lease_is_over():
    job = jobs.create("count_to", parameters={"dies_after": 2}, hint=False)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    assert jobs.run_waiting() == 0

    Job.objects.update(lease_until=timezone.now() - timedelta(days=1))
    assert jobs.run_waiting() == 1
    job.refresh_from_db()
    assert (job.state, job.counts, job.fence, Contact.objects.count()) == ("done", {"steps": 5}, 2, 5)


@pytest.mark.django_db
def test_a_runner_whose_job_was_taken_over_writes_nothing_more():
    job = jobs.create("steal", hint=False)
    assert jobs.run(job.pk) is False
    assert not Contact.objects.exists()


@pytest.mark.django_db
def test_a_refusal_and_an_unknown_kind_end_on_the_job_in_words():
    for kind, said in [("refuse", "Upload it again."), ("nothing", "Nobody knows how")]:
        job = jobs.create(kind, hint=False)
        assert jobs.run(job.pk) is True
        job.refresh_from_db()
        assert job.state == "failed" and said in job.error


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_in_the_middle_goes_on_and_doubles_nothing(tmp_path):
    """kill -9 of a real process; on PostgreSQL the test's database, on SQLite a file of its own."""
    env = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "FANFARE_BOOTSTRAP": "0",
    }
    if connection.vendor == "postgresql":
        own = connection.settings_dict
        env["DATABASE_URL"] = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    else:
        env["DATABASE_URL"] = f"sqlite:///{tmp_path}/killed.sqlite3"
        manage(env, "migrate", "-v0")
    manage(env, "shell", "-c", SETUP)
    path = demo.seed_contacts(ROWS, 5, tmp_path)
    options = ["--topic", "letter", "--basis", "consent", "--evidence", "fair", "--tag", "fair"]

    killed = subprocess.Popen([sys.executable, "manage.py", "import_contacts", str(path), *options], cwd=ROOT, env=env)
    reached = wait_for(env, ROWS // 6)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert ROWS // 6 <= reached < ROWS
    job = manage(env, "shell", "-v0", "-c", "from contacts.models import Job; print(Job.objects.get().pk)").strip()
    done = manage(env, "import_contacts", "--resume", job)
    again = manage(env, "import_contacts", str(path), *options)

    assert f"{ROWS} lines: " in done
    told = dict(pair.split("=") for pair in manage(env, "shell", "-v0", "-c", TOTALS).split())
    created, updated, unchanged, rejected = (
        int(told[name]) for name in ("created", "updated", "unchanged", "rejected")
    )
    assert created + updated + unchanged + rejected == ROWS
    assert created == int(told["contacts"]) and int(told["subscribed"]) == int(told["consents"])
    assert int(told["file"]) == rejected + 1
    assert (
        f"{ROWS} lines: 0 created, 0 updated, {created + updated + unchanged} unchanged, {rejected} rejected" in again
    )


def manage(env, *arguments):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    ).stdout


SETUP = (
    "from contacts.models import Brand, Topic\n"
    "brand = Brand.objects.create(slug='b', name='B')\n"
    "Topic.objects.create(slug='letter', name='Letter', brand=brand)\n"
)
TOTALS = (
    "from contacts.models import *\n"
    "job = Job.objects.order_by('pk').first()\n"
    "facts = dict(job.counts, contacts=Contact.objects.count(), consents=Consent.objects.count(),\n"
    "    file=sum(1 for _ in job.result.open('rb')))\n"
    "print(*[f'{name}={n}' for name, n in facts.items()])\n"
)


def wait_for(env, lines):
    """Return how many lines are in once at least so many are."""
    import sqlite3

    def reached():
        if connection.vendor == "postgresql":
            job = Job.objects.first()
            return job.counts.get("lines", 0) if job else 0
        with sqlite3.connect(env["DATABASE_URL"].removeprefix("sqlite:///")) as own:
            row = own.execute("SELECT json_extract(counts, '$.lines') FROM contacts_job").fetchone()
            return (row and row[0]) or 0

    for _ in range(3000):
        if (n := reached()) >= lines:
            return n
        time.sleep(0.01)
    raise AssertionError("the import never came so far")


@pytest.mark.django_db
def test_files_of_a_job_are_deleted_thirty_days_after_it_ended():
    job = jobs.create("refuse", upload=ContentFile(b"ann@example.com", name="people.csv"), hint=False)
    jobs.run(job.pk)
    never_begun = jobs.create("mapping", upload=ContentFile(b"ben@example.com", name="people.csv"), hint=False)
    storage, names = job.upload.storage, [job.upload.name, never_begun.upload.name]

    assert jobs.forget_files(timezone.now() + timedelta(days=29)) == 0 and all(map(storage.exists, names))
    assert jobs.forget_files(timezone.now() + timedelta(days=31)) == 2 and not any(map(storage.exists, names))
    assert jobs.forget_files(timezone.now() + timedelta(days=31)) == 0


@pytest.mark.django_db
def test_an_import_whose_file_was_deleted_says_so():
    job = jobs.create("import", upload=ContentFile(b"email", name="people.csv"), hint=False)
    jobs.forget_files(timezone.now() + timedelta(days=31))
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed" and "Upload it again" in job.error
