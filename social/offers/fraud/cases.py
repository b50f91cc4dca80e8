"""The rules as a table, the scan that opens cases, and what a person may do with one.

scan()                                         # every rule that is on; the beat calls it every five minutes
act(case, by=marie, note="the same picture")   # what its rule proposes; `done` keeps what was changed
undo(case, by=marie)                           # exactly that, back
dismiss(case, by=marie, note="a school trip")
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import audit
from social.models import Claim, Device, FraudCase, FraudRule, Referral, StaffMember
from social.offers.fraud import looks
from social.offers.fraud.looks import Seen

logger = logging.getLogger(__name__)

State = FraudCase.State
Done = dict[str, Any]


class WrongState(ValueError):
    """The case cannot make this move; the message says why."""


def numbers(kept: Any, name: str) -> list[int]:
    """Return the rows' numbers kept under a name; what is no number of a row (a repair by hand) is left out."""
    found = kept.get(name) if isinstance(kept, dict) else None
    return [pk for pk in found if type(pk) is int and 0 < pk < 2**63] if isinstance(found, list) else []


# --- what can be done, and undone -----------------------------------------------------------------------------------


def _void_claims(case: FraudCase) -> Done:
    """Make the open claims of the evidence void; used ones stay used."""
    wanted = Claim.objects.filter(pk__in=numbers(case.evidence, "claims"), state=Claim.State.OPEN)
    ids = list(wanted.filter(reserved_until__isnull=True).values_list("pk", flat=True))
    Claim.objects.filter(pk__in=ids, state=Claim.State.OPEN).update(state=Claim.State.VOID)
    return {"claims": ids}


def _open_claims(done: Done) -> None:
    Claim.objects.filter(pk__in=numbers(done, "claims"), state=Claim.State.VOID).update(state=Claim.State.OPEN)


def _suspend(case: FraudCase) -> Done:
    """Let the cashier open no till any more."""
    if case.staff_id is None:
        return {}
    n = StaffMember.objects.filter(pk=case.staff_id, is_active=True).update(is_active=False)
    return {"staff": [case.staff_id] if n else []}


def _let_back(done: Done) -> None:
    StaffMember.objects.filter(pk__in=numbers(done, "staff")).update(is_active=True)


def _void_referrals(case: FraudCase) -> Done:
    """Void the referrals: no reward; what was given before stays."""
    kept: dict[str, str] = {}
    for row in Referral.objects.select_for_update(of=("self",)).filter(pk__in=numbers(case.evidence, "referrals")):
        if row.state in (Referral.State.VOIDED, Referral.State.APPROVED):
            continue
        kept[str(row.pk)] = row.state
        row.state, row.decided_at = Referral.State.VOIDED, timezone.now()
        row.save(update_fields=["state", "decided_at"])
    return {"referrals": kept}


def _restore_referrals(done: Done) -> None:
    kept = done.get("referrals")
    for pk, state in kept.items() if isinstance(kept, dict) else ():
        if pk.isdecimal() and state in Referral.State.values:
            row = Referral.objects.filter(pk=int(pk[:18]), state=Referral.State.VOIDED)
            row.update(state=state, decided_at=None)


def _end_tills(case: FraudCase) -> Done:
    """End the tills that guessed; strangers are slowed by themselves while the alarm stands."""
    rows = Device.objects.filter(pk__in=numbers(case.evidence, "devices"), revoked_at__isnull=True)
    ids = list(rows.values_list("pk", flat=True))
    Device.objects.filter(pk__in=ids).update(revoked_at=timezone.now())
    return {"devices": ids}


def _revive_tills(done: Done) -> None:
    Device.objects.filter(pk__in=numbers(done, "devices")).update(revoked_at=None)


# --- the rules --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """One rule: how it looks, from which number on it opens a case, what may then be done and undone."""

    kind: str
    label: str | Promise
    counts: str | Promise
    threshold: int
    look: Callable[[int, datetime], Iterable[Seen]]
    proposal: str | Promise
    act: Callable[[FraudCase], Done]
    undo: Callable[[Done], None]
    is_on: bool = True


VOID = gettext_lazy("Make the open claims void")
SUSPEND = gettext_lazy("Let this cashier open no till")
NO_REWARD = gettext_lazy("Void the referrals")

