"""A real Postfix on loopback as relay and as remote: every mail arrives once, its own bounces come back and are
understood, read by IMAP from a real Dovecot and by the pipe command.

POSTFIX_MAILS=10000 python3 manage.py test faults -k postfix       # apt-get install postfix dovecot-imapd; as root
"""

import io
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from campaigns.delivery import control, mailbox, sender
from campaigns.models import Delivery, Event
from contacts.models import Contact, Subscription, Suppression
from tests.faults.postfix import Post
from tests.make import make_mail, make_topic

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
MAILS = int(os.environ.get("POSTFIX_MAILS", "200"))
GONE, FULL, SPAM = MAILS // 20, MAILS // 50, 4  # of them; four refusals for our own fault pause nothing


@pytest.fixture
def post():
    with tempfile.TemporaryDirectory(prefix="fanfare-postfix-", ignore_cleanup_errors=True) as folder:
        made = Post(Path(folder))  # pytest's own folders are closed to the users that Postfix changes to
        yield made
        made.stop()


def audience(topic):
    """Subscribers of whom some do not exist, some are full, and some servers take us for spam."""
    kinds = ["gone"] * GONE + ["full"] * FULL + ["spam"] * SPAM
    kinds += ["fan"] * (MAILS - len(kinds))
    from contacts import suppression

    Contact.objects.bulk_create(
        [
            Contact(email=(address := f"{kind}{n}@example.com"), address_hash=suppression.address_hash(address))
            for n, kind in enumerate(kinds)
        ]
    )
    now = Contact.objects.first().created_at
    Subscription.objects.bulk_create(
        [
            Subscription(contact=contact, topic=topic, state="subscribed", basis="consent", subscribed_at=now)
            for contact in Contact.objects.all()
        ]
    )


def test_its_bounces_come_back_and_are_understood(post, settings):
    settings.FANFARE_RELAYS = [
        {
            "name": "main", "kind": "smtp", "url": "smtp://postfix", "weight": 1,
            "options": {"host": "127.0.0.1", "port": post.relay, "connections": 4, "timeout": 60},
        }
    ]  # fmt: skip
    campaign = make_mail()
    audience(make_topic())
    control.start(campaign, "test")
    while Delivery.objects.filter(state__in=["queued", "deferred", "claimed"]).exists():
        sender.run(campaign.pk)
    assert dict(Counter(Delivery.objects.values_list("state", flat=True))) == {"sent": MAILS}
    post.wait_until_empty(60 + MAILS / 20)

    took = re.findall(r"relay/smtpd\[\d+\]: ([0-9A-F]+): client=", post.log())
    arrived = re.findall(r"postfix/discard\[\d+\]: [0-9A-F]+: to=<(\S+?)>.*status=sent", post.log())
    assert len(took) == MAILS
    assert len(arrived) == len(set(arrived)) == MAILS - GONE - FULL - SPAM, post.log()[-3000:]

    by_pipe = pipe_one(post)
    read = Counter()
    while some := mailbox.read_all(mailbox.described(f"imap://bounces:secret@127.0.0.1:{post.imap}/INBOX")):
        read += some
    assert by_pipe == "bounce" and read == {"bounce": GONE + FULL + SPAM}, (by_pipe, read)

    returned = Counter(Delivery.objects.filter(bounced_at__isnull=False).values_list("reply_code", flat=True))
    assert returned == {550: GONE + SPAM, 552: FULL}
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"hard_bounce"}
    assert Suppression.objects.count() == GONE, "nobody for a full mailbox or for our own fault"
    assert Event.objects.filter(kind="bounce").count() == GONE + FULL + SPAM
    campaign.refresh_from_db()
    assert (campaign.state, campaign.paused_reason) == ("finished", "")
    print(f"\npostfix: {MAILS} mails taken, {len(arrived)} arrived once each, {sum(read.values())} came back, "
          f"{GONE} addresses suppressed")  # fmt: skip


def pipe_one(post):
    """Hand one bounce to the command, as an alias of Postfix would; IMAP meets it again and changes nothing twice."""
    raw = next(path for path in (post.folder / "mail" / "bounces" / "new").iterdir()).read_bytes()
    envelope = re.search(rb"^(?:Delivered-To|X-Original-To): (\S+)", raw, re.MULTILINE)[1].decode()
    said, before = io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(raw))
    try:
        call_command("read_bounces", "--pipe", envelope, stdout=said)
    finally:
        sys.stdin = before
    return said.getvalue().strip()
