"""Two contacts that are one person: preview what a merge moves, then move it; the emptied one points to who stays.

preview(double, ann)                 # → Preview(moves={"social.order": 3}, fills=["last_name"], …), nothing written
merge(double, ann, by=request.user)  # → the same, done and logged; links of old mails to `double` still work for ann

Every table of every floor follows by the walk of `contacts.privacy.personal_models`. A row that would stand twice for
one person (two deliveries of one campaign) stays with the emptied contact, and the log says which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts import audit, consent, identities, privacy, rights
from contacts.models import Consent, Contact, Identity, Subscription

FILLED = ("first_name", "last_name", "language", "time_zone", "source", "referred_by_id")
LATEST = (
    "last_opened_at", "last_clicked_at", "last_shared_at", "last_redeemed_at", "last_ordered_at", "paused_until",
)  # fmt: skip
OWN_RULES = {"contacts.subscription", "contacts.preference"}  # one row a person: the newer word holds
LOGGED = 200  # row numbers of one table that the log names


class CannotMerge(ValueError):
    """These two are not two people, or one of them is merged already."""


@dataclass
class Preview:
    """What moves from one contact to the other: rows by table, fields that get a value, rows that stay behind."""

    moves: Counter[str] = field(default_factory=Counter)
    kept_back: Counter[str] = field(default_factory=Counter)
    fills: list[str] = field(default_factory=list)
    rows: dict[str, list[int]] = field(default_factory=dict)


class _Undo(Exception):
    """A preview is a merge that is rolled back."""


def preview(double: Contact, stays: Contact) -> Preview:
    """Return exactly what `merge` would do now. Raises: CannotMerge."""
    found = Preview()
    try:
        with transaction.atomic():
            found = _merge(double, stays)
            raise _Undo
    except _Undo:
        return found


def merge(double: Contact, stays: Contact, *, by: Any) -> Preview:
    """Make the two one: rows, identities, tags and consents go to `stays`, and return what moved.

    The newer word on each topic and purpose holds; who left everything at one address has left at both.

    Writes:  every table with a path to Contact; `double.merged_into`; an AuditEntry naming the rows that moved.
    Raises:  CannotMerge.
    """
    with transaction.atomic():
        done = _merge(double, stays)
        audit.record(
            by, "merged contact", stays, contact=double.pk,
            moved=dict(done.moves), kept_back=dict(done.kept_back), filled=done.fills, rows=done.rows,
        )  # fmt: skip
    return done


def _merge(double: Contact, stays: Contact) -> Preview:
    pair = {row.pk: row for row in Contact.objects.select_for_update().filter(pk__in=[double.pk, stays.pk])}
    _check(pair, double, stays)
    double, stays = pair[double.pk], pair[stays.pk]
    done = Preview()
    former = double.email
    done.fills = _fill(double, stays)
    Contact.objects.filter(pk=double.pk).update(
        email=None, address_hash="", unsendable="", merged_into=stays, referred_by=None
    )
    Contact.objects.filter(referred_by=double).exclude(pk=stays.pk).update(referred_by=stays)
    Contact.objects.filter(merged_into=double).update(merged_into=stays)
    stays.save()
    for one in privacy.personal_models():
        if one.is_direct and one.label not in OWN_RULES:
            for path in one.paths:
                _move(one, path, double, stays, done)
    _subscriptions(double, stays, done)
    _preference(double, stays, done)
    _standing(stays)
    if former:
        if former != stays.email:
            identities.attach(stays, Identity.Kind.EMAIL, former, Identity.Proof.DECLARED, f"merged {double.pk}")
        rights.carry_no(former, stays)
    return done


def _check(pair: dict[int, Contact], double: Contact, stays: Contact) -> None:
    if len(pair) < 2:
        raise CannotMerge(_("Choose two different people, both still there."))
    for one in pair.values():
        if one.merged_into_id:
            raise CannotMerge(_("Contact %(id)s is merged already. Open the one that stayed.") % {"id": one.pk})


def _fill(double: Contact, stays: Contact) -> list[str]:
    """Take over what `stays` has not, and the later of each last act; an own word is never overwritten."""
    filled = [
        name
        for name in FILLED
        if not getattr(stays, name) and getattr(double, name) and getattr(double, name) != stays.pk
    ]
    for name in filled:
        setattr(stays, name, getattr(double, name))
    if stays.referred_by_id == double.pk:
        stays.referred_by = None
    if not stays.email and double.email:
        stays.email, stays.address_hash, stays.unsendable = double.email, double.address_hash, double.unsendable
        filled.append("email")
    new = {name: value for name, value in double.attributes.items() if name not in stays.attributes}
    stays.attributes = {**stays.attributes, **new}
    for name in LATEST:
        setattr(stays, name, max(filter(None, (getattr(stays, name), getattr(double, name))), default=None))
    stays.created_at = min(stays.created_at, double.created_at)
    return filled + [f"attributes.{name}" for name in sorted(new)]


def _move(one: privacy.Personal, path: str, double: Contact, stays: Contact, done: Preview) -> None:
    """Point the table's rows at `stays`: all at once, and one by one where that would break a rule of the table."""
    manager = one.model._base_manager
    pks = list(manager.filter(**{path: double}).order_by("pk").values_list("pk", flat=True))
    if not pks:
        return
    moved = pks if _repoint(one, pks, path, stays) else [pk for pk in pks if _repoint(one, [pk], path, stays)]
    done.moves[one.label] += len(moved)
    done.rows.setdefault(one.label, []).extend(moved[:LOGGED])
    if len(moved) < len(pks):
        done.kept_back[one.label] += len(pks) - len(moved)


