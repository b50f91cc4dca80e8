"""What is forgotten in time, what stays, and that forgetting never lets a hit count twice."""

from collections import namedtuple
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns.models import Engagement, Event, HourlyTotal, SpoolFile
from campaigns.tracking import ingest, recount, retention, spool, tail
from config import diagnosis, environment, health
from tests.campaigns.tracking.test_ingest import Web, ann, click_path, delivery, open_path, web  # noqa: F401

pytestmark = pytest.mark.django_db


def after(days):
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


def test_after_30_days_a_hit_has_no_address_and_no_browser(web, delivery):  # noqa: F811
    web.get(open_path(delivery))
    ingest.run(once=True)
    with after(29):
        assert retention.forget() == retention.Forgotten(0, 0)
    with after(31):
        assert retention.forget() == retention.Forgotten(1, 0)
        assert retention.forget() == retention.Forgotten(0, 0)
    event = Event.objects.get()
    assert (event.ip_prefix, event.user_agent, event.verdict, event.device) == ("", "", "human", "phone")


def test_after_13_months_events_go_and_totals_and_people_stay(web, ann, delivery):  # noqa: F811
    web.get(open_path(delivery))
    web.get(click_path(delivery))
    ingest.run(once=True)
    counted = list(HourlyTotal.objects.order_by("pk").values_list("kind", "dimension", "n"))

    with after(390):
        assert retention.forget().deleted == 0
    with after(400):
        assert retention.forget().deleted == 2
        call_command("rebuild_rollups")
        with pytest.raises(recount.Incomplete):
            recount.rebuild(delivery.campaign)

    assert not Event.objects.exists() and Engagement.objects.count() == 2
    assert list(HourlyTotal.objects.order_by("pk").values_list("kind", "dimension", "n")) == counted
    delivery.refresh_from_db()
    ann.refresh_from_db()
    assert delivery.contact == ann and ann.last_clicked_at


def test_what_was_deleted_by_age_is_not_stored_again_from_its_file(web, delivery):  # noqa: F811
    web.get(open_path(delivery))
    ingest.run(once=True)
    with after(400):
        retention.forget()
        assert ingest.run(once=True).events == 0
    assert not Event.objects.exists() and len(tail.files(spool.folder())) == 1
    assert SpoolFile.objects.get().offset == tail.files(spool.folder())[0].stat().st_size


def test_a_month_without_hits_does_not_hide_what_lies_before(web, delivery):  # noqa: F811
    web.get(open_path(delivery))
    ingest.run(once=True)
    with after(60):
        assert retention.forget().emptied == 1


Usage = namedtuple("Usage", "total used free")


def test_a_nearly_full_disk_raises_an_alarm_everywhere(monkeypatch, admin_client, settings, caplog):
    monkeypatch.setattr(spool.shutil, "disk_usage", lambda where: Usage(10**10, 10**10 - 5 * 10**8, 5 * 10**8))
    assert "500 MB left" in spool.alarm()
    assert [f.state for f in diagnosis.storage() if f.what == "disk"] == ["bad"]
    assert any("500 MB" in said for said in health.readiness()["complaints"])
    assert "The disk is nearly full" in admin_client.get("/admin/").content.decode()
    ingest.Chores(spool.folder()).watch()
    assert "500 MB left" in caplog.text
    settings.DISK_ALARM_MB = 400
    assert spool.alarm() == ""


def test_a_rotated_key_signs_and_the_old_one_verifies(tmp_path, settings, monkeypatch):
    monkeypatch.delenv("TOKEN_KEYS", raising=False)
    settings.VAR_DIR, settings.SECRETS_IN_FILES = tmp_path, ["TOKEN_KEYS"]
    first = environment.key_ring("TOKEN_KEYS", tmp_path / "token.key")
    settings.TOKEN_KEYS = first
    call_command("rotate_token_key")
    ring = environment.key_ring("TOKEN_KEYS", tmp_path / "token.key")
    assert [number for number, _ in ring] == [1, 0] and ring[1] == first[0] and ring[0][1] != first[0][1]
    assert (tmp_path / "token.key").stat().st_mode & 0o777 == 0o600


def test_a_ring_of_the_environment_is_printed_and_a_full_one_refused(settings, capsys):
    settings.SECRETS_IN_FILES = []
    settings.TOKEN_KEYS = [(3, b"k" * 32)]
    call_command("rotate_token_key")
    assert capsys.readouterr().out.rstrip().endswith(f",3:{(b'k' * 32).hex()}")
    settings.TOKEN_KEYS = [(number, b"k" * 32) for number in range(16)]
    with pytest.raises(CommandError, match="All 16"):
        call_command("rotate_token_key")
