"""The ledger's moves: each is one conditional UPDATE that names state, fence and owner, and whose row count is checked.

    QUEUED ──claim──▶ CLAIMED ──commit_intents──▶ COMMITTING ──record──▶ SENT · DEFERRED · FAILED · AMBIGUOUS
       ▲                 │ release, sweep              └─ sweep: lease over ─▶ AMBIGUOUS (or QUEUED where the campaign
       says resend)
       └─────────────────┘

A row belongs to the sender whose `owner` it bears and only as long as its `fence` is the one that was read at the
claim.
Leases are read on the database's clock, so a worker's own clock may be wrong.
"""

# ruff: noqa: S608 - what is put into these statements are our own names and placeholders
from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.delivery import light
from campaigns.delivery.database import after, count, is_postgresql, now, rows, table
from campaigns.models import Campaign, Delivery

logger = logging.getLogger(__name__)

State = Delivery.State
LEASE = 120  # seconds; renewed every RENEW_EVERY, so a live sender never loses a row
RENEW_EVERY = 30.0
# Suppressions that also stop mails a person asked for; who left all mailings still gets her own export or code.
ABSOLUTE = ("hard_bounce", "soft_bounces", "complaint", "erased", "manual")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one claimed row. `delay`: seconds until the next try. `tries`: added to the count (the intent
    adds its own).
    """

    id: int
    fence: int
    state: str
    code: int | None = None
    reply: str = ""
    delay: int = 0
    tries: int = 0
    is_hard: bool = False


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found of senders that died: rows put back, rows in doubt."""

    requeued: int
    ambiguous: int


def new_owner() -> str:
    """Return a name for this sender that no other, nor this process before, ever had."""
    return f"{settings.NODE_NAME[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def claim(campaign: Campaign, owner: str, limit: int) -> list[Delivery]:
    """Take up to `limit` rows of a campaign that may be sent now and return them; none while it is not sending or all
    is held.

    Retries that are due come first. A row that was never tried takes the campaign's version as it is now; a retry
    keeps its own.
    """
    with transaction.atomic():
        taken = _claim(campaign.pk, owner, limit, "d.state = 'deferred' AND d.next_at <= " + now(), "d.next_at")
        if len(taken) < limit:
            taken += _claim(campaign.pk, owner, limit - len(taken), "d.state = 'queued'", "d.id")
    return taken


def _claim(campaign_id: int, owner: str, limit: int, which: str, order: str) -> list[Delivery]:
    # SQLite silently ignores SKIP LOCKED; there the one writer is this transaction itself (BEGIN IMMEDIATE).
    skip = "FOR UPDATE OF d SKIP LOCKED" if is_postgresql() else ""
    sql = f"""
        UPDATE campaigns_delivery SET state = 'claimed', owner = %s, fence = fence + 1, lease_until = {after()},
               next_at = NULL, content_version_id = CASE WHEN attempts = 0 THEN
                   (SELECT c.content_version_id FROM campaigns_campaign c WHERE c.id = campaigns_delivery.campaign_id)
                   ELSE content_version_id END
        WHERE id IN (SELECT d.id FROM campaigns_delivery d
                     WHERE d.campaign_id = %s AND {which} AND {_may_send("d.campaign_id")}
                     ORDER BY {order} LIMIT %s {skip})
        RETURNING {light.COLUMNS}"""
    return sorted(light.deliveries(sql, [owner, LEASE, campaign_id, limit]), key=lambda row: row.id)


def _may_send(campaign: str) -> str:
    return f"""EXISTS (SELECT 1 FROM campaigns_campaign c WHERE c.id = {campaign} AND c.state = 'sending'
                       AND (c.send_until IS NULL OR c.send_until > {now()}))
               AND NOT EXISTS (SELECT 1 FROM campaigns_sendinghold h WHERE h.lifted_at IS NULL)"""


