"""One process of the fault tests, run as `python -m tests.faults.worker WHAT …` against a database of its own.

seed N POLICY   a campaign of N waiting mails       send [POINT K]  send, and kill -9 oneself when POINT is reached
the K-th time
round           go round once, then send            meddle         pause, pace N, resume, cancel as stdin says
schedule S      the campaign is due in S seconds
report          the ledger as JSON                  bury            let the leases of the dead end now, and sweep
"""

import json
import os
import signal
import sys
from collections.abc import Callable

import django

POINTS = ("after-claim", "mid-data", "after-intent", "after-dot", "after-250", "after-commit")


def seed(n: str, policy: str) -> None:
    from django.utils import timezone

    from campaigns.models import Campaign, Delivery
    from contacts.models import Contact, Subscription
    from tests.make import make_campaign

    now = timezone.now()
    campaign = make_campaign(state="sending", started_at=now, audience_at=now, ambiguity=policy)
    people = Contact.objects.bulk_create(
        [Contact(email=f"fan{i}@example.com", address_hash=f"{i:032x}") for i in range(int(n))], batch_size=1000
    )
    Subscription.objects.bulk_create(
        [
            Subscription(contact=each, topic=campaign.topic, state="subscribed", basis="consent", subscribed_at=now)
            for each in people
        ],
        batch_size=1000,
    )
    Delivery.objects.bulk_create([Delivery(campaign=campaign, contact=each) for each in people], batch_size=1000)
    assert Campaign.objects.count() == 1


def content() -> None:
    """Give the campaign a real mail, for processes that are not this module's own."""
    from campaigns.content import versions
    from campaigns.models import Campaign, ContentBody, EmailContent
    from tests.make import make_brand

    made = EmailContent.objects.create(name="May", brand=make_brand())
    blocks = [{"id": "b1", "type": "text", "html": "<p>Hello</p>"}, {"id": "b2", "type": "footer"}]
    version = versions.new_version(made, [ContentBody(language="en", subject="May", blocks=blocks)])
    versions.publish(version)
    Campaign.objects.update(content=made, content_version=version)


def send(point: str = "", k: str = "1") -> None:
    import campaigns.content.batch
    from campaigns.delivery import sender
    from campaigns.delivery.feed import CampaignFeed
    from tests.campaigns.delivery.conftest import plain_messages

    campaigns.content.batch.stream = plain_messages
    CampaignFeed.__init__.__kwdefaults__["batch"] = 10  # many claims, so that kills fall between them
    if point:
        arm(point, int(k))
    print(json.dumps({"sent": sender.run().sent}))


def arm(point: str, k: int) -> None:
    """Put the kill at its place in the code."""
    from campaigns.delivery import feed, ledger
    from campaigns.delivery.conversation import Conversation
    from campaigns.delivery.desk import LedgerDesk

    passed = 0

    def die(*_: object) -> None:
        nonlocal passed
        passed += 1
        if passed == k:
            os.kill(os.getpid(), signal.SIGKILL)

    settle = LedgerDesk.settle

    def after_commit_of_intents(self, outcomes, ready):
        allowed = settle(self, outcomes, ready)
        if allowed:
            die()
        return allowed

    def before_commit_of_replies(self, outcomes, ready):
        if any(outcome.code == 250 for outcome in outcomes):
            die()
        return settle(self, outcomes, ready)

    def after_commit_of_replies(self, outcomes, ready):
        allowed = settle(self, outcomes, ready)
        if outcomes:
            die()
        return allowed

    if point == "after-claim":
        feed.ledger.claim = then(ledger.claim, die)
    elif point == "mid-data":
        Conversation._on_data = then(Conversation._on_data, die)
    elif point == "after-dot":
        Conversation.finish = then(Conversation.finish, die)
    elif point == "after-intent":
        LedgerDesk.settle = after_commit_of_intents
    elif point == "after-250":
        LedgerDesk.settle = before_commit_of_replies
    elif point == "after-commit":
        LedgerDesk.settle = after_commit_of_replies


def then(act: Callable, what: Callable) -> Callable:
    def both(*args, **kwargs):
        result = act(*args, **kwargs)
        what()
        return result

    return both


def bury() -> None:
    from datetime import timedelta

    from django.utils import timezone

    from campaigns.delivery import ledger
    from campaigns.models import Delivery

    Delivery.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now() - timedelta(minutes=1))
    ledger.sweep()


def report() -> None:
    from campaigns.models import Campaign, Delivery

    rows = Delivery.objects.values_list("contact__email", "state")
    print(json.dumps({"rows": dict(rows), "state": Campaign.objects.get().state}))


def round() -> None:  # noqa: A001
    """Do what is due, then send: what a machine does whose clock FAULTS_SKEW sets wrong."""
    from campaigns.delivery import rounds

    rounds.go_round()
    send()
    rounds.go_round()


def schedule(seconds: str) -> None:
    """Have the campaign start so many seconds from now, by this machine's own clock."""
    from datetime import timedelta

    from django.utils import timezone

    from campaigns.models import Campaign

    Campaign.objects.update(
        state="scheduled", started_at=None, scheduled_at=timezone.now() + timedelta(seconds=int(seconds))
    )


def meddle() -> None:
    """Do what the lines of stdin say to the campaign, and answer each when it is done."""
    from campaigns.delivery import control
    from campaigns.models import Campaign

    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        campaign = Campaign.objects.get()
        if word == "pause":
            control.pause(campaign, "to try it", "tests")
        elif word == "resume":
            control.resume(campaign, "tests")
        elif word == "cancel":
            control.cancel(campaign, "tests")
        else:
            control.set_pace(campaign, int(number) or None, "tests")
        said = {"pause": "paused", "resume": "resumed", "cancel": "cancelled"}
        print(said.get(word, word), flush=True)


def retry() -> None:
    """Bring deferred rows forward, as if their time had come."""
    from django.utils import timezone

    from campaigns.models import Delivery

    Delivery.objects.filter(state="deferred").update(next_at=timezone.now())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if skew := int(os.environ.get("FAULTS_SKEW", "0")):
        import time

        import time_machine

        time_machine.travel(time.time() + skew, tick=True).start()
    django.setup()
    globals()[sys.argv[1]](*sys.argv[2:])
