"""What the beat asks of this floor. Each may run at any time, twice at once, or not at all for a while."""

from __future__ import annotations

from celery import shared_task

from social import referrals, rfm, visits
from social.fans import checking
from social.offers import counters, reservations
from social.offers.fraud import cases
from social.tree import build


@shared_task(ignore_result=True)
def release_reservations() -> None:
    """Give back the coupons of baskets that were left."""
    reservations.release_lapsed()


@shared_task(ignore_result=True)
def approve_referrals() -> None:
    """Approve the referrals whose days to wait are over."""
    referrals.approve_due()


@shared_task(ignore_result=True)
def forget_salts() -> None:
    """Destroy the salts of past days, so that visits never join across days."""
    visits.forget_salts()


@shared_task(ignore_result=True)
def refresh_trees() -> None:
    """Put the trees of friends together whose campaign saw something since."""
    build.refresh()


@shared_task(ignore_result=True)
def check_counters() -> None:
    """Compare every limit's counter with its redemptions, and warn where they differ."""
    counters.differences()


@shared_task(ignore_result=True)
def look_for_fraud() -> None:
    """Let every fraud rule that is on look, and open cases."""
    cases.scan()


@shared_task(ignore_result=True)
def score_rfm() -> None:
    """Score every buyer by recency, frequency and money."""
    rfm.score()


@shared_task(ignore_result=True)
def ask_networks() -> None:
    """Ask again for the fans whose network did not answer."""
    checking.look_again()
