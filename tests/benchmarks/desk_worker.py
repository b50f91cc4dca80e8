"""What `benchmark desk` runs: time the pages of a list, or add people and events.

python -m tests.benchmarks.desk_worker time pages.json · grow 1000000
"""

import gzip
import json
import os
import re
import statistics
import sys
import time
from functools import cache
from pathlib import Path

import django

ROUNDS = 3
STEP = 100_000  # people a statement
EVENTS = 5  # for each of them
NAMED = re.compile(r"""(?:src|href)=["'](/static/[^"'?#]+)""")
IN_STYLES = re.compile(r"""url\(["']?([^"')?#]+)""")


def timed(path):
    """Print for each page the median in milliseconds, the queries of one request, and its weight in kB."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.filter(is_superuser=True).order_by("pk").first())
    took = {}
    for page in json.loads(Path(path).read_text()):
        found = []
        for _ in range(ROUNDS + 1):
            with CaptureQueriesContext(connection) as asked:
                began = time.perf_counter()
                answer = client.get(page["path"])
                found.append((time.perf_counter() - began) * 1000)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        took[page["name"]] = {
            "ms": round(statistics.median(found[1:]), 1),  # the first fills caches of templates and code
            "queries": len(asked),
            "kB": weight(body),
        }
    print(json.dumps(took))


def weight(body):
    """Return what the page weighs for a browser that has nothing and for one that was here before, compressed."""
    alone = len(gzip.compress(body, 6))
    files = set(NAMED.findall(body.decode(errors="replace")))
    return {"first": round((alone + sum(map(packed, files))) / 1000, 1), "after": round(alone / 1000, 1)}


@cache
def packed(url):
    """Return the compressed size of a static file in bytes, with the fonts that a style sheet names."""
    from django.conf import settings
    from django.contrib.staticfiles import finders

    name = url.removeprefix(settings.STATIC_URL)
    found = finders.find(name)
    if not found:
        return 0
    content = Path(found).read_bytes()
    size = len(content) if name.endswith((".woff2", ".woff", ".png", ".jpg")) else len(gzip.compress(content, 6))
    if name.endswith(".css"):
        beside = {os.path.normpath(f"{os.path.dirname(url)}/{one}") for one in IN_STYLES.findall(content.decode())}
        size += sum(packed(one) for one in beside if one.endswith(".woff2"))
    return size


def grow(n):
    """Add n people with what the profile's benchmark gives each, a mail of the demo's campaign, and EVENTS acts."""
    from django.db import connection, models, transaction
    from django.utils import timezone

    from campaigns.models import Campaign, Engagement, Event
    from contacts.models import Contact, Topic
    from tests.benchmarks import profile

    campaign = Campaign.objects.filter(kind="campaign", finished_at__isnull=False).first()
    first = (Contact.objects.aggregate(most=models.Max("pk"))["most"] or 0) + 1_000_000
    house = {"topic": Topic.objects.order_by("pk").first(), "campaign": campaign, "first": first}
    now = timezone.now()
    for since in range(0, int(n), STEP):
        until = min(int(n), since + STEP)
        with transaction.atomic():
            profile._people(house, since, until)
            who = {"contact_id": f"{first} + n", "campaign_id": campaign.pk}
            for kind in ("open", "click"):
                times = {"kind": f"'{kind}'", "first_at": now, "last_at": now, "n": "2"}
                profile._insert(Engagement, {**who, **times}, since, until)
            for number in range(EVENTS):
                act = {
                    "kind": "'open'" if number % 2 else "'click'", "at": now, "created_at": now, "verdict": "'human'",
                    "key": f"'desk {number} ' || n", "device": "'phone'",
                }  # fmt: skip
                profile._insert(Event, {**who, **act}, since, until)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    {"time": timed, "grow": grow}[sys.argv[1]](*sys.argv[2:])