RULES: dict[str, Rule] = {
    rule.kind: rule
    for rule in (
        Rule("guessing", gettext_lazy("Codes are being guessed"), gettext_lazy("unknown codes in ten minutes, of all"),
             100, looks.guessing, gettext_lazy("End the tills that guessed"), _end_tills, _revive_tills),
        Rule("passing_on", gettext_lazy("A code goes round"),
             gettext_lazy("tries of one code after its use, in a week"), 3, looks.passing_on, VOID,
             _void_claims, _open_claims),
        Rule("screenshot", gettext_lazy("A picture of a code is shared"),
             gettext_lazy("shops where one code was shown within an hour of its use"),
             2, looks.screenshot, VOID, _void_claims, _open_claims),
        Rule("self_referral", gettext_lazy("A friend who is the sponsor herself"),
             gettext_lazy("signs: same mailbox, same device"),
             1, looks.self_referral, NO_REWARD, _void_referrals, _restore_referrals),
        Rule("throwaway", gettext_lazy("Addresses made to be thrown away"),
             gettext_lazy("such claims of one offer in a day"), 1, looks.throwaway, VOID, _void_claims, _open_claims),
        Rule("farm", gettext_lazy("A burst of friends"), gettext_lazy("friends of one sponsor in a day"),
             10, looks.farm, NO_REWARD, _void_referrals, _restore_referrals),
        Rule("robot", gettext_lazy("Claims quicker than a person"),
             gettext_lazy("claims of one offer within two seconds of their mail, in a day"),
             3, looks.robot, VOID, _void_claims, _open_claims),
        Rule("staff_pace", gettext_lazy("Many redemptions by one cashier"), gettext_lazy("redemptions in one hour"),
             40, looks.staff_pace, SUSPEND, _suspend, _let_back),
        Rule("staff_undo", gettext_lazy("Many undone by one cashier"),
             gettext_lazy("per cent undone in a week, from five on"),
             20, looks.staff_undo, SUSPEND, _suspend, _let_back),
        Rule("staff_no_order", gettext_lazy("Redemptions without an order number"),
             gettext_lazy("per cent without number in a week, from twenty redemptions on"),
             90, looks.staff_no_order, SUSPEND, _suspend, _let_back, is_on=False),
        Rule("out_of_hours", gettext_lazy("Redemptions while the shop is closed"),
             gettext_lazy("redemptions of one cashier on one day"),
             1, looks.out_of_hours, SUSPEND, _suspend, _let_back),
    )
}  # fmt: skip


def settings() -> dict[str, FraudRule]:
    """Return each rule as this site wants it; new rules come with their own switch and threshold.

    Writes:  FraudRule for rules that have none yet.
    """
    known = {row.kind: row for row in FraudRule.objects.all()}
    missing = [rule for kind, rule in RULES.items() if kind not in known]
    if missing:
        FraudRule.objects.bulk_create(
            [FraudRule(kind=rule.kind, is_on=rule.is_on, threshold=rule.threshold) for rule in missing],
            ignore_conflicts=True,
        )
        known = {row.kind: row for row in FraudRule.objects.all()}
    return known


def scan(now: datetime | None = None) -> list[FraudCase]:
    """Let every rule that is on look, and return the cases that are new.

    Writes:  FraudCase; one that waits is brought up to date, one that was decided only counts on. AuditEntry.
    """
    now = now or timezone.now()
    opened = []
    for kind, row in settings().items():
        if not row.is_on or kind not in RULES:
            continue
        for seen in RULES[kind].look(row.threshold, now):
            case = _note(kind, seen, row.threshold)
            if case is not None:
                opened.append(case)
    return opened


def _note(kind: str, seen: Seen, threshold: int) -> FraudCase | None:
    about = {f"{name}_id": pk for name, pk in seen.about.items()}
    with transaction.atomic():
        case, is_new = FraudCase.objects.get_or_create(
            kind=kind, key=seen.key, defaults={"n": seen.n, "threshold": threshold, "evidence": seen.evidence, **about}
        )
        if is_new:
            audit.record("system", "opened fraud case", case, rule=kind, n=seen.n)
            logger.warning("fraud case=%s rule=%s n=%d", case.pk, kind, seen.n)
            return case
        changed: dict[str, Any] = {"n": seen.n, "seen_at": timezone.now()}
        if case.state == State.OPEN:
            changed["evidence"] = seen.evidence
        FraudCase.objects.filter(pk=case.pk).update(**changed)
    return None


def is_alarmed(kind: str = "guessing") -> bool:
    """Say whether a case of this rule is open and was seen within the hour: strangers are then slowed."""
    since = timezone.now() - timedelta(hours=1)
    return FraudCase.objects.filter(kind=kind, state=State.OPEN, seen_at__gt=since).exists()


# --- decisions --------------------------------------------------------------------------------------------------------


def act(case: FraudCase, *, by: User, note: str = "") -> FraudCase:
    """Do what the case's rule proposes.

    Raises:  WrongState when it was decided before, or its rule is no more.
    """
    return _decide(case, State.ACTED, by, note, from_states=(State.OPEN, State.UNDONE, State.DISMISSED))


def dismiss(case: FraudCase, *, by: User, note: str = "") -> FraudCase:
    """Nothing is wrong: the case is closed and not opened again for the same subject.

    Raises:  WrongState when something was done about it; undo that first.
    """
    return _decide(case, State.DISMISSED, by, note, from_states=(State.OPEN, State.UNDONE))


def undo(case: FraudCase, *, by: User, note: str = "") -> FraudCase:
    """Take back exactly what was done.

    Raises:  WrongState when nothing was.
    """
    return _decide(case, State.UNDONE, by, note, from_states=(State.ACTED,))


def _decide(case: FraudCase, state: str, by: User, note: str, *, from_states: tuple[str, ...]) -> FraudCase:
    with transaction.atomic():
        row = FraudCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
        if row.state not in from_states:
            raise WrongState(_("This case is decided: %(state)s.") % {"state": row.get_state_display()})
        rule = RULES.get(row.kind)
        if rule is None and state != State.DISMISSED:
            raise WrongState(_("The rule “%(rule)s” is no more: this case can only be closed.") % {"rule": row.kind})
        if rule is not None and state == State.ACTED:
            row.done = rule.act(row)
        elif rule is not None and state == State.UNDONE:
            rule.undo(row.done if isinstance(row.done, dict) else {})
        row.state, row.note, row.decided_by, row.decided_at = state, note.strip()[:300], by, timezone.now()
        row.save()
        audit.record(by, f"fraud case {state}", row, rule=row.kind)
    return row
