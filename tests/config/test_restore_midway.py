"""A backup from the middle of a campaign: once restored, nothing leaves until a person chose, then only the rest."""

import ast
from collections import Counter

from tests.sink import Sink

SEED = """
from django.utils import timezone
from tests.make import make_contact, make_delivery, make_letter, make_topic
topic = make_topic()
letters = [make_letter(name=name, topic=topic) for name in ("May", "June")]
for n in range(6):
    contact = make_contact(email=f"fan{n}@example.com", first_name=f"Fan {n}", topic=topic)
    for letter in letters:
        make_delivery(campaign=letter, contact=contact, content_version=letter.content_version, language="en")
print("seeded")
"""
SOON = """
from campaigns.models import Delivery
print(Delivery.objects.filter(state="deferred").update(next_at="2026-01-01T00:00Z"))
"""
COUNT = """
from collections import Counter
from campaigns.models import Delivery
print(dict(Counter(Delivery.objects.values_list("campaign__name", "state"))))
"""


def counts(site) -> Counter[tuple[str, str]]:
    return Counter(ast.literal_eval(site.shell(COUNT)))


def run(site, *words: str):
    done = site.manage(*words)
    assert done.returncode == 0, done.stderr + done.stdout
    return done


def test_after_a_restore_nothing_leaves_until_the_hold_is_lifted_and_then_only_what_was_chosen(site, tmp_path):
    with Sink(lambda phase, n, line: "450 4.2.0 later" if phase == "rcpt" and n > 4 else None) as busy:
        site.env["EMAIL_RELAYS"] = f"main=smtp://127.0.0.1:{busy.port}?connections=1"
        site.shell(SEED)
        run(site, "send", "--once")
    midway = counts(site)
    assert len(busy.messages) == 4 and midway.total() == 12, "the relay took four mails and put off the rest"
    run(site, "backup", "--to", str(tmp_path / "midway.tar.gz"))

    with Sink() as relay:
        site.env["EMAIL_RELAYS"] = f"main=smtp://127.0.0.1:{relay.port}?connections=1"
        site.shell(SOON)
        run(site, "send", "--once")
        assert len(busy.messages) + len(relay.messages) == 12, "both campaigns are finished"

        restored = run(site, "restore", "--force", str(tmp_path / "midway.tar.gz"))
        assert "May" in restored.stdout and "June" in restored.stdout, "it names what may have moved since"
        relay.messages.clear()
        site.shell(SOON)
        run(site, "send", "--once")
        assert relay.messages == []

        undecided = site.manage("hold", "lift", "--resume", "1")
        assert undecided.returncode == 1 and "June" in undecided.stderr
        run(site, "send", "--once")
        assert relay.messages == []

        run(site, "hold", "lift", "--resume", "1", "--cancel", "2")
        last = run(site, "send", "--once")

    after = counts(site)
    assert len(relay.messages) == midway["May", "deferred"], f"{midway} → {after}\n{last.stdout}{last.stderr}"
    assert after["May", "sent"] == 6 and after["June", "sent"] == midway["June", "sent"], "June stays where it was"
