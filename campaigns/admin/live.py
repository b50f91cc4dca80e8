"""The numbers of a running campaign as its page shows them: progress, rate, who carries what, its state as a word."""

from __future__ import annotations

import math
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from campaigns.admin import steps
from campaigns.delivery import ledger, progress, watching
from campaigns.models import Campaign

State = Campaign.State
RETRYING = (State.SENDING, State.PAUSED, State.FINISHED)


def numbers(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return progress, refusals, and the rate since the page asked last (it says when, and how many were sent then)."""
    now = timezone.now().timestamp()
    found = progress.progress(campaign)
    rate = rate_since(request.GET, found.sent, now)
    left = found.waiting + found.on_the_wire
    return {
        "progress": found,
        "failures": progress.failures(campaign),
        "retryable": ledger.retryable(campaign).count() if found.failed and campaign.state in RETRYING else 0,
        "rate": round(rate, 1) if rate < 10 else round(rate),
        "exact_rate": f"{rate:.4f}",
        "time_left": steps.time_left(left / rate) if rate >= SLOWEST and left else "",
        "now": f"{now:.3f}",
        "is_live": campaign.state == State.SENDING and campaign.kind == Campaign.Kind.CAMPAIGN,
    }


SLOWEST = 0.01  # mails a second; below it no end is foretold
KEEPS = 0.7  # of the rate of before: one look of two seconds jumps, the mean of the last dozen seconds does not


def rate_since(asked: Any, sent: int, now: float) -> float:
    """Return the mails a second, smoothed over the last looks: the page says when it looked, and what it saw."""
    try:
        before, then = float(asked.get("at", "")), int(asked.get("sent", ""))
        latest = max(0.0, (sent - then) / (now - before)) if now > before else 0.0
        known = float(asked.get("rate") or latest)
    except (ValueError, OverflowError):
        return 0.0
    return latest if not math.isfinite(known) or known <= 0 else KEEPS * known + (1 - KEEPS) * latest


def watched(campaign: Campaign) -> dict[str, Any]:
    """Return relays, receivers, the last lines of the log."""
    return {
        "relays": watching.by_relay(campaign),
        "receivers": watching.by_domain(campaign),
        "log": watching.log(campaign),
        "is_watched": campaign.state == State.SENDING,
    }


BADGES = {
    State.SENDING: "fan-badge",
    State.FINISHED: "fan-badge fan-badge-good",
    State.PAUSED: "fan-badge fan-badge-bad",
    State.CANCELLED: "fan-badge fan-badge-bad",
}


def badge(campaign: Campaign) -> str:
    """Return the state as a coloured word."""
    return format_html(
        '<span class="{}">{}</span>', BADGES.get(State(campaign.state), "fan-badge"), campaign.get_state_display()
    )