# A contact who may be written to now. {suppressed}, {now} and the rows d, c, p are filled in below.
_CONTACT = """EXISTS (
    SELECT 1 FROM contacts_contact p WHERE p.id = d.contact_id AND p.email IS NOT NULL AND p.unsendable = ''
    AND NOT EXISTS (SELECT 1 FROM contacts_suppression s WHERE s.address_hash = p.address_hash AND s.lifted_at IS NULL
                    AND (c.kind = 'campaign' OR c.needs_subscription OR s.reason IN ({absolute})))
    AND ((c.kind <> 'campaign' AND NOT c.needs_subscription) OR ((p.paused_until IS NULL OR p.paused_until <= {now})
         AND EXISTS (SELECT 1 FROM contacts_subscription u WHERE u.contact_id = p.id AND u.topic_id = c.topic_id
                     AND u.state = 'subscribed' AND u.basis <> 'none'))))"""


def _contact_may_get_it() -> str:
    return _CONTACT.format(now=now(), absolute=", ".join(f"'{reason}'" for reason in ABSOLUTE))


Held = Sequence[tuple[int, int]]  # (id, fence) of rows that this owner claimed


def _held(pairs: Held, name: str = "v") -> tuple[str, list[object]]:
    return table(("id", "fence"), ("bigint", "bigint"), [*pairs], name)


def _mine(name: str = "v") -> str:
    return f"d.id = {name}.id AND d.fence = {name}.fence AND d.owner = %s"


def _state() -> str:
    """Return a row's state so that PostgreSQL finds the row by its id: by the state it would read the index of all
    leases, whose dead entries grow with each mail.
    """
    return "(d.state || '')" if is_postgresql() else "d.state"


def settle(results: Sequence[Result], pairs: Held, owner: str, relay: str = "") -> tuple[set[int], set[int]]:
    """Do `record` and `commit_intents` at once and return what each returns.

    One statement on PostgreSQL, so that outside a transaction it is one round trip, commit included.
    """
    if not (is_postgresql() and results and pairs):
        return record(results, owner), commit_intents(pairs, owner, relay)
    recorded, for_results = table(COLUMNS, TYPES, _values(results), "v")
    intended, for_intents = _held(pairs, "w")
    sql = f"""{recorded}, {intended.removeprefix("WITH ")},
        r AS ({_recording("v")}), i AS ({_intending("w")})
        SELECT id, false FROM r UNION ALL SELECT id, true FROM i"""
    found = rows(sql, [*for_results, *for_intents, owner, LEASE, relay, owner])
    written = {id for id, is_intent in found if not is_intent}
    _note_dropped(results, written)
    return written, {id for id, is_intent in found if is_intent}


def commit_intents(pairs: Held, owner: str, relay: str = "") -> set[int]:
    """Mark claimed rows as about to go on the wire and return the ids for which that is allowed: only those may be
    sent.

    Re-checks in the same UPDATE: suppression, subscription with a basis, the contact's pause, the campaign's state,
    `send_until`, holds.
    """
    if not pairs:
        return set()
    head, values = _held(pairs)
    return {row[0] for row in rows(f"{head} {_intending('v')}", [*values, LEASE, relay, owner])}


def _intending(name: str) -> str:
    """Return the UPDATE from the table `name`; its parameters are the lease, the relay and the owner."""
    return f"""
        UPDATE campaigns_delivery AS d SET state = 'committing', attempts = d.attempts + 1, lease_until = {after()},
            relay = %s
        FROM {name}, campaigns_campaign c
        WHERE {_mine(name)} AND {_state()} = 'claimed' AND c.id = d.campaign_id AND c.state = 'sending'
          AND (c.send_until IS NULL OR c.send_until > {now()})
          AND NOT EXISTS (SELECT 1 FROM campaigns_sendinghold h WHERE h.lifted_at IS NULL)
          AND {_contact_may_get_it()}
        RETURNING {_id()}"""


def _id() -> str:
    return "d.id" if is_postgresql() else "id"  # SQLite knows no alias there


def refuse(pairs: Held, owner: str) -> int:
    """Settle claimed rows whose intent was refused and return how many were still ours.

    Writes:  SUPPRESSED where the contact may no longer be written to, CANCELLED where the campaign is over or too
             late, else QUEUED.
    """
    if not pairs:
        return 0
    head, values = _held(pairs)
    late = f"(c.state IN ('cancelled', 'finished') OR c.send_until <= {now()})"
    sql = f"""{head}
        UPDATE campaigns_delivery AS d SET owner = '', lease_until = NULL,
            state = CASE WHEN {late} THEN 'cancelled' WHEN NOT {_contact_may_get_it()} THEN 'suppressed'
                    ELSE 'queued' END,
            reply = CASE WHEN {late} THEN 'too late' WHEN NOT {_contact_may_get_it()} THEN 'not allowed any more'
                    ELSE d.reply END
        FROM v, campaigns_campaign c
        WHERE {_mine()} AND {_state()} = 'claimed' AND c.id = d.campaign_id"""
    return count(sql, [*values, owner])


