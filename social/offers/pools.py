"""Where a claim's code comes from: made for the contact, taken from a list, or none because one word serves all.

code = code_for(offer)              # inside the claim's transaction
batch = make_batch(offer, 500)      # codes for a printer, kept free until somebody shows one
batch = import_batch(offer, lines)  # a partner's own codes

More than a request can wait for is a job: social.offers.bulk.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from social.models import Code, CodeBatch, Offer
from social.offers import codes
from social.offers.reasons import Reason, Refused

CHUNK = 2_000  # rows per INSERT
LONGEST = 40  # letters and digits of a code


def code_for(offer: Offer) -> Code | None:
    """Return the code of a new claim, or None where one word serves all.

    Writes:  a new Code, or the next free one of the pool, given out.
    Raises:  Refused(LIMIT_TOTAL) when the pool is empty.
    """
    if offer.code_mode == Offer.CodeMode.GENERIC:
        return None
    if offer.code_mode == Offer.CodeMode.PER_CONTACT:
        return Code.objects.create(offer=offer, value=codes.make(), state=Code.State.ASSIGNED)
    while True:
        free = Code.objects.filter(offer=offer, state=Code.State.FREE).order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            free = free.select_for_update(skip_locked=True)
        code = free.first()
        if code is None:
            raise Refused(Reason.LIMIT_TOTAL)
        if hand_out(code):
            return code


def hand_out(code: Code) -> bool:
    """Give a free code out; False when somebody else was first."""
    given = Code.objects.filter(pk=code.pk, state=Code.State.FREE).update(state=Code.State.ASSIGNED)
    code.refresh_from_db(fields=["state"])
    return bool(given)


def spend(code_id: int | None) -> None:
    """Mark a code as used."""
    if code_id is not None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE social_code SET state = 'spent' WHERE id = %s AND state = 'assigned'", [code_id])


def unspend(code_id: int | None) -> None:
    """Make a used code usable again: its redemption was undone."""
    if code_id is not None:
        Code.objects.filter(pk=code_id, state=Code.State.SPENT).update(state=Code.State.ASSIGNED)


def make_batch(offer: Offer, n: int, *, name: str = "", pattern: str = "") -> CodeBatch:
    """Make n codes at once and return their batch.

    Writes:  CodeBatch, n Code rows, CHUNK per INSERT.
    """
    with transaction.atomic():
        batch = CodeBatch.objects.create(offer=offer, name=name, n=n, pattern=pattern)
        made = 0
        while made < n:
            made += add_made(batch, min(CHUNK, n - made))
    return batch


def add_made(batch: CodeBatch, n: int) -> int:
    """Make n more codes of the batch's pattern and return how many those are."""
    fresh = {codes.make_like(batch.pattern) if batch.pattern else codes.make() for _ in range(n)}
    rows = [Code(offer_id=batch.offer_id, batch=batch, value=value) for value in fresh]
    Code.objects.bulk_create(rows)  # 50 random bits: a double is a bug, and the unique constraint says so
    return len(fresh)


def add_own(batch: CodeBatch, values: list[str]) -> int:
    """Keep a partner's codes, squeezed and each once; return how many are new."""
    known = set(Code.objects.filter(value__in=values).values_list("value", flat=True))
    rows = [Code(offer_id=batch.offer_id, batch=batch, value=value) for value in values if value not in known]
    Code.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def own(line: str) -> str:
    """Return a line of a partner's list as its code is stored, '' when it holds none."""
    value = codes.squeeze(line)
    return value if len(value) <= LONGEST else ""


def import_batch(offer: Offer, lines: Iterable[str], *, name: str = "") -> tuple[CodeBatch, int]:
    """Keep a partner's codes; return the batch and how many lines were left out (empty, doubled, over 40 letters)."""
    wanted = [own(line) for line in lines]
    unique = dict.fromkeys(value for value in wanted if value)
    with transaction.atomic():
        batch = CodeBatch.objects.create(offer=offer, name=name, is_imported=True)
        values = list(unique)
        for start in range(0, len(values), CHUNK):
            add_own(batch, values[start : start + CHUNK])
        batch.n = batch.codes.count()
        batch.save(update_fields=["n"])
    return batch, len(wanted) - batch.n
