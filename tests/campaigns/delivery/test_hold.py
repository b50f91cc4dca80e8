import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns.delivery import control, hold, sender
from campaigns.models import Delivery, OutboxMail, SendingHold
from tests.campaigns.delivery.test_smtp import make_queue, states
from tests.make import make_campaign

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_mails")]


def output(*words):
    said = io.StringIO()
    call_command("hold", *words, stdout=said)
    return said.getvalue()


def test_while_held_no_mail_leaves_and_afterwards_only_the_rest_that_a_person_chose():
    first = make_queue(3)
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state="sent", sent_at=timezone.now())
    held = hold.place("restored from backup")
    second = make_campaign(name="June", state="sending", audience_at=timezone.now(), started_at=timezone.now())
    for row in Delivery.objects.filter(campaign=first):
        Delivery.objects.create(campaign=second, contact=row.contact)
    assert sender.run().sent == 0

    with pytest.raises(control.Refused, match="June"):
        hold.lift(held, "marie", {first.pk: "resume"})
    assert hold.active() == held and sender.run().sent == 0

    hold.lift(held, "marie", {first.pk: "resume", second.pk: "cancel"})
    assert sender.run().sent == 2 and OutboxMail.objects.count() == 2
    assert states(first) == {"sent": 3} and states(second) == {"cancelled": 3}


def test_the_command_lists_what_needs_a_decision_and_lifts_with_one():
    campaign = make_queue(2)
    output("place", "restored from backup")

    assert f"campaign {campaign.pk} “May”, sending: 2 queued" in output("list")
    with pytest.raises(CommandError, match="Missing: May"):
        output("lift")
    assert "Nothing is held." in output("lift", "--pause", str(campaign.pk))
    campaign.refresh_from_db()
    assert campaign.state == "paused" and SendingHold.objects.get().lifted_at
    with pytest.raises(CommandError, match="Nothing is held"):
        output("lift")
