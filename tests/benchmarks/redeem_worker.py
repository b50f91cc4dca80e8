"""One process of the redeem benchmark: `seed N` makes codes and a key, `check MARK` looks, `rate N` measures."""

import json
import os
import sys
import time
import uuid

import django


def token() -> str:
    return uuid.uuid4().hex[:26].upper()


def seed(n: str) -> None:
    from django.contrib.auth.models import User

    from config.partners import keys
    from contacts.models import Contact
    from social.models import Claim, Code
    from social.offers import codes
    from tests.make import make_offer, make_user

    owner = User.objects.first() or make_user()
    _key, secret = keys.issue("benchmark", owner, keys.SCOPES, per_minute=10_000_000)
    mark = uuid.uuid4().hex[:8]

    def claimed(offer, many):
        people = Contact.objects.bulk_create(
            [
                Contact(email=f"{mark}{offer.pk}n{number}@example.com", address_hash=uuid.uuid4().hex)
                for number in range(many)
            ],
            batch_size=500,
        )
        made = Code.objects.bulk_create(
            [Code(offer=offer, value=codes.make(), state="assigned") for _ in people], batch_size=500
        )
        Claim.objects.bulk_create(
            [
                Claim(
                    offer=offer,
                    contact=person,
                    code=code,
                    token=uuid.uuid4().hex[:26].upper(),
                    expires_at=offer.ends_at,
                )
                for person, code in zip(people, made, strict=True)
            ],
            batch_size=500,
        )
        return [code.value for code in made]

    offer = make_offer(name=f"Press {mark}")
    person = Contact.objects.create(email=f"{mark}@example.com", address_hash=uuid.uuid4().hex)
    said = {
        "token": secret,
        "one": claimed(make_offer(name=f"One {mark}", limits={"total": 1}), 1)[0],
        "limited": claimed(make_offer(name=f"Three {mark}", limits={"total": 3}), int(n)),
        "many": claimed(make_offer(name=f"Many {mark}", limits={"total": 10_000, "day": 10_000}), max(int(n) // 4, 30)),
        "offer": offer.pk,
        "contact": person.pk,
    }
    print(json.dumps(said))


def check(_mark: str) -> None:
    from django.db.models import Count

    from social.models import Redemption
    from social.offers import counters

    standing = Redemption.objects.filter(kind="redeem", reversal__isnull=True)
    twice = standing.values("claim").annotate(n=Count("pk")).filter(n__gt=1).count()
    print(json.dumps({"differences": len(counters.differences()), "used_twice": twice}))


def rate(n: str) -> None:
    """Measure redemptions a second, and bare conditional UPDATEs + INSERTs, in turns; the best of each."""
    from django.db import connection, transaction

    from social.models import Claim, Code
    from social.offers import codes
    from social.offers.redemption import Who, redeem
    from tests.make import make_offer, make_place

    many, rounds = int(n), 3
    place, best = make_place(), {"ours": 0.0, "bare": 0.0}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_use (id integer, claim integer)")
    for _round in range(rounds):
        offer = make_offer(name=uuid.uuid4().hex, limits={"total": 100_000})
        made = Code.objects.bulk_create(
            [Code(offer=offer, value=codes.make(), state="assigned") for _ in range(2 * many)]
        )
        rows = Claim.objects.bulk_create(
            [
                Claim(offer=offer, code=code, token=uuid.uuid4().hex[:26].upper(), expires_at=offer.ends_at)
                for code in made
            ]
        )
        began = time.perf_counter()
        for row, code in zip(rows[:many], made[:many], strict=True):
            redeem(code.value, place=place, who=Who("device:1"), key=row.token)
        best["ours"] = max(best["ours"], many / (time.perf_counter() - began))
        began = time.perf_counter()
        for number, row in enumerate(rows[many:]):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("UPDATE social_claim SET state='redeemed' WHERE id=%s AND state='open'", [row.pk])
                cursor.execute("INSERT INTO bare_use VALUES (%s, %s)", [number, row.pk])
        best["bare"] = max(best["bare"], many / (time.perf_counter() - began))
    print(json.dumps(best))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    globals()[sys.argv[1]](*sys.argv[2:])