COLUMNS = ("id", "fence", "state", "code", "reply", "delay", "tries", "hard")
TYPES = ("bigint", "bigint", "text", "integer", "text", "integer", "integer", "boolean")


def record(results: Sequence[Result], owner: str) -> set[int]:
    """Write what became of rows and return the ids that were still ours; others' rows are left alone and logged.

    SENT and AMBIGUOUS need a committed intent; every other state may follow the claim or the intent.
    """
    if not results:
        return set()
    head, parameters = table(COLUMNS, TYPES, _values(results))
    written = {row[0] for row in rows(f"{head} {_recording('v')}", [*parameters, owner])}
    _note_dropped(results, written)
    return written


def _values(results: Sequence[Result]) -> list[tuple[object, ...]]:
    return [
        (r.id, r.fence, r.state, r.code, r.reply[:300].replace("\0", ""), r.delay, r.tries, r.is_hard) for r in results
    ]


def _recording(name: str) -> str:
    """Return the UPDATE from the table `name`; its parameter is the owner."""
    state = f"{name}.state::varchar" if is_postgresql() else f"{name}.state"
    return f"""
        UPDATE campaigns_delivery AS d SET state = {state}, owner = '', lease_until = NULL,
            reply_code = COALESCE({name}.code, d.reply_code),
            reply = CASE WHEN {name}.state = 'queued' THEN d.reply ELSE {name}.reply END,
            attempts = d.attempts + {name}.tries,
            sent_at = CASE WHEN {name}.state = 'sent' THEN {now()} ELSE d.sent_at END,
            bounced_at = CASE WHEN {name}.hard THEN {now()} ELSE d.bounced_at END,
            next_at = CASE WHEN {name}.state = 'deferred' THEN {after(f"{name}.delay")} ELSE NULL END
        FROM {name}
        WHERE {_mine(name)} AND ({_state()} = 'committing'
              OR ({_state()} = 'claimed' AND {name}.state NOT IN ('sent', 'ambiguous')))
        RETURNING {_id()}"""


def _note_dropped(results: Sequence[Result], written: set[int]) -> None:
    if len(written) != len(results):
        logger.warning(
            "%d of %d results dropped: the rows belong to another sender", len(results) - len(written), len(results)
        )


def release(pairs: Held, owner: str) -> int:
    """Give rows back of which nothing went out, and return how many were still ours."""
    return len(record([Result(id, fence, State.QUEUED) for id, fence in pairs], owner))


def renew(owner: str) -> int:
    """Lengthen the lease of all rows of this sender and return how many it holds."""
    sql = f"""UPDATE campaigns_delivery SET lease_until = {after()}
              WHERE owner = %s AND state IN ('claimed', 'committing')"""
    return count(sql, [LEASE, owner])


def sweep() -> Swept:
    """Settle the rows of senders that died: nothing went out for CLAIMED ones, COMMITTING ones are in doubt.

    Writes:  CLAIMED → QUEUED; COMMITTING → AMBIGUOUS, or QUEUED in campaigns that would rather send twice than not at
             all.
    """
    requeued = count(
        f"""UPDATE campaigns_delivery SET state = 'queued', owner = '', lease_until = NULL
            WHERE state = 'claimed' AND lease_until < {now()}""",
        [],
    )
    doubtful = count(
        f"""UPDATE campaigns_delivery SET owner = '', lease_until = NULL, reply = 'the sender died before the answer',
                state = CASE WHEN (SELECT c.ambiguity FROM campaigns_campaign c WHERE c.id = campaign_id) = 'resend'
                        THEN 'queued' ELSE 'ambiguous' END
            WHERE state = 'committing' AND lease_until < {now()}""",
        [],
    )
    if requeued or doubtful:
        logger.warning("sweep: requeued=%d in_doubt=%d", requeued, doubtful)
    return Swept(requeued, doubtful)