def _repoint(one: privacy.Personal, pks: list[Any], path: str, stays: Contact) -> bool:
    try:
        with transaction.atomic():
            for some in _pieces(pks):
                one.model._base_manager.filter(pk__in=some).update(**{path: stays})
    except IntegrityError:
        return False
    return True


def _pieces(pks: list[Any]) -> Iterable[list[Any]]:
    return (pks[n : n + 500] for n in range(0, len(pks), 500))


def _subscriptions(double: Contact, stays: Contact, done: Preview) -> None:
    """Let the newer word on each topic hold: whether she came or left last."""
    held = {row.topic_id: row for row in stays.subscriptions.all()}
    for row in Subscription.objects.filter(contact=double):
        mine = held.get(row.topic_id)
        if mine is not None and _said_at(mine) >= _said_at(row):
            row.delete()
            continue
        if mine is not None:
            mine.delete()
        Subscription.objects.filter(pk=row.pk).update(contact=stays)
        done.moves["contacts.subscription"] += 1
        done.rows.setdefault("contacts.subscription", []).append(row.pk)


def _said_at(row: Subscription) -> Any:
    return max(filter(None, (row.created_at, row.subscribed_at, row.unsubscribed_at)))


def _preference(double: Contact, stays: Contact, done: Preview) -> None:
    hers, mine = getattr(double, "preference", None), getattr(stays, "preference", None)
    if hers is None:
        return
    if mine is not None and mine.updated_at >= hers.updated_at:
        hers.delete()
        return
    if mine is not None:
        mine.delete()
    type(hers).objects.filter(pk=hers.pk).update(contact=stays)
    done.moves["contacts.preference"] += 1


def _standing(stays: Contact) -> None:
    """Read each purpose's standing anew from the joined ledger: the last word holds, whoever of the two said it."""
    now = {}
    for purpose, column in consent.STANDING.items():
        last = Consent.objects.filter(contact=stays, purpose=purpose).order_by("-at", "-pk").first()
        if last is not None:
            since = getattr(stays, column)
            now[column] = (since or last.at) if last.is_given else None
    if now:
        Contact.objects.filter(pk=stays.pk).update(**now)
