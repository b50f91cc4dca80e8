"""One process of the partners' fault tests: `python -m tests.faults.partner_worker WHAT …` on a database of its own.

seed PORT       an offer with a claim, a key, a webhook to 127.0.0.1:PORT that is owed N messages; prints what is needed
ask KEY CODE [POINT]      redeem a code with an Idempotency-Key; kill -9 oneself when POINT is reached
test KEY HOOK [POINT]     a webhook's test event with an Idempotency-Key
tell [K]        deliver what is owed; kill -9 oneself once the receiver has answered K messages
late            let leases and kept keys of the dead end now
report          the rows that count, as JSON
"""

import json
import os
import signal
import sys

import django

POINTS = ("taken", "acted", "kept")
N = 12  # messages owed


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def seed(port: str) -> None:
    from django.utils import timezone

    from campaigns.tracking import events
    from config.partners import keys
    from config.partners.webhooks import endpoints, owing
    from social.offers.claims import claim
    from tests.make import make_contact, make_offer, make_user

    key, text = keys.issue("shop", make_user(username="owner"), keys.SCOPES)
    hook = endpoints.make(key, f"http://127.0.0.1:{port}/hook", ["email.clicked"], by="tests")
    agreed = {"open_tracking_at": timezone.now(), "click_tracking_at": timezone.now()}
    people = [make_contact(email=f"fan{number}@example.com", **agreed) for number in range(3)]
    for number in range(N):
        events.record("click", key=f"k:{number}", contact=people[number % 3])
    owing.owe()
    code = claim(make_offer(limits={"contact": 5}), people[0], via="mail").code
    print(json.dumps({"key": text, "hook": hook.pk, "code": code.value}))


def arm(point: str) -> None:
    """Put the kill at its place: the key is taken, the act is done, the answer is kept but not committed."""
    from contacts import idempotency

    def then(act):
        def both(*args, **kwargs):
            result = act(*args, **kwargs)
            die()
            return result

        return both

    if point == "taken":
        idempotency._take = then(idempotency._take)
    elif point == "kept":
        idempotency._keep = then(idempotency._keep)
    elif point == "acted":
        idempotency._keep = die


def post(path: str, key: str, body: dict, text: str) -> None:
    from django.test import Client

    headers = {"Authorization": f"Bearer {text}", "Idempotency-Key": key}
    answer = Client(SERVER_NAME="localhost").post(path, json.dumps(body), "application/json", headers=headers)
    print(json.dumps({"status": answer.status_code, "body": answer.json()}))


def ask(key: str, code: str, text: str, point: str = "") -> None:
    arm(point)
    post("/api/v1/redemptions/", key, {"code": code}, text)


def test(key: str, hook: str, text: str, point: str = "") -> None:
    arm(point)
    post(f"/api/v1/webhooks/{hook}/test/", key, {}, text)


def tell(k: str = "") -> None:
    from config.partners.webhooks import delivering

    ask, passed = delivering.ask, 0

    def asked(*args):
        nonlocal passed
        answer = ask(*args)
        passed += 1
        if k and passed == int(k):
            die()
        return answer

    delivering.ask = asked
    delivering.deliver()


def late() -> None:
    from datetime import timedelta

    from django.utils import timezone

    from config.partners.models import WebhookEndpoint
    from contacts.models import IdempotencyKey

    ago = timezone.now() - timedelta(hours=1)
    WebhookEndpoint.objects.filter(leased_until__isnull=False).update(leased_until=ago)
    IdempotencyKey.objects.filter(status=None).update(created_at=ago)


def report() -> None:
    from config.partners.models import WebhookAttempt
    from contacts.models import IdempotencyKey
    from social.models import Redemption

    print(
        json.dumps(
            {
                "redemptions": Redemption.objects.count(),
                "keys": IdempotencyKey.objects.count(),
                "delivered": WebhookAttempt.objects.filter(delivered_at__isnull=False).count(),
                "owed": WebhookAttempt.objects.filter(delivered_at=None, given_up_at=None).count(),
            }
        )
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    what, *words = sys.argv[1:]
    {"seed": seed, "ask": ask, "test": test, "tell": tell, "late": late, "report": report}[what](*words)