def cancel_leftovers() -> int:
    """Cancel what came back into the queue of cancelled campaigns, from a sender or a receiver, and return how many."""
    return count(
        """UPDATE campaigns_delivery SET state = 'cancelled', next_at = NULL
            WHERE state IN ('queued', 'deferred')
              AND campaign_id IN (SELECT c.id FROM campaigns_campaign c WHERE c.state = 'cancelled')""",
        [],
    )


UNFINISHED = (State.QUEUED, State.DEFERRED, State.CLAIMED, State.COMMITTING)


def finish(campaign_id: int) -> bool:
    """Mark a campaign finished when its audience is complete and nothing is left; say whether that happened now."""
    left = Delivery.objects.filter(campaign=OuterRef("pk"), state__in=UNFINISHED)
    done = Campaign.objects.filter(
        ~Exists(left),
        pk=campaign_id,
        kind=Campaign.Kind.CAMPAIGN,
        state=Campaign.State.SENDING,
        audience_at__isnull=False,
    )
    from contacts.manners import database_now

    return bool(done.update(state=Campaign.State.FINISHED, finished_at=database_now()))


def settle_ambiguous(campaign: Campaign, *, resend: bool) -> int:
    """Decide about mails in doubt, return how many: send them again, or count them as sent.

    Writes:  AMBIGUOUS → QUEUED, or → SENT with the time of the decision.
    """
    from contacts.manners import database_now

    doubtful = Delivery.objects.filter(campaign=campaign, state=State.AMBIGUOUS)
    if resend:
        return doubtful.update(state=State.QUEUED, reply="")
    return doubtful.update(state=State.SENT, sent_at=database_now(), reply="counted as sent by hand")


def retryable(campaign: Campaign) -> QuerySet[Delivery]:
    """Return the failed mails whose address is not at fault: another try may reach the person."""
    return Delivery.objects.filter(
        campaign=campaign, state=State.FAILED, bounced_at__isnull=True, contact__isnull=False
    )


def requeue_failed(campaign: Campaign) -> int:
    """Let failed mails begin anew and return how many: no try counted, so they take the campaign's version of now.

    Writes:  FAILED → QUEUED, queued now: the three days of tries begin again.
    """
    from contacts.manners import database_now

    return retryable(campaign).update(
        state=State.QUEUED, attempts=0, next_at=None, reply="", reply_code=None, created_at=database_now()
    )


def settle_proved() -> int:
    """Count as sent what is in doubt in campaigns that look for proof, once there is proof, and return how many.

    Proof is what nobody can cause without the mail: an event of this very delivery (an open, a click, a bounce), or a
    bounce, complaint or leave noted on the row. Without proof a row stays in doubt, for a person to decide.
    """
    from campaigns.models import Event
    from contacts.manners import database_now

    doubtful = Delivery.objects.filter(state=State.AMBIGUOUS, campaign__ambiguity=Campaign.Ambiguity.RESOLVE)
    noted = Q(bounced_at__isnull=False) | Q(complained_at__isnull=False) | Q(unsubscribed_at__isnull=False)
    proved = doubtful.filter(noted | Exists(Event.objects.filter(delivery=OuterRef("pk"))))
    rows = list(proved.values_list("pk", flat=True)[:10_000])
    return doubtful.filter(pk__in=rows).update(
        state=State.SENT, sent_at=database_now(), reply="proved by what came back"
    )


def claimable(campaign_ids: Sequence[int] | None = None) -> list[int]:
    """Return the sending campaigns that have rows to claim now: mails people wait for first, then the oldest start."""
    from contacts.manners import database_now

    ready = Delivery.objects.filter(campaign=OuterRef("pk")).filter(
        Q(state=State.QUEUED) | Q(state=State.DEFERRED, next_at__lte=database_now())
    )
    found = Campaign.objects.filter(Exists(ready), state=Campaign.State.SENDING)
    if campaign_ids is not None:
        found = found.filter(pk__in=campaign_ids)
    return list(found.order_by("-kind", "-priority", "started_at", "pk").values_list("pk", flat=True))
