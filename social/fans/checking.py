"""Level 5: the network itself is asked. One interface, one file a network; while a network is down the claim waits.

    check = begin("bluesky", ann, brand, "ann.bsky.social", offer=offer, …)   # her turn: see `next_step`
    look(check)                    # → YES with a proof and the claim, NO, WAITING (asked again by itself), or Wrong
    look_again()                   # the beat: every check whose time has come

A network's module has NETWORK and three verbs:

    begin(check, typed) -> str     what she typed becomes check.handle and .server; returns where she goes next, '' here
    ask(check) -> Found            does she follow the brand? raises Wrong (her turn again) or Down (try later)
    brand_subject(account) -> str  the brand's id there, kept on its BrandAccount
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Any, Protocol, cast
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Delivery
from campaigns.tracking.tokens import public_token
from contacts import identities, outside
from contacts.models import Brand, Contact, Identity
from social.fans import proofs
from social.models import BrandAccount, Claim, FanCheck, FanProof, Offer
from social.models.fans import FanLevel
from social.offers.reasons import Reason, Refused

logger = logging.getLogger(__name__)

NETWORKS = {"bluesky": "social.fans.bluesky", "mastodon": "social.fans.mastodon"}
METHOD = "check"
MOST_AN_HOUR = 10  # checks begun by one contact; each may ask a server that she names
GIVE_UP = timedelta(days=2)
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)
LEASE = timedelta(minutes=2)  # one round of questions takes far less
AT_ONCE = 50  # checks of one round, so that a network that comes back is not stormed
RATE = "rate"  # the problem of a check whose network asked us to come later; all its checks rest meanwhile


class Wrong(Exception):
    """It is her turn again; the message is a sentence with the next step."""


class Down(Exception):
    """The network cannot say now. `until` is when it asked us to come back, where it did."""

    def __init__(self, why: str, until: datetime | None = None) -> None:
        super().__init__(why)
        self.until = until


@dataclass(frozen=True)
class Found:
    """The network's word: who was asked about whom, and what it answered."""

    follows: bool
    subject: str
    handle: str
    evidence: dict[str, Any] = field(default_factory=dict)


class Network(Protocol):
    """What each network's module offers."""

    NETWORK: str

    def begin(self, check: FanCheck, typed: str) -> str: ...
    def ask(self, check: FanCheck) -> Found: ...
    def brand_subject(self, account: BrandAccount, *, keep: bool = True) -> str: ...


def module_of(network: str) -> Network:
    """Return the module that asks a network."""
    return cast(Network, import_module(NETWORKS[network]))


def askable(brand: Brand, network: str = "") -> list[str]:
    """Return the networks that can be asked for a brand: those on which it has an account."""
    accounts = BrandAccount.objects.filter(brand=brand, network__in=NETWORKS).values_list("network", flat=True)
    return [one for one in NETWORKS if one in set(accounts) and network in ("", one)]


def account_of(check: FanCheck) -> BrandAccount:
    """Return the brand's own account on the network of a check.

    Raises:  Down when it was taken away meanwhile.
    """
    account = BrandAccount.objects.filter(brand_id=check.brand_id, network=check.network).first()
    if account is None:
        raise Down(_("We have no account there at the moment."))
    return account


def begin(
    network: str,
    contact: Contact,
    brand: Brand,
    typed: str,
    *,
    page: str = "",
    offer: Offer | None = None,
    delivery: Delivery | None = None,
) -> tuple[FanCheck, str]:
    """Start to ask a network about an account, and return the check with where she goes next ('' = stays here).

    Writes:  FanCheck; her earlier unfinished checks of that network go.
    Raises:  Wrong; Down; Refused(TOO_MANY_ATTEMPTS).
    """
    hour = timezone.now() - timedelta(hours=1)
    begun = FanCheck.objects.filter(contact=contact, created_at__gt=hour)
    if begun.count() >= MOST_AN_HOUR:
        raise Refused(Reason.TOO_MANY_ATTEMPTS, until=timezone.now() + timedelta(hours=1))
    check = FanCheck(
        contact=contact, brand=brand, network=network, nonce=public_token(128), page=page, offer=offer,
        delivery=delivery,
    )  # fmt: skip
    where = module_of(network).begin(check, typed)
    check.save()
    return check, where


def standing(contact: Contact, brand: Brand, networks: list[str]) -> FanCheck | None:
    """Return the check that her page speaks of: the latest of the last two days that did not end well."""
    hers = FanCheck.objects.filter(
        contact=contact, brand=brand, network__in=networks, created_at__gt=timezone.now() - GIVE_UP
    )
    return hers.exclude(state=FanCheck.State.YES).order_by("-pk").first()


def look(check: FanCheck) -> FanCheck:
    """Ask the network now, and return the check in its new state.

    Writes:  FanCheck; on yes FanProof, Identity and the claim she came for.
    Raises:  Wrong when she has something to do first; the state stays.
    """
    if check.state in (FanCheck.State.YES, FanCheck.State.GIVEN_UP):
        return check
    try:
        _rest(check)
        found = module_of(check.network).ask(check)
    except Down as why:
        return _wait(check, why)
    if not found.follows:
        return _end(check, FanCheck.State.NO, handle=found.handle)
    with transaction.atomic():
        check.proof = _prove(check, found)
        _end(check, FanCheck.State.YES, handle=found.handle)
    _claim(check)
    return check


