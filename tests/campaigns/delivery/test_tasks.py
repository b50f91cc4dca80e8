import pytest
from django.core.management import call_command

from campaigns import tasks
from campaigns.delivery import ledger, rounds
from campaigns.models import Campaign, OutboxMail
from tests.campaigns.delivery.test_smtp import make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_mails")]


def test_the_task_sends_what_is_ready_and_may_run_twice():
    campaign = make_queue(5)
    tasks.send_campaign(campaign.pk)
    tasks.send_campaign(campaign.pk)

    assert OutboxMail.objects.count() == 5


def test_enough_senders_on_a_campaign_are_not_hinted_at_again():
    campaign = make_queue(9)
    assert rounds.to_hint() == [campaign.pk]
    for n in range(4):
        ledger.claim(campaign, f"sender {n}", 1)
    assert rounds.to_hint() == [] and rounds.with_work() == [campaign.pk]


def test_the_command_sends_a_campaign_to_its_end_without_a_broker(capsys):
    campaign = make_queue(6)
    call_command("send", str(campaign.pk))

    assert "sent=6" in capsys.readouterr().out and Campaign.objects.get().state == "finished"


def test_the_command_sends_once_what_is_ready(capsys):
    make_queue(3)
    call_command("send", "--once")

    assert "sent=3" in capsys.readouterr().out
