"""Every list of the API asks the database as often for many rows as for one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from social.offers.claims import claim
from tests.api.test_bounds import people
from tests.api.test_matrix import routes
from tests.make import make_offer, make_place, make_program, make_segment, make_topic

pytestmark = pytest.mark.django_db
LISTS = sorted(path for verb, path in routes() if verb == "GET" and "{" not in path)


def more(number):
    """One more row of every kind that a list of the API tells."""
    hers = people(make_topic(slug=f"topic-{number}"), f"Ann{number}")
    make_segment(name=f"Segment {number}")
    make_place(slug=f"place-{number}")
    make_program(name=f"Programme {number}")
    claim(make_offer(name=f"Offer {number}", limits={"contact": 5}), hers["contact"], via="mail")


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_as_often_for_many_rows_as_for_one(partner, path):
    def asked():
        partner.get(path)  # what is remembered for a while is asked once
        with CaptureQueriesContext(connection) as caught:
            answer = partner.get(path)
        told = answer.json() if answer["Content-Type"] == "application/json" else {}
        return len(caught), len(told.get("results", []) if isinstance(told, dict) else told)

    more(1)
    few, _rows = asked()
    for number in range(2, 6):
        more(number)
    many, rows = asked()

    assert many <= few, f"{few} queries for one row, {many} for {rows}"


def test_the_lists_are_those_of_the_description():
    assert len(LISTS) >= 25