def look_again(now: datetime | None = None) -> int:
    """Ask for every check that waits and whose time has come; return how many were asked. May run doubled.

    Writes:  as `look`; who waited for two days is given up.
    """
    at = now or timezone.now()
    waiting = FanCheck.objects.filter(state=FanCheck.State.WAITING)
    waiting.filter(created_at__lt=at - GIVE_UP).update(state=FanCheck.State.GIVEN_UP, secret="", ask_at=None)
    asked = 0
    for pk in list(waiting.filter(ask_at__lte=at).order_by("ask_at").values_list("pk", flat=True)[:AT_ONCE]):
        if not waiting.filter(pk=pk, ask_at__lte=at).update(ask_at=at + LEASE):
            continue  # another round took it
        try:
            look(FanCheck.objects.select_related("contact", "brand", "offer").get(pk=pk))
        except Wrong as why:
            FanCheck.objects.filter(pk=pk).update(
                state=FanCheck.State.STARTED, problem=str(why)[:200], secret="", ask_at=None
            )
        asked += 1
    return asked


# --- Words with a server ---------------------------------------------------------------------------------------------


def json_of(
    url: str, *, data: dict[str, str] | None = None, token: str = "", most: int = outside.MOST_BYTES
) -> tuple[int, Any]:
    """Return status and JSON of an address that belongs to a network; 4xx comes back, what is no answer is Down.

    Raises:  Down for no answer, 5xx, 429, redirects, garbage, or too much of it; Wrong for an address not to be asked.
    """
    headers = {"Accept": "application/json", "User-Agent": "Fanfare"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = None
    if data is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(data).encode()
    try:
        answer = outside.fetch(url, method="POST" if body else "GET", headers=headers, body=body, most=most)
    except outside.Refused as why:
        raise Wrong(str(why)) from None
    except outside.Unreachable as why:
        raise Down(str(why)) from None
    if answer.status == 429:
        raise Down(RATE, _until(answer.headers))
    if answer.status >= 500 or 300 <= answer.status < 400:
        raise Down(_("it answered with error %(status)d") % {"status": answer.status})
    try:
        return answer.status, json.loads(answer.body)
    except ValueError:
        if answer.status >= 400:
            return answer.status, {}
        raise Down(_("its answer cannot be read")) from None


def _until(headers: Any) -> datetime:
    """Return when a server that has enough of us wants to be asked again.

    Source:  RFC 9110 §10.2.3 Retry-After; Mastodon's X-RateLimit-Reset (ISO 8601); Bluesky's RateLimit-Reset (epoch).
    """
    now = timezone.now()
    later = now + timedelta(minutes=5)
    raw = headers.get("retry-after") or headers.get("ratelimit-reset") or headers.get("x-ratelimit-reset") or ""
    try:
        if raw.isdigit():
            seconds = int(raw)
            later = datetime.fromtimestamp(seconds, UTC) if seconds > 10**9 else now + timedelta(seconds=seconds)
        elif raw:
            later = datetime.fromisoformat(raw) if raw[:4].isdigit() else parsedate_to_datetime(raw)
    except (ValueError, OverflowError, OSError):
        pass
    if later.tzinfo is None:
        later = later.replace(tzinfo=UTC)
    return max(now + timedelta(seconds=5), min(later, now + timedelta(hours=6)))


# --- Outcomes --------------------------------------------------------------------------------------------------------


def _rest(check: FanCheck) -> None:
    """Stay away from a server that asked us to come later, for all of its checks.

    Raises:  Down.
    """
    resting = FanCheck.objects.filter(
        ~Q(pk=check.pk), state=FanCheck.State.WAITING, network=check.network, server=check.server, problem=RATE
    )
    until = resting.filter(ask_at__gt=timezone.now() + LEASE).order_by("-ask_at").values_list("ask_at", flat=True)
    if latest := until.first():
        raise Down(RATE, latest)


def _wait(check: FanCheck, why: Down) -> FanCheck:
    now = timezone.now()
    check.tries = min(check.tries + 1, 30_000)
    pause = min(FIRST_RETRY * 2 ** min(check.tries - 1, 10), LONGEST_RETRY)
    check.state, check.problem = FanCheck.State.WAITING, str(why)[:200]
    check.ask_at = why.until or now + pause
    check.save(update_fields=["state", "problem", "ask_at", "tries", "secret"])
    logger.info("check=%s network=%s waits, try %d", check.pk, check.network, check.tries)
    return check


def _end(check: FanCheck, state: str, *, handle: str) -> FanCheck:
    check.state, check.problem, check.secret, check.ask_at = state, "", "", None
    check.handle = handle[:254]
    check.save(update_fields=["state", "problem", "secret", "ask_at", "handle", "proof"])
    return check


def _prove(check: FanCheck, found: Found) -> FanProof:
    evidence = {"subject": found.subject, "at": timezone.now().isoformat(timespec="seconds"), **found.evidence}
    try:
        with transaction.atomic():
            handle = f"{check.network}:{found.handle}"
            identities.attach(check.contact, Identity.Kind.HANDLE, handle, Identity.Proof.CONFIRMED, check.network)
    except identities.IdentityTaken:
        raise Wrong(_("This account belongs to another person here. Use your own.")) from None
    except ValueError:
        pass  # a handle that is none to us; the proof stands on the network's word
    return proofs.give(check.contact, check.network, FanLevel.VERIFIED, METHOD, evidence)


def _claim(check: FanCheck) -> None:
    """Make the claim she came for. What stands against it her page says, when she comes back."""
    from social.offers.claims import claim

    if check.offer is None:
        return
    try:
        claim(check.offer, check.contact, via=Claim.Via.MAIL, delivery=check.delivery)
    except Refused as why:
        logger.info("check=%s proved, claim refused: %s", check.pk, why.reason)
