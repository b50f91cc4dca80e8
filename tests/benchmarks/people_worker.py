"""The process that `segment` and `snapshot` measure: a database of its own with many people who did many things.

python -m tests.benchmarks.people_worker seed 1000000 · segment 5 · snapshot 1000000

Everything is written by plain SQL, so that a million people take seconds; every number follows from the contact's own.
"""

import json
import os
import statistics
import sys
import time
from functools import partial

import django

MULTIPLIER = 2_654_435_761  # Knuth's: spreads the ids, so that rules do not fall on neighbouring rows


def seed(n: str) -> None:
    """Write n contacts, subscriptions, tags, two orders with a line for every third, a mail opened by every fourth."""
    from django.db import connection

    from campaigns.models import Campaign
    from tests.make import make_attribute, make_campaign, make_place, make_topic

    make_attribute(name="points", type="number")
    campaign, place, topic = make_campaign(name="May"), make_place(slug="lyon"), make_topic()
    Campaign.objects.update(state="finished")
    number = "generate_series(1, %(n)s) AS s(i)"
    if connection.vendor == "sqlite":
        number = (
            "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %(n)s) SELECT i FROM s) AS s"
        )
    now = _now(connection.vendor)
    spread = f"((i * CAST({MULTIPLIER} AS bigint)) %% 1000)"
    ago = _days_ago(connection.vendor)
    off = "0" if connection.vendor == "sqlite" else "false"
    statements = [
        "INSERT INTO contacts_tag (id, name) VALUES (1, 'vip')",
        f"""INSERT INTO contacts_contact (id, email, address_hash, unsendable, first_name, last_name, language,
            time_zone, attributes, source, open_tracking_at, last_opened_at, created_at, updated_at)
            SELECT i, 'p' || i || '@example.com', CAST(i AS varchar(32)), '', 'Ann', 'B' || (i %% 5000),
            CASE WHEN {spread} < 500 THEN 'fr' ELSE 'en' END, 'Europe/Paris', CAST('{{"points": ' || {spread} || '}}' AS
            {"text" if connection.vendor == "sqlite" else "jsonb"}), 'import',
            CASE WHEN i %% 2 = 0 THEN {ago("400")} END, CASE WHEN i %% 4 = 0 THEN {ago(f"({spread} %% 300)")} END,
            {ago(f"({spread})")}, {now} FROM {number}""",
        f"""INSERT INTO contacts_subscription (contact_id, topic_id, state, basis, source, created_at, subscribed_at,
            reason)
            SELECT i, %(topic)s, 'subscribed', 'consent', '', {now}, {now}, '' FROM {number}""",
        f"INSERT INTO contacts_contacttag (contact_id, tag_id) SELECT i, 1 FROM {number} WHERE i %% 5 = 0",
        f"""INSERT INTO campaigns_engagement (campaign_id, contact_id, kind, first_at, last_at, n)
            SELECT %(campaign)s, i, 'open', {now}, {ago(f"({spread} %% 300)")}, 1 FROM {number} WHERE i %% 4 = 0""",
    ]
    for k in (1, 2):
        statements += [
            f"""INSERT INTO social_order (id, source, reference, contact_id, matched_by, place_id, channel,
                amount_minor, returned_minor, currency, is_new_customer, is_attributed, ordered_at, created_at)
                SELECT i * 2 + {k}, 'shop{k}', CAST(i AS varchar(20)), i, '', CASE WHEN i %% 2 = 0 THEN %(place)s END,
                '', 5000, 0, 'EUR', {off}, {off}, {ago(f"({spread} %% 700)")}, {now} FROM {number} WHERE i %% 3 = 0""",
            f"""INSERT INTO social_orderline (order_id, number, sku, title, category, size, quantity, returned_quantity,
                unit_minor) SELECT i * 2 + {k}, 1, 'A', 'B', CASE WHEN i %% 2 = 0 THEN 'Knitwear' ELSE 'Shoes' END, 'M',
                1, 0, 5000 FROM {number} WHERE i %% 3 = 0""",
        ]
    values = {"n": int(n), "topic": topic.pk, "campaign": campaign.pk, "place": place.pk}
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(*_bound(statement, values, connection.vendor))
        cursor.execute("ANALYZE")


def _bound(statement, values, vendor):
    """Values of the seed are our own numbers; SQLite takes none by name through Django."""
    return (statement % values,) if vendor == "sqlite" else (statement, values)


def _now(vendor):
    return "strftime('%%Y-%%m-%%d %%H:%%M:%%S', 'now')" if vendor == "sqlite" else "now()"


def _days_ago(vendor):
    if vendor == "sqlite":
        return lambda days: f"strftime('%%Y-%%m-%%d %%H:%%M:%%S', 'now', '-' || CAST({days} AS integer) || ' days')"
    return lambda days: f"now() - CAST({days} AS integer) * interval '1 day'"


