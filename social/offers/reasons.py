"""Why a claim or redemption is refused: stable names, exact words for staff, one vague answer for strangers.

raise Refused(Reason.ALREADY_REDEEMED, at=redemption.at, place="Shop Lyon")
sentence(Reason.ALREADY_REDEEMED, detail)   # → "Already used on 23 Nov 2026 at 14:02, Shop Lyon."
remedy(Reason.ALREADY_REDEEMED)             # → "First use wins: …"
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Reason(models.TextChoices):
    """One name per rule; the API and the database hold the name, people read the words."""

    CODE_UNKNOWN = "CODE_UNKNOWN", gettext_lazy("This code is not known.")
    OTHER_SITE = "OTHER_SITE", gettext_lazy("This QR code belongs to another site.")
    TWO_CODES = "TWO_CODES", gettext_lazy("The picture shows more than one QR code.")
    NOT_STARTED = "NOT_STARTED", gettext_lazy("The offer has not started yet.")
    EXPIRED = "EXPIRED", gettext_lazy("The offer is over.")
    PAUSED = "PAUSED", gettext_lazy("The offer is paused.")
    BLACKOUT = "BLACKOUT", gettext_lazy("The offer is not redeemed today.")
    LIMIT_TOTAL = "LIMIT_TOTAL", gettext_lazy("All of them are gone.")
    LIMIT_CONTACT = "LIMIT_CONTACT", gettext_lazy("This person has used it as often as allowed.")
    LIMIT_PERIOD = "LIMIT_PERIOD", gettext_lazy("Today's, this week's or this month's share is gone.")
    BUDGET_SPENT = "BUDGET_SPENT", gettext_lazy("The budget of the offer is spent.")
    NOT_HOLDER = "NOT_HOLDER", gettext_lazy("This is not the holder's own code.")
    NOT_ELIGIBLE_SEGMENT = "NOT_ELIGIBLE_SEGMENT", gettext_lazy("The offer is for other customers.")
    NOT_FIRST_ORDER = "NOT_FIRST_ORDER", gettext_lazy("The offer is for a first order only.")
    FAN_PROOF_MISSING = "FAN_PROOF_MISSING", gettext_lazy("A proof of being a fan is missing.")
    FAN_PROOF_EXPIRED = "FAN_PROOF_EXPIRED", gettext_lazy("The proof of being a fan has expired.")
    WRONG_PLACE = "WRONG_PLACE", gettext_lazy("The offer is not for this shop.")
    STAFF_NOT_ALLOWED = "STAFF_NOT_ALLOWED", gettext_lazy("You may not redeem here.")
    MIN_AMOUNT = "MIN_AMOUNT", gettext_lazy("The order is below the least amount.")
    ALREADY_REDEEMED = "ALREADY_REDEEMED", gettext_lazy("Already used.")
    RESERVED = "RESERVED", gettext_lazy("Somebody else is redeeming it at this moment.")
    ALREADY_REVERSED = "ALREADY_REVERSED", gettext_lazy("This redemption has been undone before.")
    REVERSE_WINDOW_OVER = "REVERSE_WINDOW_OVER", gettext_lazy("It is too late to undo this redemption.")
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT", gettext_lazy("The same key was used for another request.")
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS", gettext_lazy("Too many wrong tries.")
    PIN_WRONG = "PIN_WRONG", gettext_lazy("The PIN is wrong.")
    WORD_UNKNOWN = "WORD_UNKNOWN", gettext_lazy("This is not the word of the post.")
    WORD_ROTATED = "WORD_ROTATED", gettext_lazy("This word has been replaced by a new one.")
    FAN_CODE_UNKNOWN = "FAN_CODE_UNKNOWN", gettext_lazy("This fan code is not known, used or older than two days.")
    WORD_USED_UP = "WORD_USED_UP", gettext_lazy("This word has been used as often as allowed.")


REMEDIES: dict[str, Promise] = {
    Reason.CODE_UNKNOWN: gettext_lazy("Compare letter by letter. The last character checks the others."),
    Reason.OTHER_SITE: gettext_lazy("Ask for the code in our own mail."),
    Reason.TWO_CODES: gettext_lazy("Bring one code into the picture."),
    Reason.NOT_STARTED: gettext_lazy("Ask her to come back from the first day on."),
    Reason.EXPIRED: gettext_lazy("It cannot be redeemed any more."),
    Reason.PAUSED: gettext_lazy("Ask the manager when it goes on."),
    Reason.BLACKOUT: gettext_lazy("Ask her to come back after these days."),
    Reason.LIMIT_TOTAL: gettext_lazy("It cannot be redeemed any more."),
    Reason.LIMIT_CONTACT: gettext_lazy("It cannot be redeemed any more."),
    Reason.LIMIT_PERIOD: gettext_lazy("Ask her to come back in the next period."),
    Reason.BUDGET_SPENT: gettext_lazy("It cannot be redeemed any more."),
    Reason.NOT_HOLDER: gettext_lazy("Ask for the mail with her own code."),
    Reason.NOT_ELIGIBLE_SEGMENT: gettext_lazy("Ask the manager for which customers it is."),
    Reason.NOT_FIRST_ORDER: gettext_lazy("She has ordered before."),
    Reason.FAN_PROOF_MISSING: gettext_lazy("Her offer page says how she can show it."),
    Reason.FAN_PROOF_EXPIRED: gettext_lazy("Her offer page says how she can show it again."),
    Reason.WRONG_PLACE: gettext_lazy("Her offer page names the shops."),
    Reason.STAFF_NOT_ALLOWED: gettext_lazy("Ask the manager of the shop."),
    Reason.MIN_AMOUNT: gettext_lazy("Enter the order's amount before the discount."),
    Reason.ALREADY_REDEEMED: gettext_lazy("The first use counts. A manager can undo it if it was a mistake."),
    Reason.RESERVED: gettext_lazy("Try again in a few minutes."),
    Reason.ALREADY_REVERSED: gettext_lazy("Nothing is left to do."),
    Reason.REVERSE_WINDOW_OVER: gettext_lazy("Ask the manager."),
    Reason.IDEMPOTENCY_CONFLICT: gettext_lazy("Start again with a fresh page."),
    Reason.TOO_MANY_ATTEMPTS: gettext_lazy("Wait ten minutes, then try again."),
    Reason.PIN_WRONG: gettext_lazy("Try again, or ask the manager for a new PIN."),
    Reason.FAN_CODE_UNKNOWN: gettext_lazy("Ask her for the code that her offer page shows now."),
    Reason.WORD_UNKNOWN: gettext_lazy("Look at the post again; capitals do not matter."),
    Reason.WORD_ROTATED: gettext_lazy("Look at the post again: it shows the new word."),
    Reason.WORD_USED_UP: gettext_lazy("A newer post may carry a new one."),
}

# HTTP answers for partners. Source: RFC 9110; 409 for races and limits, 403 for who, where and proof.
STATUS: dict[str, int] = {
    Reason.CODE_UNKNOWN: 404,
    Reason.OTHER_SITE: 404,
    Reason.TWO_CODES: 422,
    Reason.EXPIRED: 410,
    Reason.NOT_HOLDER: 403,
    Reason.NOT_ELIGIBLE_SEGMENT: 403,
    Reason.NOT_FIRST_ORDER: 403,
    Reason.FAN_PROOF_MISSING: 403,
    Reason.FAN_PROOF_EXPIRED: 403,
    Reason.WRONG_PLACE: 403,
    Reason.STAFF_NOT_ALLOWED: 403,
    Reason.PIN_WRONG: 403,
    Reason.MIN_AMOUNT: 422,
    Reason.IDEMPOTENCY_CONFLICT: 422,
    Reason.TOO_MANY_ATTEMPTS: 429,
}

# Gone by themselves in a while: not kept under the idempotency key, so that a later retry may succeed.
TEMPORARY = frozenset({Reason.RESERVED, Reason.TOO_MANY_ATTEMPTS, Reason.NOT_STARTED, Reason.PAUSED, Reason.BLACKOUT})

# Tries that look like guessing and count towards TOO_MANY_ATTEMPTS.
GUESSES = frozenset(
    {Reason.CODE_UNKNOWN, Reason.NOT_HOLDER, Reason.PIN_WRONG, Reason.WORD_UNKNOWN, Reason.FAN_CODE_UNKNOWN}
)

# To a stranger these say one and the same, so that nobody learns which codes exist.
SECRET = frozenset({Reason.CODE_UNKNOWN, Reason.OTHER_SITE, Reason.NOT_HOLDER, Reason.EXPIRED, Reason.ALREADY_REDEEMED})


class Refused(Exception):
    """A claim, redemption or reversal is refused. `reason` is a Reason; `detail` holds what its sentence names."""

    def __init__(self, reason: str, **detail: Any) -> None:
        self.reason = Reason(reason)
        self.detail = detail
        super().__init__(sentence(self.reason, detail))

    @property
    def status(self) -> int:
        """The HTTP status for partners."""
        return STATUS.get(self.reason, 409)

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.reason in TEMPORARY

    def answer(self) -> dict[str, Any]:
        """Return the refusal as JSON: reason, detail, and the sentence in the active language."""
        plain = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in self.detail.items()}
        return {"reason": str(self.reason), "detail": plain, "message": str(self)}


def sentence(reason: str, detail: Mapping[str, Any] | None = None) -> str:
    """Return what happened, exactly, in the active language: for staff and partners."""
    detail = detail or {}
    at = _moment(detail.get("at") or detail.get("until"))
    if reason == Reason.ALREADY_REDEEMED and at:
        if detail.get("place"):
            return _("Already used on %(at)s, %(place)s.") % {"at": at, "place": detail["place"]}
        return _("Already used on %(at)s.") % {"at": at}
    if reason == Reason.NOT_STARTED and at:
        return _("The offer starts on %(at)s.") % {"at": at}
    if reason == Reason.BLACKOUT and detail.get("again_on"):
        return _("The offer is not redeemed on these days, but again from %(day)s.") % {"day": _day(detail["again_on"])}
    if reason == Reason.EXPIRED and at:
        return _("The offer ended on %(at)s.") % {"at": at}
    if reason == Reason.MIN_AMOUNT and detail.get("least"):
        return _("The order must be at least %(least)s.") % {"least": detail["least"]}
    if reason == Reason.WRONG_PLACE and detail.get("places"):
        return _("The offer is for other shops: %(places)s.") % {"places": detail["places"]}
    return str(Reason(reason).label)


def remedy(reason: str) -> str:
    """Return the next step for a cashier, in the active language."""
    return str(REMEDIES[Reason(reason)])


def for_stranger(reason: str) -> str:
    """Return what an anonymous visitor is told: the same words for every code that does not work for her."""
    if reason in SECRET:
        return _("This code cannot be used here.")
    return str(Reason(reason).label)


def _day(value: object) -> str:
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return date_format(day, "SHORT_DATE_FORMAT") if isinstance(day, date) else ""


def _moment(value: object) -> str:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return ""
    if not isinstance(value, datetime):
        return ""
    return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
