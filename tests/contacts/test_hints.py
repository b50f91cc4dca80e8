"""A page never waits for a broker: the database is the truth, and the next round of the beat finds the work."""

import pytest
from celery import Celery
from django.db import transaction

from config import settings as site
from contacts import hints


@pytest.fixture
def away():
    """A task whose broker is at a port where nobody listens."""
    app = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    app.conf.broker_transport_options = {
        name: value
        for name, value in site.CELERY_BROKER_TRANSPORT_OPTIONS.items()
        if "interval" in name or "max" in name
    }

    def work(number):
        return number

    return app.task(name="away.work", shared=False)(work)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_a_line_in_the_log_and_nothing_else(away, caplog):
    hints.tell(away, 7)

    assert "away.work(7,)" in caplog.text and "the next round finds the work" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_hints_at_nothing(away, caplog):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        hints.tell(away, 7)
        raise ZeroDivisionError

    assert "away.work" not in caplog.text