FIVE = {
    "all": [
        {"field": "language", "op": "is", "value": "fr"},
        {"field": "attribute.points", "op": "gte", "value": 100},
        {"field": "last_opened", "op": "in_last_days", "value": 200},
        {"field": "tag", "op": "has", "value": "vip"},
        {"field": "ordered", "op": "did", "value": {"category": "Knitwear", "days": 600}},
    ]
}
BY_HAND = """SELECT count(*) FROM contacts_contact c WHERE c.merged_into_id IS NULL AND c.language = 'fr'
    AND {points} >= 100 AND c.last_opened_at >= {opened}
    AND EXISTS (SELECT 1 FROM contacts_contacttag t JOIN contacts_tag g ON g.id = t.tag_id
                WHERE t.contact_id = c.id AND g.name = 'vip')
    AND EXISTS (SELECT 1 FROM social_order o JOIN social_orderline l ON l.order_id = o.id WHERE o.contact_id = c.id
                AND o.ordered_at >= {ordered} AND l.category = 'Knitwear' AND l.quantity > l.returned_quantity)"""
PREVIEWS = {
    "five rules": FIVE,
    "did not open for 100 days": {
        "field": "opened", "op": "did_not", "value": {"days": 100},
    },
    "bought twice and spent 80": {
        "all": [
            {"field": "ordered", "op": "did", "value": {"at_least": 2, "days": 600}},
            {"field": "net_spend_minor", "op": "gte", "value": 8000},
        ]
    },
    "asleep": {"field": "engagement", "op": "is", "value": "asleep"},
}  # fmt: skip


def segment(rounds: str) -> None:
    """Print the seconds of the same five rules by us and by hand, and of previews."""
    from django.db import connection

    from contacts.segments import counting, sql

    text = BY_HAND.format(
        points="json_extract(c.attributes, '$.points')" if connection.vendor == "sqlite"
        else "(c.attributes ->> 'points')::double precision",
        opened=_days_ago(connection.vendor)("200").replace("%%", "%"),
        ordered=_days_ago(connection.vendor)("600").replace("%%", "%"),
    )  # fmt: skip

    def by_hand():
        with connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchone()[0]

    def ours():
        return sql.people(FIVE).count()

    found = {"hand": by_hand(), "ours": ours()}
    if abs(found["hand"] - found["ours"]) > 3:
        raise SystemExit(f"The two do not count the same people: {found}")
    times = {"hand": [], "ours": []}
    for _round in range(int(rounds)):
        times["hand"].append(timed(by_hand))
        times["ours"].append(timed(ours))
    shown = {}
    for name, tree in PREVIEWS.items():
        seconds = [timed(lambda tree=tree: counting.preview(tree)) for _round in range(int(rounds))]
        told = counting.preview(tree).count
        kind = "nothing" if told is None else "estimate" if told.margin is not None else "exact"
        shown[name] = {"seconds": max(seconds), "answer": kind}
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(json.dumps({**medians, "people": found["ours"], "previews": shown}))


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def snapshot(rounds: str) -> None:
    """Print the seconds of an audience by us and by one hand-written INSERT … SELECT, each into an empty table."""
    from django.db import connection

    from campaigns.delivery import audience
    from campaigns.models import Campaign, Delivery
    from tests.make import make_campaign, make_topic

    topic = make_topic()
    times = {"ours": [], "hand": []}
    n = 0
    for _round in range(int(rounds)):
        for who in times:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM campaigns_delivery")
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("VACUUM campaigns_delivery")
            campaign = make_campaign(name="Snapshot", topic=topic, everyone_reason="benchmark")
            work = partial(audience.snapshot, campaign) if who == "ours" else partial(by_hand, campaign, topic)
            times[who].append(timed(work))
            n = Delivery.objects.filter(campaign=campaign).count()
            Delivery.objects.filter(campaign=campaign)._raw_delete("default")
            Campaign.objects.filter(pk=campaign.pk).delete()
    print(json.dumps({**{name: statistics.median(some) for name, some in times.items()}, "people": n}))


def by_hand(campaign, topic) -> None:
    """One statement: the same columns, the same reasons to leave somebody out."""
    from django.db import connection

    from campaigns.delivery import audience

    columns = [*audience.columns(campaign)]
    off, now = ("0", "datetime('now')") if connection.vendor == "sqlite" else ("false", "now()")
    values = {
        "campaign_id": str(campaign.pk), "contact_id": "c.id", "state": "'queued'", "content_version_id": "NULL",
        "language": "coalesce(nullif(c.language, ''), 'en')", "tracks_opens": "c.open_tracking_at IS NOT NULL",
        "tracks_clicks": "c.click_tracking_at IS NOT NULL", "fence": "0", "attempts": "0", "created_at": now,
    }  # fmt: skip
    select = ", ".join(values.get(name, off if name.startswith("is_") else "''") for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO campaigns_delivery ({", ".join(columns)}) SELECT {select} FROM contacts_contact c
            WHERE c.merged_into_id IS NULL AND c.email IS NOT NULL AND c.unsendable = ''
            AND (c.paused_until IS NULL OR c.paused_until <= {now})
            AND EXISTS (SELECT 1 FROM contacts_subscription s WHERE s.contact_id = c.id AND s.topic_id = {topic.pk}
                        AND s.state = 'subscribed' AND s.basis <> 'none')
            AND NOT EXISTS (SELECT 1 FROM contacts_suppression x WHERE x.address_hash = c.address_hash
                            AND x.lifted_at IS NULL) ORDER BY c.id ON CONFLICT DO NOTHING"""
        )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    {"seed": seed, "segment": segment, "snapshot": snapshot}[sys.argv[1]](*sys.argv[2:])
