import csv
import io
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from campaigns.tracking import spool
from config.demo import doors, marks, people, shop
from config.demo.habits import LONGEST, habit
from social.models import BrandAccount, FanWord, Offer, Place


def test_the_same_number_of_people_is_the_same_file_every_time():
    assert people.csv_file(50) == people.csv_file(50)


def test_the_file_has_as_many_lines_as_asked_for_and_a_few_mistakes():
    rows = list(csv.DictReader(io.StringIO(people.csv_file(1000))))

    addresses = [row["Email Address"].lower() for row in rows]
    wrong = [address for address in addresses if "@" not in address]
    assert len(rows) == 1000
    assert 0 < len(wrong) < 30
    assert 0 < len(addresses) - len(set(addresses)) < 30


def test_a_person_does_the_same_every_time_and_nobody_shares_what_she_did_not_read():
    habits = [habit(number) for number in range(1, 1001)]

    assert habits == [habit(number) for number in range(1, 1001)]
    assert all(who.reads_after is not None for who in habits if who.clicks or who.claims or who.network)
    assert all(who.reads_after <= LONGEST for who in habits if who.reads_after)
    assert 400 < sum(who.reads_after is not None for who in habits) < 520
    assert sum(who.redeems for who in habits) > 10


@pytest.mark.django_db
def test_the_shop_is_opened_once():
    first = shop.open_shop()
    again = shop.open_shop()

    assert again == first
    assert Place.objects.count() == 3 and Offer.objects.count() == 3
    assert set(FanWord.objects.values_list("network", "word")) == {("instagram", "cerise"), ("facebook", "moka")}
    assert set(BrandAccount.objects.values_list("network", flat=True)) == {"bluesky", "mastodon"}
    assert User.objects.get(username="marie").groups.get().name == "marketer"
    assert first.admin.check_password(shop.PASSWORD)


@pytest.mark.django_db
def test_a_stage_is_played_once():
    played = []

    assert marks.once("opens", lambda: played.append(1)) is True
    assert marks.once("opens", lambda: played.append(2)) is False
    assert played == [1]


PAGE = """
<form method="get"><input name="q"></form>
<form method="post" action="/s/abc"><input type="hidden" name="key" value="k1"><input type="checkbox" name="a">
<input type="checkbox" name="b" value="yes" checked><input type="email" name="email">
<button name="network" value="bluesky">Bluesky</button></form>
"""


def test_a_form_is_read_as_a_browser_would_send_it():
    (form,) = doors.Page("/", 200, {}, PAGE).forms

    assert form.action == "/s/abc"
    assert form.fields == {"key": "k1", "b": "yes", "email": ""}
    assert form.buttons == [("network", "bluesky")]


def test_a_page_without_that_button_is_a_closed_door():
    with pytest.raises(doors.ClosedDoor, match="has no button network=x"):
        doors.Visitor().press(doors.Page("/s/abc", 200, {}, PAGE), "network", "x")


def test_hits_bear_the_time_of_the_story(tmp_path):
    moment = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    kept = doors._ClockedSpool(tmp_path)

    with doors.at(moment):
        kept.append(spool.line("o", "0" * 32, 0, "", {}))
    kept.append(spool.line("o", "1" * 32, 0, "", {}))
    kept.close()

    (file,) = tmp_path.glob("*.spool")
    first, second = file.read_text().splitlines()
    assert first.startswith(f"{int(moment.timestamp())}000000000\to\t")
    assert int(second.split("\t")[0]) > moment.timestamp() * 1e9
