"""What each of the team is told, on Home and by mail: as she chose, once for each thing, in her language."""

import email
import email.policy
import subprocess
import sys

import pytest
from django.contrib.auth.models import Group

from campaigns.models import Campaign, OutboxMail
from config.team import notifying
from config.team.models import Wishes
from social.models import FraudCase
from tests.config.conftest import ROOT
from tests.make import make_campaign as campaign_of
from tests.make import make_sender, make_user

pytestmark = pytest.mark.django_db
ACCOUNT = "/admin/account/"


@pytest.fixture
def marie(client):
    make_sender()
    user = make_user(username="marie", is_superuser=False, email="marie@brand.example")
    user.groups.add(Group.objects.get(name="marketer"))
    client.force_login(user)
    return user


def paused(name="Winter"):
    return campaign_of(name=name, state="paused", paused_reason="the relay answers 421")


def letters():
    found = [
        email.message_from_bytes(bytes(row.message), policy=email.policy.default)
        for row in OutboxMail.objects.order_by("pk")
    ]
    return [(mail["To"], mail["Subject"], mail.get_content()) for mail in found]


def wish(client, desk=(), mail=(), language="en"):
    return client.post(
        ACCOUNT,
        {"do": "wish", "desk": list(desk), "mail": list(mail)},
        headers={"accept-language": language},
        follow=True,
    ).content.decode()


def test_before_she_chose_everything_is_on_home_and_nothing_comes_by_mail(client, marie):
    paused()
    assert "is paused" in client.get("/admin/").content.decode()
    assert notifying.tell_all() == 0 and not OutboxMail.objects.exists()


def test_what_she_does_not_want_on_home_is_not_there(client, marie):
    paused()
    assert "Saved: you are told as you chose." in wish(client, desk={"jobs"})
    assert "is paused" not in client.get("/admin/").content.decode()
    page = client.get(ACCOUNT).content.decode()
    assert 'name="desk" value="jobs" aria-label="An import or other work failed: on Home" checked' in page


def test_a_mail_tells_what_is_new_once_with_the_way_there(client, marie, settings):
    settings.SITE_URL = "https://fans.example"
    wish(client, mail={"stopped"})
    winter = paused()

    assert (notifying.tell_all(), notifying.tell_all()) == (1, 0)
    ((to, subject, text),) = letters()
    assert to == "marie@brand.example" and subject == "“Winter” is paused: the relay answers 421"
    assert f"https://fans.example/admin/campaigns/campaign/{winter.pk}/change/" in text

    paused("Spring")
    assert notifying.tell_all() == 1
    assert letters()[1][1].startswith("“Spring” is paused") and "Winter" not in letters()[1][2]


def test_what_was_settled_and_comes_back_is_told_again(client, marie):
    wish(client, mail={"stopped"})
    winter = paused()
    notifying.tell_all()
    Campaign.objects.filter(pk=winter.pk).update(state="finished")
    notifying.tell_all()
    Campaign.objects.filter(pk=winter.pk).update(state="paused")

    assert notifying.tell_all() == 1 and len(letters()) == 2


def test_mails_are_in_the_language_in_which_she_chose(client, marie):
    wish(client, mail={"stopped"}, language="fr")
    paused()
    paused("Spring")
    notifying.tell_all()
    assert letters()[0][1] == "2 choses vous attendent"


def test_nobody_is_told_what_her_role_may_not_see(client, marie):
    wish(client, mail={"stopped", "approvals", "nonsense"})
    assert Wishes.objects.get().mailed == ["stopped"]
    Wishes.objects.update(mailed=["approvals", "fraud"])
    marie.groups.clear()
    FraudCase.objects.all().delete()
    paused()
    assert notifying.tell_all() == 0


def test_without_an_address_she_is_told_so_and_nothing_is_kept(client, marie):
    type(marie).objects.update(email="")
    assert "no e-mail address yet" in wish(client, mail={"stopped"})
    assert not Wishes.objects.exists()


def test_a_mail_that_could_not_be_sent_is_tried_again(client, marie, settings):
    wish(client, mail={"stopped"})
    paused()
    before = settings.FANFARE_RELAYS
    settings.FANFARE_RELAYS = [{"name": "main", "kind": "smtp", "weight": 1, "url": "", "options": {
        "host": "127.0.0.1", "port": 1, "tls": "none", "username": "", "password": ""}}]  # fmt: skip
    assert notifying.tell_all() == 0
    settings.FANFARE_RELAYS = before
    assert notifying.tell_all() == 1 and len(letters()) == 1


KILLED = """
import os
from campaigns.delivery import staff
write = staff.write
def struck(people, subject, text):
    WHEN == "after the mail" and write(people, subject, text)
    os.kill(os.getpid(), 9)
staff.write = struck
from config.team import notifying
notifying.tell_all()
"""
WAITS = """
from django.contrib.auth.models import User
from config.team import notifying
from tests.make import make_campaign, make_sender
make_sender()
marie = User.objects.create_superuser("marie", password="x", email="marie@brand.example")
notifying.choose(marie, desk=set(), mail={"stopped"}, language="en")
make_campaign(name="Winter", state="paused", paused_reason="421")
"""
LATER = """
from config.team import notifying
from config.team.models import Wishes
first = notifying.tell_all()
Wishes.objects.update(claimed_until="2026-01-01T00:00Z")
from campaigns.models import OutboxMail
again = [notifying.tell_all(), notifying.tell_all()]
print(first, again, OutboxMail.objects.count())
"""


@pytest.mark.parametrize(("when", "mails"), [("before the mail", 1), ("after the mail", 2)])
def test_a_worker_killed_while_it_tells_loses_nothing(site, when, mails):
    """At worst a second mail, when the kill came between the mail and its note."""
    site.shell(WAITS)
    words = f"import django; django.setup(); WHEN = {when!r}\n{KILLED}"
    env = {**site.env, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", words], cwd=ROOT, env=env, check=False).returncode == -9

    assert site.shell(LATER) == f"0 [1, 0] {mails}"


def test_of_two_workers_at_once_one_writes(client, marie):
    wish(client, mail={"stopped"})
    paused()
    first, second = Wishes.objects.select_related("user").get(), Wishes.objects.select_related("user").get()
    assert (notifying._tell(first), notifying._tell(second)) == (True, False)
    assert len(letters()) == 1
