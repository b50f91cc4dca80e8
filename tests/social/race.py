"""Fifty people at once, in a process of its own: `python -m tests.social.race <json of codes>` prints what each got."""

import json
import sys
import threading


def main() -> None:
    import django

    django.setup()
    from django.db import connection

    from social.models import Place
    from social.offers.reasons import Refused
    from social.offers.redemption import Who, redeem

    asked = json.loads(sys.argv[1])
    place = Place.objects.get()
    gate, said, lock = threading.Barrier(len(asked)), [], threading.Lock()

    def press(number: int, raw: str) -> None:
        gate.wait()
        for _retry in range(2):  # a phone that lost the answer asks again with the same key
            try:
                answer = f"redeemed {redeem(raw, place=place, who=Who(client=f'device:{number}'), key='k').pk}"
            except Refused as why:
                answer = str(why.reason)
            except Exception as why:  # shown to the test, which fails on it
                answer = f"{type(why).__name__}: {why}"
            with lock:
                said.append((number, answer))
        connection.close()

    threads = [threading.Thread(target=press, args=(number, raw)) for number, raw in enumerate(asked)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
