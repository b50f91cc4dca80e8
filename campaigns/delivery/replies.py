"""What an SMTP reply means: whose fault it is, and so what is done. Only a contact's own fault ever suppresses her.

judge(550, "5.1.1 no such user").fault   # → Fault.CONTACT, hard
judge(421, "try later").fault            # → Fault.RELAY: nobody bounced, no try counted

Source: RFC 5321 §4.2 and §4.5.3.1.10, RFC 3463, and what the large providers answer in 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from django.conf import settings


class Fault(Enum):
    """Who has to change something before this mail can be taken."""

    NOBODY = "nobody"
    CONTACT = "contact"
    DOMAIN = "domain"
    RELAY = "relay"
    SENDER = "sender"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A reply's meaning. `is_hard`: the address does not exist. `is_final`: do not try this mail again."""

    fault: Fault
    is_final: bool = False
    is_hard: bool = False

    @property
    def is_taken(self) -> bool:
        return self.fault is Fault.NOBODY


TAKEN = Judgement(Fault.NOBODY, is_final=True)
RELAY_AWAY = Judgement(Fault.RELAY)
LATER = Judgement(Fault.CONTACT)
SLOWER = Judgement(Fault.DOMAIN)
POLICY = Judgement(Fault.SENDER)
NO_SUCH_ADDRESS = Judgement(Fault.CONTACT, is_final=True, is_hard=True)
FULL_MAILBOX = Judgement(Fault.CONTACT, is_final=True)
TOO_BIG = Judgement(Fault.CONTENT, is_final=True)
REFUSED = Judgement(Fault.CONTACT, is_final=True)

# What BOUNCE_RULES may say of a status.
WORDS = {
    "hard": NO_SUCH_ADDRESS,
    "full": FULL_MAILBOX,
    "refused": REFUSED,
    "later": LATER,
    "slower": SLOWER,
    "ours": POLICY,
}

ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
THROTTLED = re.compile(
    r"throttl|rate.?limit|too many (messages|connections|recipients)|slow down|deferred", re.IGNORECASE
)

# (first digit, enhanced code or its beginning) -> meaning; the first that fits wins.
TABLE: list[tuple[int, str, Judgement]] = [
    (5, "5.1.1", NO_SUCH_ADDRESS),
    (5, "5.1.2", NO_SUCH_ADDRESS),
    (5, "5.1.3", NO_SUCH_ADDRESS),
    (5, "5.1.6", NO_SUCH_ADDRESS),
    (5, "5.1.10", NO_SUCH_ADDRESS),
    (5, "5.2.1", NO_SUCH_ADDRESS),
    (5, "5.2.2", FULL_MAILBOX),
    (5, "5.2.3", TOO_BIG),
    (5, "5.3.4", TOO_BIG),
    (5, "5.7.", POLICY),
    (4, "4.7.", SLOWER),
]
# Replies without an enhanced code.
BARE: dict[int, Judgement] = {
    421: RELAY_AWAY,  # RFC 5321 §3.8: the service closes; nothing about this recipient
    454: SLOWER,
    530: RELAY_AWAY,
    535: RELAY_AWAY,
    552: LATER,  # on RCPT: too many recipients, RFC 5321 §4.5.3.1.10: treat as temporary
    553: POLICY,
    554: POLICY,
}
UNKNOWN_USER = re.compile(
    r"user (is )?unknown|unknown user|no such (user|mailbox|recipient|address)|does not exist"
    r"|mailbox (unavailable|not found)",
    re.IGNORECASE,
)


def enhanced(text: str) -> str:
    """Return the enhanced status code in a reply, e.g. 5.1.1, or ''."""
    found = ENHANCED.search(text[:200])
    return found.group(0) if found else ""


def enhanced_anywhere(text: str) -> str:
    """Return the first enhanced status code in a longer text, e.g. of a returned mail, or ''."""
    found = ENHANCED.search(text)
    return found.group(0) if found else ""


def by_rule(status: str) -> Judgement | None:
    """Return what the operator's BOUNCE_RULES say of a status: the longest beginning that fits, None when none does."""
    rules: dict[str, str] = settings.BOUNCE_RULES
    fitting = [beginning for beginning in rules if status and f"{status}.".startswith(beginning.rstrip(".") + ".")]
    return WORDS[rules[max(fitting, key=len)]] if fitting else None


def judge(code: int, text: str = "", *, at_dot: bool = False) -> Judgement:
    """Return what a reply to MAIL, RCPT, DATA or (at_dot) the final dot means."""
    if 200 <= code < 300:
        return TAKEN
    if code >= 400 and (ruled := by_rule(enhanced(text))) is not None:
        return ruled
    if code in {421, 530, 535}:
        return RELAY_AWAY
    status = enhanced(text)
    if status == "4.5.3" or (code == 552 and not at_dot and status in {"", "5.5.3"}):
        return LATER
    for digit, beginning, meaning in TABLE:
        if code // 100 == digit and (status == beginning or (beginning.endswith(".") and status.startswith(beginning))):
            return meaning
    if code // 100 == 4:
        return SLOWER if THROTTLED.search(text) or code == 454 else LATER
    if code // 100 == 5:
        return without_status(code, text, at_dot=at_dot) if not status else REFUSED
    return RELAY_AWAY  # neither 2, 4 nor 5: the server does not speak SMTP


def without_status(code: int, text: str, *, at_dot: bool) -> Judgement:
    """Judge a 5xx that carries no enhanced code: by its words, else by its number."""
    if code == 552 and at_dot:
        return TOO_BIG
    if code in {550, 551, 553} and UNKNOWN_USER.search(text):
        return NO_SUCH_ADDRESS
    if code in {550, 551} and not at_dot:
        return REFUSED
    return BARE.get(code, REFUSED)


# Seconds until the next try after the n-th: 1, 5, 15, 30 min, 1, 2, 4 h, and 4 h from there on.
RETRY_AFTER = (60, 300, 900, 1_800, 3_600, 7_200, 14_400)
GIVE_UP_AFTER = 72 * 3_600  # seconds since the row was queued; a mail of last week surprises


def retry_after(tries: int) -> int:
    """Return the seconds to wait after `tries` tries."""
    return RETRY_AFTER[min(max(tries, 1), len(RETRY_AFTER)) - 1]
