import time

import pytest
from django.db import connection

from contacts.models import Contact
from contacts.segments import counting, limit, sql
from tests.contacts.test_segments import leaf
from tests.make import make_contact

SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000000000) SELECT max(x) FROM n",
    "postgresql": "SELECT pg_sleep(20)",
}


def test_a_question_that_takes_too_long_is_stopped_and_the_connection_goes_on(db):
    began = time.monotonic()
    with pytest.raises(limit.TooLong), limit.seconds(0.2), connection.cursor() as cursor:
        cursor.execute(SLOW[connection.vendor])

    assert time.monotonic() - began < 5
    make_contact()
    assert Contact.objects.count() == 1
    with limit.seconds(5):
        assert Contact.objects.count() == 1


def test_a_count_that_takes_too_long_is_estimated(db, monkeypatch):
    def never(rule):
        raise limit.TooLong

    people = [Contact(email=f"p{n}@example.com", language="fr" if n % 4 == 0 else "en") for n in range(2000)]
    Contact.objects.bulk_create(people)
    monkeypatch.setattr(counting, "count", never)

    found = counting.preview(leaf("language", "is", "fr"))

    assert found.count.margin and abs(found.count.yes - 500) <= found.count.margin
    assert found.count.everybody == 2000 and len(found.sample) == 10
    assert all(person.language == "fr" for person in found.sample)
    monkeypatch.setattr(counting, "estimate", never)
    assert counting.preview(leaf("language", "is", "fr")).count is None


def test_of_a_thousand_people_of_whom_fifty_agreed_at_most_fifty_did_not_open(db):
    from campaigns.models import Engagement
    from tests.make import make_campaign, make_delivery

    Contact.objects.bulk_create(Contact(email=f"p{n}@example.com") for n in range(1000))
    ids = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
    Contact.objects.filter(pk__in=ids[:50]).update(open_tracking_at="2026-01-01T00:00Z")
    campaign = make_campaign()
    for pk in ids[:20]:
        Engagement.objects.create(
            campaign=campaign, contact_id=pk, kind="open", first_at="2026-03-01T00:00Z", last_at="2026-03-01T00:00Z"
        )

    assert counting.count(leaf("opened", "did", {})) == counting.Count(yes=20, no=30, not_observable=950)
    assert counting.count(leaf("opened", "did_not", {})) == counting.Count(yes=30, no=20, not_observable=950)
    assert counting.count(leaf("opened", "did_not", {}, unknown=True)).yes == 980

    sent = {"state": "sent", "sent_at": "2026-02-01T00:00Z", "campaign": campaign}
    make_delivery(
        contact=Contact.objects.get(pk=ids[49]), tracks_opens=False, **sent
    )  # measured by nobody: what she did is not known
    make_delivery(contact=Contact.objects.get(pk=ids[48]), tracks_opens=True, **sent)
    assert counting.count(leaf("opened", "did_not", {})) == counting.Count(yes=29, no=20, not_observable=951)
    assert sql.people(leaf("opened", "did_not", {"campaign": campaign.pk + 1})).count() == 50


LEFT = {"sqlite": "SELECT '20ms'", "postgresql": "SELECT current_setting('statement_timeout')"}


def test_however_little_time_is_left_the_database_has_enough_to_take_the_limit_back(db):
    """With one millisecond PostgreSQL now and then stopped that very statement, and the page of the builder failed."""
    with limit.seconds(0.015), connection.cursor() as cursor:
        cursor.execute(LEFT[connection.vendor])
        assert cursor.fetchone() == ("20ms",)

    assert Contact.objects.count() == 0
