"""What `benchmark report` runs: seed two campaigns, or time the pages of one.

python -m tests.benchmarks.report_worker seed 50000 5000000 · time 1
"""

import json
import os
import statistics
import sys
import time
from datetime import timedelta

import django

ROUNDS = 9
STEP = 200_000  # rows a statement
HOURS = 720  # a month of totals


def seed(few, many):
    """Make two finished campaigns: recipients, engagement, clicks, hourly totals as their events would leave them."""
    from django.db import connection, transaction
    from django.utils import timezone

    from campaigns import links
    from campaigns.models import Campaign
    from campaigns.tracking import bulk
    from contacts.models import Contact
    from tests.make import make_campaign, make_segment

    now = timezone.now()
    at_ = f"'{bulk.stamp(now - timedelta(days=29))}'" + ("::timestamptz" if connection.vendor == "postgresql" else "")
    people = int(many) // 5
    with transaction.atomic():
        for at in range(0, people, 20_000):
            Contact.objects.bulk_create(
                Contact(email=f"p{n}@d{n % 500}.example", language="fr" if n % 3 else "en")
                for n in range(at, min(at + 20_000, people))
            )
    for events in map(int, (few, many)):
        campaign = make_campaign(
            name=f"{events} events", state=Campaign.State.FINISHED, started_at=now - timedelta(days=30),
            audience_at=now - timedelta(days=30),
        )  # fmt: skip
        campaign.segments.set([make_segment(name=f"French {events}")])
        made = [links.number_for(campaign, None, f"b{n}", f"https://shop.example/{n}") for n in range(1, 11)]
        first = links_first(campaign)
        with connection.cursor() as cursor:
            for at in range(0, events // 5, STEP):
                here = {
                    "campaign": campaign.pk,
                    "low": at,
                    "high": min(at + STEP, events // 5),
                    "first": first,
                    "at": at_,
                }
                for statement in (MAILS, OPENED, CLICKED, FOLLOWED):
                    cursor.execute(statement.format(**here), [])
        totals(campaign, made, events, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def links_first(campaign):
    return campaign.links.order_by("pk").first().pk


WHO = "FROM contacts_contact WHERE id > {low} AND id <= {high}"
MAILS = f"""INSERT INTO campaigns_delivery (campaign_id, contact_id, occasion, state, variant, language, tracks_opens,
    tracks_clicks, owner, fence, attempts, relay, reply, created_at, sent_at, bounced_at)
    SELECT {{campaign}}, id, '', CASE WHEN id %% 50 = 0 THEN 'failed' ELSE 'sent' END, '', language, id %% 10 < 7,
    id %% 10 < 7, '', 0, 1, 'main', '', at, at, CASE WHEN id %% 50 = 0 THEN at END
    FROM (SELECT id, language, {{at}} AS at {WHO}) who"""
OPENED = f"""INSERT INTO campaigns_engagement (campaign_id, contact_id, kind, first_at, last_at, n)
    SELECT {{campaign}}, id, 'open', {{at}}, {{at}}, 4 {WHO} AND id %% 10 < 5"""
CLICKED = f"""INSERT INTO campaigns_engagement (campaign_id, contact_id, kind, first_at, last_at, n)
    SELECT {{campaign}}, id, 'click', {{at}}, {{at}}, 2 {WHO} AND id %% 10 < 2"""
FOLLOWED = f"""INSERT INTO campaigns_linkengagement (link_id, contact_id, first_at, last_at, n)
    SELECT {{first}} + id %% 10, id, {{at}}, {{at}}, 2 {WHO} AND id %% 10 < 2"""


def totals(campaign, made, events, now):
    """Spread the events over a month of hours, links, devices and systems."""
    from campaigns.models import HourlyTotal

    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS)
    dimensions = [
        ("", ""),
        ("device", "phone"),
        ("os", "phone/iOS"),
        ("os", "phone/Android"),
        ("os", "computer/Windows"),
    ]
    clicks = [*dimensions, *(("link", str(link.pk)) for link in made)]
    share = max(1, events // HOURS)
    HourlyTotal.objects.bulk_create(
        [
            HourlyTotal(
                campaign=campaign, hour=hour + timedelta(hours=n), kind=kind, verdict="human", dimension=d, value=v,
                n=share,
            )
            for n in range(HOURS)
            for kind, counted in (("open", dimensions), ("click", clicks))
            for d, v in counted
        ],
        batch_size=2000,
    )  # fmt: skip


def timed(number):
    """Print the median of each page of the campaign in milliseconds, and of the first look at its report."""
    from django.contrib.auth.models import User
    from django.test import Client

    from campaigns.reports import ahead

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.filter(username="report").first() or User.objects.create_superuser("report"))
    base = f"/admin/campaigns/campaign/{number}/report"
    pages = {
        "page": f"{base}/",
        "people": f"{base}/people/click/",
        "clicks on the mail": f"{base}/clicks/",
        "CSV": f"{base}/domains.csv",
        "XLSX": f"{base}.xlsx",
        "list of all": "/admin/campaigns/campaign/reports/",
        "events": f"/admin/campaigns/event/?campaign__id__exact={number}",
    }
    took: dict[str, float] = {}
    client.get("/admin/campaigns/event/")  # what is loaded once
    began = time.perf_counter()
    ahead.count()
    took["counted ahead"] = round((time.perf_counter() - began) * 1000, 1)
    for name, path in (("first look", pages["page"]), *pages.items()):
        found = []
        for _ in range(1 if name == "first look" else ROUNDS):
            began = time.perf_counter()
            status = client.get(path).status_code
            found.append((time.perf_counter() - began) * 1000)
            if status != 200:
                raise SystemExit(f"{path} answered {status}")
        took[name] = round(statistics.median(found), 1)
    print(json.dumps(took))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    {"seed": seed, "time": timed}[sys.argv[1]](*sys.argv[2:])
