"""What each rule sees: one function a rule, from rows that are there anyway. Each returns what reached the threshold.

looks.guessing(100, now)    # → [Seen("2026-11-23T14", n=412, evidence={"askers": 118, …})]
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F
from django.db.models.functions import TruncHour

from social.models import Attempt, Claim, Redemption, Referral
from social.offers.reasons import GUESSES, Reason
from social.suspects import SAME_DEVICE, SAME_MAILBOX, is_disposable

GUESSING_WINDOW = timedelta(minutes=10)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
SHOT_WINDOW = timedelta(hours=1)
ROBOT_WITHIN = timedelta(seconds=2)  # nobody opens a mail, reads it and presses in less
FEW_UNDONE, FEW_USES = 5, 20  # below these a cashier's share says nothing
SHOWN = 20  # ids kept as evidence


@dataclass(frozen=True)
class Seen:
    """One subject that reached a rule's threshold; `about` names the rows a case points at."""

    key: str
    n: int
    evidence: dict[str, Any]
    about: dict[str, int | None] = field(default_factory=dict)


def guessing(threshold: int, now: datetime) -> Iterable[Seen]:
    """Unknown codes, from wherever: many askers together, each below her own brake."""
    wrong = Attempt.objects.filter(at__gt=now - GUESSING_WINDOW, reason__in=GUESSES - {Reason.PIN_WRONG})
    n = wrong.count()
    if n < threshold:
        return []
    askers = Counter(dict(wrong.values_list("who").annotate(n=Count("pk")).order_by("-n")[:SHOWN]))
    devices = sorted(set(wrong.filter(who__startswith="device:").values_list("who", flat=True)))[:SHOWN]
    evidence = {
        "askers": wrong.values("who").distinct().count(),
        "most": [[who, count] for who, count in askers.most_common()],
        "devices": [int(who.partition(":")[2]) for who in devices],
    }
    return [Seen(f"{now:%Y-%m-%dT%H}", n, evidence)]


def passing_on(threshold: int, now: datetime) -> Iterable[Seen]:
    """A code shown again and again after its use: it went round."""
    tries = _after_use(now - WEEK).values("claim", "claim__offer", "claim__contact").annotate(n=Count("pk"))
    for row in tries.filter(n__gte=threshold).order_by():
        yield Seen(
            f"claim:{row['claim']}", row["n"], {"claims": _open_claims(row["claim__offer"], row["claim__contact"])},
            {"claim": row["claim"], "offer": row["claim__offer"], "contact": row["claim__contact"]},
        )  # fmt: skip


def screenshot(threshold: int, now: datetime) -> Iterable[Seen]:
    """A code shown in several shops within an hour of its use: one picture, several phones."""
    places: dict[int, set[int]] = defaultdict(set)
    about: dict[int, dict[str, int | None]] = {}
    for attempt in _after_use(now - DAY).filter(place__isnull=False).select_related("claim"):
        used = attempt.claim.redemptions.filter(kind=Redemption.Kind.REDEEM).order_by("-at").first()
        if used is None or abs(attempt.at - used.at) > SHOT_WINDOW or used.place_id is None:
            continue
        places[attempt.claim.pk] |= {used.place_id, attempt.place_id}
        about[attempt.claim.pk] = {
            "claim": attempt.claim.pk, "offer": attempt.claim.offer_id, "contact": attempt.claim.contact_id,
        }  # fmt: skip
    for pk, shops in places.items():
        if len(shops) >= threshold:
            row = about[pk]
            evidence = {"places": sorted(shops), "claims": _open_claims(row["offer"], row["contact"])}
            yield Seen(f"claim:{pk}", len(shops), evidence, row)


def self_referral(threshold: int, now: datetime) -> Iterable[Seen]:
    """A friend who is the sponsor herself: same mailbox, same device."""
    for row in Referral.objects.filter(state=Referral.State.FLAGGED):
        why = [reason for reason in row.reasons if reason in (SAME_MAILBOX, SAME_DEVICE)]
        if len(why) >= max(threshold, 1):
            about = {"referral": row.pk, "contact": row.sponsor_id}
            yield Seen(f"referral:{row.pk}", len(why), {"reasons": why, "referrals": [row.pk]}, about)


def throwaway(threshold: int, now: datetime) -> Iterable[Seen]:
    """Claims by addresses made to be thrown away."""
    recent = Claim.objects.filter(claimed_at__gt=now - DAY, contact__email__isnull=False)
    hers: dict[tuple[int, int], list[int]] = defaultdict(list)
    for pk, offer, contact, email in recent.values_list("pk", "offer", "contact", "contact__email").iterator(2_000):
        if is_disposable(email or ""):
            hers[offer, contact].append(pk)
    by_offer: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for (offer, contact), claims in hers.items():
        by_offer[offer].append((contact, claims))
    for offer, people in by_offer.items():
        claims = [pk for _contact, theirs in people for pk in theirs]
        if len(claims) >= threshold:
            yield Seen(f"offer:{offer}:{now:%Y-%m-%d}", len(claims), {"claims": claims[:1000]}, {"offer": offer})


