"""The engine's finer rules: days without redemption, patterns, a million codes as a job, changes that stay visible."""

import io
from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from contacts import jobs
from contacts.models import Job
from social.models import Code, OfferBlackout, OfferLimit
from social.offers import bulk, changes, codes, counters, rules
from social.offers.reasons import Reason, Refused, sentence
from social.offers.redemption import Who, claim, redeem, validate
from tests.make import make_contact, make_offer, make_place, make_till

pytestmark = pytest.mark.django_db

PATTERN = "SPRING-#####-#####-#"


@pytest.fixture
def till():
    device, zoe = make_till()
    return {"place": device.place, "who": Who.at_till(device, zoe)}


# --- days without redemption --------------------------------------------------------------------------------------


def test_days_without_redemption_are_refused_with_the_day_it_goes_on(till):
    offer, today = make_offer(), timezone.localdate()
    hers = claim(offer, make_contact(), via="mail")
    for first, last in ((0, 1), (2, 2)):
        OfferBlackout.objects.create(
            offer=offer, first_day=today + timedelta(days=first), last_day=today + timedelta(days=last)
        )

    verdict = validate(hers.token, **till)

    assert verdict.reason == Reason.BLACKOUT
    assert verdict.detail["again_on"] == (today + timedelta(days=3)).isoformat()
    assert "but again from" in sentence(verdict.reason, verdict.detail)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert redeem(hers.token, key="1", **till).pk


def test_the_day_is_that_of_the_shop(settings):
    offer = make_offer()
    auckland = make_place(slug="auckland", time_zone="Pacific/Auckland")
    OfferBlackout.objects.create(offer=offer, first_day=date(2026, 5, 2), last_day=date(2026, 5, 2))
    noon = timezone.datetime(2026, 5, 1, 12, 30, tzinfo=timezone.get_fixed_timezone(0))  # 2 May in Auckland

    rules.check_blackout(offer, None, noon)
    with pytest.raises(Refused):
        rules.check_blackout(offer, auckland, noon)


# --- patterns -----------------------------------------------------------------------------------------------------


def test_a_patterns_code_is_read_with_the_usual_slips(till):
    offer = make_offer(code_mode="pool")
    batch = bulk.make(offer, 3, pattern=PATTERN)
    jobs.run(batch.job.pk)
    code = Code.objects.first()
    printed = codes.display_like(PATTERN, code.value)

    typed = printed.lower().replace("spring", "spr1ng").replace("0", "o")

    assert printed.startswith("SPRING-") and printed.count("-") == 3
    assert redeem(typed, key="1", **till).claim.code == code


@pytest.mark.parametrize("pattern", ["SPRING-###", "##########", "é-###########", "#" * 41])
def test_a_pattern_too_easy_to_guess_is_refused(pattern):
    with pytest.raises(bulk.BadBatch):
        bulk.make(make_offer(), 5, pattern=pattern)


# --- many codes ---------------------------------------------------------------------------------------------------


def test_a_batch_goes_on_where_its_runner_was_killed():
    offer = make_offer(code_mode="pool")
    batch = bulk.make(offer, 1_200)

    class Killed(BaseException):
        pass

    class Dying(jobs.Run):
        def add(self, **counts):
            super().add(**counts)
            if self.progress > 500:
                raise Killed

    job = Job.objects.get(pk=batch.job.pk)
    Job.objects.filter(pk=job.pk).update(state="running", fence=1)
    job.refresh_from_db()
    with pytest.raises(Killed):
        bulk.work_make(Dying(job))
    assert Code.objects.count() == 500  # the batch under way is rolled back with its cursor

    jobs.run(job.pk, take_over=True)

    batch.refresh_from_db()
    assert Code.objects.filter(batch=batch).count() == 1_200 == batch.n
    assert all(codes.is_valid(value) for value in Code.objects.values_list("value", flat=True)[:50])


