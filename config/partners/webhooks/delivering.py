"""Owed messages on their way: in order for each person, again and again for three days, at the receiver's pace.

deliver()     # → Done(delivered=40, failed=1)

One worker serves an endpoint at a time (a lease). A server that does not answer, or says 5xx or 429, holds up the whole
endpoint, which then waits longer each time; any other refusal holds up only that message and what follows it about the
same person. At least once: a worker that dies after the answer sends again, under the same id.

Source: Standard Webhooks, operational considerations (retries, 410 Gone, disabling).
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from config.partners.models import WebhookAttempt, WebhookEndpoint
from config.partners.webhooks import signing
from contacts import outside

logger = logging.getLogger(__name__)
TIMEOUT = 10.0  # seconds for the connection and the first line of the answer; the standard suggests 15 to 30 at most
LEASE = timedelta(minutes=5)
ROUND = 60.0  # seconds one endpoint is served before the others get their turn
AT_ONCE = 100  # messages read at a time
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)
PATIENCE = timedelta(days=3)  # a message is tried, and an endpoint may fail, so long
KEPT = timedelta(days=30)  # delivered messages, for the log and replays
GONE = 410  # the receiver wants no more


@dataclass
class Done:
    """What one round did."""

    delivered: int = 0
    failed: int = 0


def deliver() -> Done:
    """Send what is due to every endpoint that is due, and return the counts.

    Reads:   WebhookAttempt that is owed, WebhookEndpoint that is active.
    Writes:  delivered_at, or tries, status, next_at; the endpoint's failures, retry_at and, after three days of
             nothing but failure or a 410, is_active=False with the reason. The key's owner is mailed.
    """
    done = Done()
    for endpoint in _due(timezone.now()):
        if _lease(endpoint):
            try:
                _serve(endpoint, done)
            finally:
                WebhookEndpoint.objects.filter(pk=endpoint.pk).update(leased_until=None)
    if done.delivered or done.failed:
        logger.info("webhooks delivered=%d failed=%d", done.delivered, done.failed)
    return done


def forget_old() -> int:
    """Delete messages that were delivered or given up 30 days ago and return how many."""
    old = WebhookAttempt.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.filter(Q(delivered_at__isnull=False) | Q(given_up_at__isnull=False)).delete()[0]


def owed(endpoint: WebhookEndpoint) -> QuerySet[WebhookAttempt]:
    """Return the messages that the endpoint still has to get, oldest first."""
    return WebhookAttempt.objects.filter(endpoint=endpoint, delivered_at=None, given_up_at=None).order_by("pk")


def _due(now: datetime) -> Iterator[WebhookEndpoint]:
    waiting = WebhookAttempt.objects.filter(endpoint=OuterRef("pk"), delivered_at=None, given_up_at=None)
    found = WebhookEndpoint.objects.filter(
        Q(retry_at=None) | Q(retry_at__lte=now),
        Exists(waiting),
        is_active=True, key__revoked_at=None, key__owner__is_active=True,
    )  # fmt: skip
    yield from found.select_related("key__owner").order_by("pk")


def _lease(endpoint: WebhookEndpoint) -> bool:
    now = timezone.now()
    free = WebhookEndpoint.objects.filter(Q(leased_until=None) | Q(leased_until__lt=now), pk=endpoint.pk)
    return free.update(leased_until=now + LEASE) == 1


def _serve(endpoint: WebhookEndpoint, done: Done) -> None:
    until = time.monotonic() + ROUND
    while time.monotonic() < until:
        batch = list(_sendable(endpoint))
        held: set[str] = set()  # people one of whose messages was refused in this batch
        for message in batch:
            if message.order_key and message.order_key in held:
                continue
            if time.monotonic() >= until:
                return
            if not _send(endpoint, message, done):
                if endpoint.retry_at or not endpoint.is_active:
                    return
                held.add(message.order_key)
        if len(batch) < AT_ONCE:
            return


def _sendable(endpoint: WebhookEndpoint) -> QuerySet[WebhookAttempt]:
    """Return the next messages, without those behind one about the same person that waits for its next try."""
    now = timezone.now()
    waits = owed(endpoint).filter(order_key=OuterRef("order_key"), next_at__gt=now, pk__lt=OuterRef("pk"))
    found = owed(endpoint).filter(Q(next_at=None) | Q(next_at__lte=now))
    return found.filter(Q(order_key="") | ~Exists(waits))[:AT_ONCE]


def _send(endpoint: WebhookEndpoint, message: WebhookAttempt, done: Done) -> bool:
    """Send one message and write down how it went; return whether it was taken."""
    status, error = ask(endpoint, message)
    now = timezone.now()
    message.status, message.error, message.tries = status, error, message.tries + 1
    if status is not None and 200 <= status < 300:
        message.delivered_at = now
        _recover(endpoint)
        done.delivered += 1
    else:
        _postpone(endpoint, message, now)
        done.failed += 1
    message.save(update_fields=["status", "error", "tries", "delivered_at", "next_at", "given_up_at"])
    return message.delivered_at is not None


def ask(endpoint: WebhookEndpoint, message: WebhookAttempt) -> tuple[int | None, str]:
    """Post one message and return (status, ""), or (None, why not)."""
    now = timezone.now()
    body = json.dumps(message.body, separators=(",", ":"), sort_keys=True).encode()
    secrets = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > now:
        secrets.append(endpoint.old_secret)
    headers = {
        **signing.headers(message.message_id, body, now, secrets),
        "Content-Type": "application/json",
        "User-Agent": f"Fanfare-Webhooks (+{settings.SITE_URL})",
    }
    try:
        return outside.post(endpoint.url, body, headers, timeout=TIMEOUT), ""
    except (outside.Refused, outside.Unreachable) as why:
        return None, str(why)[:200]


def _recover(endpoint: WebhookEndpoint) -> None:
    if endpoint.failures:
        endpoint.failures, endpoint.failing_since, endpoint.retry_at = 0, None, None
        endpoint.save(update_fields=["failures", "failing_since", "retry_at"])


def _postpone(endpoint: WebhookEndpoint, message: WebhookAttempt, now: datetime) -> None:
    """Plan the next try of the message or of the whole endpoint, or give up."""
    if message.status == GONE:
        _disable(endpoint, _("It answered 410 Gone: it wants no more."))
        return
    if message.status is None or message.status >= 500 or message.status == 429:
        endpoint.failures = min(endpoint.failures + 1, 1000)
        endpoint.failing_since = endpoint.failing_since or now
        endpoint.retry_at = now + pause(endpoint.failures)
        endpoint.save(update_fields=["failures", "failing_since", "retry_at"])
        if now - endpoint.failing_since >= PATIENCE:
            _disable(endpoint, _("It has not taken one message for three days."))
        return
    if now - message.created_at >= PATIENCE:
        message.given_up_at = now
    else:
        message.next_at = now + pause(message.tries)


def pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures: 5 s, doubling, 6 h at most, each ± 20 %."""
    grown = FIRST_PAUSE * 2 ** min(failures - 1, 20)
    jitter: float = random.uniform(0.8, 1.2)  # noqa: S311 - spreads the load, guards nothing
    paused: timedelta = min(grown, LONGEST_PAUSE) * jitter
    return paused


def _disable(endpoint: WebhookEndpoint, reason: str) -> None:
    from config.partners.webhooks import endpoints  # it sends the test message from here

    endpoints.switch_off(endpoint, reason)


def pending(endpoint: WebhookEndpoint) -> dict[str, int]:
    """Return counts for the page of an endpoint: owed, delivered, given up."""
    of = WebhookAttempt.objects.filter(endpoint=endpoint)
    return {
        "owed": owed(endpoint).count(),
        "delivered": of.filter(delivered_at__isnull=False).count(),
        "given_up": of.filter(given_up_at__isnull=False).count(),
    }


def again(messages: QuerySet[WebhookAttempt]) -> int:
    """Owe these messages once more, under their old ids, and return how many."""
    return messages.update(delivered_at=None, given_up_at=None, next_at=None, created_at=timezone.now())