def farm(threshold: int, now: datetime) -> Iterable[Seen]:
    """One sponsor with a burst of friends within a day."""
    recent = Referral.objects.filter(created_at__gt=now - DAY, sponsor__isnull=False)
    for row in recent.values("sponsor").annotate(n=Count("pk")).filter(n__gte=threshold).order_by():
        waiting = recent.filter(sponsor=row["sponsor"]).exclude(state=Referral.State.VOIDED)
        evidence = {"referrals": list(waiting.order_by("pk").values_list("pk", flat=True)[:1000])}
        yield Seen(f"sponsor:{row['sponsor']}:{now:%Y-%m-%d}", row["n"], evidence, {"contact": row["sponsor"]})


def robot(threshold: int, now: datetime) -> Iterable[Seen]:
    """Claims within two seconds of their mail's sending: no person is as quick."""
    quick = Claim.objects.filter(
        claimed_at__gt=now - DAY, delivery__sent_at__isnull=False, claimed_at__lt=F("delivery__sent_at") + ROBOT_WITHIN
    )
    by_offer: dict[int, list[int]] = defaultdict(list)
    for pk, offer in quick.values_list("pk", "offer"):
        by_offer[offer].append(pk)
    for offer, claims in by_offer.items():
        if len(claims) >= threshold:
            yield Seen(f"offer:{offer}:{now:%Y-%m-%d}", len(claims), {"claims": claims[:1000]}, {"offer": offer})


def staff_pace(threshold: int, now: datetime) -> Iterable[Seen]:
    """One cashier with many redemptions within one hour."""
    rows = _by_staff(now - DAY).annotate(hour=TruncHour("at")).values("staff", "place", "hour").annotate(n=Count("pk"))
    for row in rows.filter(n__gte=threshold).order_by():
        evidence = {"hour": row["hour"].isoformat()}
        yield Seen(f"staff:{row['staff']}:{row['hour']:%Y-%m-%dT%H}", row["n"], evidence, _staff(row))


def staff_undo(threshold: int, now: datetime) -> Iterable[Seen]:
    """One cashier who undoes a large share of her redemptions."""
    undone = Counter(
        dict(
            Redemption.objects.filter(kind=Redemption.Kind.REVERSE, staff__isnull=False, at__gt=now - WEEK)
            .order_by().values_list("staff").annotate(n=Count("pk"))
        )
    )  # fmt: skip
    for row in _by_staff(now - WEEK).values("staff", "place").annotate(n=Count("pk")).order_by():
        n = undone[row["staff"]]
        percent = round(100 * n / row["n"])
        if n >= FEW_UNDONE and percent >= threshold:
            evidence = {"undone": n, "redeemed": row["n"]}
            yield Seen(f"staff:{row['staff']}:{now:%G-W%V}", percent, evidence, _staff(row))


def staff_no_order(threshold: int, now: datetime) -> Iterable[Seen]:
    """One cashier who hardly ever enters an order number."""
    uses = _by_staff(now - WEEK)
    without = Counter(dict(uses.filter(order_reference="").order_by().values_list("staff").annotate(n=Count("pk"))))
    for row in uses.values("staff", "place").annotate(n=Count("pk")).order_by():
        percent = round(100 * without[row["staff"]] / row["n"])
        if row["n"] >= FEW_USES and percent >= threshold:
            evidence = {"without": without[row["staff"]], "redeemed": row["n"]}
            yield Seen(f"staff:{row['staff']}:{now:%G-W%V}", percent, evidence, _staff(row))


def out_of_hours(threshold: int, now: datetime) -> Iterable[Seen]:
    """Redemptions while the shop is closed, by the hours entered for it."""
    rows = _by_staff(now - DAY).filter(place__opens_at__isnull=False, place__closes_at__isnull=False)
    late: dict[tuple[int, int, str], list[str]] = defaultdict(list)
    for use in rows.select_related("place"):
        if use.place is None or use.staff_id is None or use.place.opens_at is None or use.place.closes_at is None:
            continue
        local = use.at.astimezone(ZoneInfo(use.place.time_zone))
        opens, closes = use.place.opens_at, use.place.closes_at
        is_open = opens <= local.time() < closes if opens < closes else not closes <= local.time() < opens
        if not is_open:
            late[use.staff_id, use.place.pk, f"{local:%Y-%m-%d}"].append(f"{local:%H:%M}")
    for (staff, place, day), times in late.items():
        if len(times) >= threshold:
            evidence = {"times": sorted(times)[:SHOWN]}
            yield Seen(f"staff:{staff}:{day}", len(times), evidence, {"staff": staff, "place": place})


def _after_use(since: datetime) -> Any:
    return Attempt.objects.filter(at__gt=since, reason=Reason.ALREADY_REDEEMED, claim__isnull=False)


def _by_staff(since: datetime) -> Any:
    return Redemption.objects.filter(kind=Redemption.Kind.REDEEM, staff__isnull=False, at__gt=since)


def _staff(row: dict[str, Any]) -> dict[str, int | None]:
    return {"staff": row["staff"], "place": row["place"]}


def _open_claims(offer: int | None, contact: int | None) -> list[int]:
    """Return the claims of this person that could still be used, of any offer that came the same way."""
    if contact is None:
        return []
    return list(
        Claim.objects.filter(contact=contact, state=Claim.State.OPEN).order_by("pk").values_list("pk", flat=True)
    )
