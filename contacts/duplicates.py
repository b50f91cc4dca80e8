"""Who may be one person twice: the same mailbox in another spelling, the same phone or card. Proposed, never done.

proposals()            # → [Proposal(ann, her double, "same mailbox"), …] for the desk's list
of(ann)                # → the same for one person, from indexes only

Two people may share an address or a phone: a person decides, and names alone propose nobody.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, Func, QuerySet, Value
from django.db.models.functions import Replace, Right
from django.utils.translation import gettext as _

from contacts.models import Contact, Identity

GOOGLE = ("gmail.com", "googlemail.com")  # dots in the local part do not count there
PHONE_DIGITS = 9  # the last ones, alike in "+33 6 12 34 56 78" and "06 12 34 56 78"
SHOWN = 100  # pairs on the desk's page
READ = 20_000  # addresses looked through for one page


@dataclass(frozen=True)
class Proposal:
    """Two contacts that may be one person, the older first, and why."""

    older: Contact
    newer: Contact
    why: str


def mailbox(email: str) -> str:
    """Return the mailbox that an address leads to: without its +tag, for Google also without dots."""
    local, _at, domain = email.partition("@")
    local = local.partition("+")[0] or local
    if domain in GOOGLE:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def proposals(limit: int = SHOWN) -> list[Proposal]:
    """Return pairs that may be one person, at most `limit`.

    Reads:   tagged and Google addresses, phones and cards; each group by one query over an index or one table scan.
    """
    pairs: dict[tuple[int, int], str] = {}
    for why, groups in ((_("same mailbox"), _mailboxes()), (_("same phone"), _phones()), (_("same card"), _cards())):
        for ids in groups:
            first, *others = sorted(set(ids))
            for other in others:
                pairs.setdefault((first, other), why)
            if len(pairs) >= limit:
                break
    return _proposals(pairs, limit)


def of(contact: Contact) -> list[Proposal]:
    """Return who may be the same person as this one."""
    pairs: dict[tuple[int, int], str] = {}
    if contact.email:
        box = mailbox(contact.email)
        local, _at, _domain = box.partition("@")
        start, same = Contact.objects.all(), {box, contact.email}  # who is merged drops out in `_proposals`
        near = start.filter(email__gte=f"{local}+", email__lt=f"{local},")  # "," follows "+"
        ids = [pk for pk, email in near.values_list("pk", "email")[:50] if email and mailbox(email) == box]
        ids += start.filter(email__in=same).values_list("pk", flat=True)
        _pair(pairs, contact, ids, _("same mailbox"))
    for kind, why in ((Identity.Kind.PHONE, _("same phone")), (Identity.Kind.CARD, _("same card"))):
        for value in contact.identities.filter(kind=kind).values_list("value", flat=True):
            spelt = Identity.objects.filter(kind=kind, value__in=_spellings(kind, value))
            _pair(pairs, contact, spelt.values_list("contact_id", flat=True), why)
    return _proposals(pairs, 20)


def _pair(pairs: dict[tuple[int, int], str], contact: Contact, ids: Iterable[int], why: str) -> None:
    for pk in ids:
        if pk != contact.pk:
            pairs.setdefault((min(pk, contact.pk), max(pk, contact.pk)), why)


def _spellings(kind: str, value: str) -> set[str]:
    if kind == Identity.Kind.CARD:
        bare = value.lstrip("0")
        return {("0" * n) + bare for n in range(7)}
    digits = re.sub(r"\D", "", value)
    tail = digits[-PHONE_DIGITS:]
    codes = {"33", "32", "41", "352", "44", "49", "39", "34", "1"}  # the neighbours; others are met by `proposals`
    return {value, tail, f"0{tail}", f"+{digits}", *(f"+{code}{tail}" for code in codes)}


def _mailboxes() -> Iterator[list[int]]:
    boxes: dict[str, list[int]] = defaultdict(list)
    living = Contact.objects.filter(merged_into=None)
    tagged = living.filter(email__contains="+").values_list("pk", "email")[:READ]
    for pk, email in tagged:
        boxes[mailbox(email or "")].append(pk)
    plain = list(boxes)
    for n in range(0, len(plain), 500):
        for pk, email in living.filter(email__in=plain[n : n + 500]).values_list("pk", "email"):
            boxes[email or ""].append(pk)
    yield from _googles(living)
    yield from (ids for ids in boxes.values() if len(ids) > 1)


def _googles(living: QuerySet[Contact]) -> Iterator[list[int]]:
    google = living.filter(email__endswith="@gmail.com") | living.filter(email__endswith="@googlemail.com")
    bare = Replace(
        Replace(F("email"), Value("@googlemail.com"), Value("@gmail.com")), Value("."), Value(""),
        output_field=CharField(),
    )  # fmt: skip
    keyed = google.annotate(box=bare)
    for box in _doubled(keyed, "box", "pk"):
        yield list(keyed.filter(box=box).values_list("pk", flat=True)[:10])


def _phones() -> Iterator[list[int]]:
    keyed = Identity.objects.filter(kind=Identity.Kind.PHONE, contact__merged_into=None)
    keyed = keyed.annotate(tail=Right("value", PHONE_DIGITS))
    for tail in _doubled(keyed, "tail", "contact_id"):
        yield list(keyed.filter(tail=tail).values_list("contact_id", flat=True)[:10])


def _cards() -> Iterator[list[int]]:
    bare = Func(F("value"), Value("0"), function="LTRIM", output_field=CharField())
    keyed = Identity.objects.filter(kind=Identity.Kind.CARD, contact__merged_into=None).annotate(bare=bare)
    for card in _doubled(keyed, "bare", "contact_id"):
        yield list(keyed.filter(bare=card).values_list("contact_id", flat=True)[:10])


def _doubled(rows: QuerySet[Any], key: str, whose: str) -> list[str]:
    groups = rows.order_by().values_list(key).annotate(n=Count(whose, distinct=True)).filter(n__gt=1)
    return [value for value, _n in groups[:SHOWN] if value]


def _proposals(pairs: dict[tuple[int, int], str], limit: int) -> list[Proposal]:
    shown = list(pairs.items())[:limit]
    people = Contact.objects.filter(merged_into=None).in_bulk({pk for pair, _why in shown for pk in pair})
    return [
        Proposal(people[older], people[newer], why)
        for (older, newer), why in shown
        if older in people and newer in people
    ]