def test_a_partners_file_is_loaded_without_doubles(till):
    offer = make_offer(code_mode="pool")
    Code.objects.create(offer=offer, value="KNOWN1")
    lines = "code;note\nAB-1;x\nab1;x\n\nKNOWN-1\n" + "X" * 41 + "\nAB-2\n"

    batch = bulk.load(offer, ContentFile(lines.encode(), "codes.csv"))
    jobs.run(batch.job.pk)

    batch.refresh_from_db()
    assert set(batch.codes.values_list("value", flat=True)) == {"AB1", "AB2"} and batch.n == 2
    assert Job.objects.get(pk=batch.job.pk).counts == {"made": 2, "left_out": 4}
    assert redeem("ab-2", key="1", **till).pk


def test_a_file_without_a_new_code_says_so():
    batch = bulk.load(make_offer(), ContentFile(b"code\n\n", "codes.csv"))
    jobs.run(batch.job.pk)

    assert "No new code was found" in Job.objects.get(pk=batch.job.pk).error


def test_bytes_that_are_no_text_load_nothing_and_break_nothing():
    batch = bulk.load(make_offer(), ContentFile(b"\x00\xff\xfe\x00" * 99, "codes.csv"))
    jobs.run(batch.job.pk)

    assert Job.objects.get(pk=batch.job.pk).state == "failed"


# --- what was changed ---------------------------------------------------------------------------------------------


def test_every_change_after_the_start_is_listed_newest_first():
    offer = make_offer(limits={"total": 500})
    offer.percent = 25
    offer.save()
    limit = OfferLimit.objects.get()
    limit.max_uses = 600
    limit.save()
    words = offer.texts.get(language="fr")
    words.title = "25 % pour nos fans"
    words.save()

    said = [line for change in changes.changes(offer) for line in change.what]

    assert said[0] == "words (fr): title: 20 % pour nos fans → 25 % pour nos fans"
    assert said[1] == "limit in all: most redemptions: 500 → 600"
    assert "per cent: 20 → 25" in said


def test_a_limit_raised_while_live_counts_from_the_next_use_on(till):
    offer = make_offer(limits={"total": 1})
    ann, ben = make_contact(), make_contact(email="ben@example.com")
    hers, his = claim(offer, ann, via="mail"), claim(offer, ben, via="mail")
    redeem(hers.token, key="1", **till)
    assert validate(his.token, **till).reason == Reason.LIMIT_TOTAL

    OfferLimit.objects.update(max_uses=2)

    assert redeem(his.token, key="2", **till).pk and counters.left(offer) == 0


def test_the_admin_lists_what_was_changed_and_takes_amounts_as_people_write_them(client):
    from tests.make import make_user
    from tests.social.test_offers_admin import form_of, url

    client.force_login(make_user())
    offer = make_offer(kind="amount", amount_minor=500, budget_minor=100_000)
    form = form_of(client, "Offer", offer.pk)
    assert (form["amount_minor"], form["budget_minor"]) == ("5.00", "1000.00")

    client.post(url("Offer", "change", offer.pk), {**form, "amount_minor": "7,50", "budget_minor": ""})

    offer.refresh_from_db()
    assert (offer.amount_minor, offer.budget_minor, offer.cost_minor) == (750, None, 0)
    assert "amount: 5.00 → 7.50" in client.get(url("Offer", "change", offer.pk)).text


def test_a_file_of_codes_is_uploaded_in_the_admin(client):
    from tests.make import make_user
    from tests.social.test_offers_admin import url

    client.force_login(make_user())
    upload = io.BytesIO(b"A-1\nA-2\n")
    upload.name = "codes.txt"

    page = client.post(url("CodeBatch", "add"), {"offer": make_offer(code_mode="pool").pk, "file": upload})

    assert page.status_code == 302 and Job.objects.get().kind == "load_codes"
    jobs.run_waiting()
    assert "done" in client.get(url("CodeBatch", "changelist")).text
