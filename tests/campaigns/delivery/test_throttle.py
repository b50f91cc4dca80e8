from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.delivery import throttle
from campaigns.models import TokenBucket

pytestmark = pytest.mark.django_db


def test_a_bucket_gives_what_its_rate_filled_and_not_more():
    throttle.set_rate("relay:main", per_second=10)
    TokenBucket.objects.update(tokens=0, refilled_at=timezone.now() - timedelta(seconds=3))

    assert 29 <= throttle.take("relay:main", 200) <= 31
    assert throttle.take("relay:main", 200) <= 1


def test_a_bucket_never_holds_more_than_its_burst():
    throttle.set_rate("relay:main", per_second=10)
    TokenBucket.objects.update(refilled_at=timezone.now() - timedelta(days=3))

    assert throttle.take("relay:main", 1000) == 150


def test_no_bucket_is_no_limit():
    assert throttle.take("relay:other", 200) == 200


def test_a_slow_pace_still_gives_whole_mails():
    throttle.set_rate("campaign:1", per_second=60 / 3600)
    TokenBucket.objects.update(tokens=0, refilled_at=timezone.now() - timedelta(seconds=61))

    assert throttle.take("campaign:1", 5) == 1 and throttle.take("campaign:1", 5) == 0


def test_the_rate_changes_while_it_runs():
    throttle.set_rate("campaign:1", per_second=1)
    throttle.set_rate("campaign:1", per_second=20)
    TokenBucket.objects.update(tokens=0, refilled_at=timezone.now() - timedelta(seconds=1))

    assert 19 <= throttle.take("campaign:1", 100) <= 21
    throttle.forget("campaign:1")
    assert throttle.take("campaign:1", 100) == 100
