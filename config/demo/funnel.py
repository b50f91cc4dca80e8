"""The demo's outcome as it is printed: the campaign's report, step by step, and the addresses to open.

page(told)      # → "Autumn roast: 929 mails sent …\n\n  sent  929\n …\n\nOpen:\n  desk  http://localhost:8000/admin/"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.numbers import get_currency_precision
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.reports import CampaignReport, Money, Step
from config.demo.shop import PASSWORD, USER

if TYPE_CHECKING:
    from config.demo.story import Told

NAMES = {
    "desk": gettext_lazy("the desk"),
    "campaign": gettext_lazy("the campaign, in five steps"),
    "report": gettext_lazy("its report"),
    "mail": gettext_lazy("a mail in the Outbox: press its links"),
    "fan": gettext_lazy("a fan's whole story"),
    "offer": gettext_lazy("a subscriber's offer"),
    "share": gettext_lazy("her share page"),
    "friend": gettext_lazy("the page a friend sees"),
    "sign_up": gettext_lazy("the sign-up form"),
    "unsubscribe": gettext_lazy("leaving, in one press"),
    "till": gettext_lazy("the till"),
    "api": gettext_lazy("the API"),
}


def as_dict(report: CampaignReport) -> dict[str, int]:
    """Return each step's figure under its key: what a program reads of `demo --json`."""
    return {step.key: step.money.minor if step.money else step.n for step in report.funnel}


def page(told: Told) -> str:
    """Return what the demo prints when it is done."""
    sign_in = _("User %(user)s, password %(password)s.") % {"user": USER, "password": PASSWORD}
    parts = ["", f"{told.report.name}: {told.report.sentence}", "", table(told.report), "", sign_in]
    return "\n".join([*parts, _opening(told.addresses), *told.remarks, ""])


def table(report: CampaignReport) -> str:
    """Return the funnel as text: label, figure, rate with its interval."""
    rows = [(str(step.label), _figure(step), _rate(step)) for step in report.funnel]
    width = max(len(label) for label, _n, _part in rows)
    return "\n".join(f"  {label:<{width}}  {figure:>14}  {rate}".rstrip() for label, figure, rate in rows)


def _opening(addresses: dict[str, str]) -> str:
    named = [(str(words), addresses[name]) for name, words in NAMES.items() if name in addresses]
    width = max(len(words) for words, _address in named)
    return "\n".join(f"  {words:<{width}}  {address}" for words, address in named)


def _figure(step: Step) -> str:
    return _money(step.money) if step.money else f"{step.n:,}"


def _money(amount: Money) -> str:
    digits = get_currency_precision(amount.currency)
    return f"{amount.minor / 10**digits:,.{digits}f} {amount.currency}"


def _rate(step: Step) -> str:
    rate = step.rate
    if rate is None or rate.value is None:
        return ""
    return f"{rate.value:6.1%} of {step.of_label}  ({rate.low:.1%} to {rate.high:.1%})"
