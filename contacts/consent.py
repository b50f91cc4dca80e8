"""Consent: the ledger of every yes and no, and the standing that follows from it.

give(ann, "open_tracking", method="form", wording="Measure …")   # ledger row + contact.open_tracking_at
subscribe(ann, letters, basis="consent", method="form", wording="Write me once a month")
request(ann, [letters], form_slug="shop", wording=…, language="fr", evidence=…, purposes=[])   # double opt-in
confirm(ann, notice.payload, evidence={"ip_prefix": "192.0.2.0/24"})
unsubscribe(ann, None, method="one_click")                                       # everything
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import identities, suppression
from contacts.models import Brand, Consent, Contact, Identity, Notice, Subscription, Suppression, Topic
from contacts.models.consent import Basis

Purpose, Method = Consent.Purpose, Consent.Method

# Purposes whose standing is kept on the contact, for the sender and the ingest.
STANDING = {
    Purpose.OPEN_TRACKING: "open_tracking_at",
    Purpose.CLICK_TRACKING: "click_tracking_at",
    Purpose.PROFILING: "profiling_at",
    Purpose.PUBLIC_NAME: "public_name_at",
}
# Acts of the person herself: only they bring back somebody who left everything.
OWN_ACTS = {Method.FORM, Method.CONFIRMATION, Method.PREFERENCES}
CONFIRM_NOTICE = "confirm_subscription"
MOST_REQUESTS = 3  # mails to confirm that one address gets within an hour, whatever is wished for


class NoBasis(ValueError):
    """Nobody is subscribed without a ground to write to her."""


def give(
    contact: Contact,
    purpose: str,
    *,
    method: str,
    basis: str = Basis.CONSENT,
    brand: Brand | None = None,
    topic: Topic | None = None,
    wording: str = "",
    language: str = "",
    evidence: Mapping[str, Any] | None = None,
    actor: str = "",
    at: datetime | None = None,
) -> Consent:
    """Write that the contact agreed, and return the ledger row.

    Writes:  one Consent; for measurement, profiling and the public name also the contact's standing, when it had none.
    """
    return _write(contact, purpose, True, locals())


def withdraw(
    contact: Contact,
    purpose: str,
    *,
    method: str,
    basis: str = Basis.CONSENT,
    brand: Brand | None = None,
    topic: Topic | None = None,
    wording: str = "",
    language: str = "",
    evidence: Mapping[str, Any] | None = None,
    actor: str = "",
    at: datetime | None = None,
) -> Consent:
    """Write that the contact no longer agrees, and return the ledger row. The standing ends at once."""
    return _write(contact, purpose, False, locals())


def _write(contact: Contact, purpose: str, is_given: bool, said: dict[str, Any]) -> Consent:
    at = said["at"] or timezone.now()
    topic: Topic | None = said["topic"]
    with transaction.atomic():
        row = Consent.objects.create(
            contact=contact,
            address_hash=contact.address_hash,
            brand=said["brand"] or (topic.brand if topic else None),
            topic=topic,
            purpose=Purpose(purpose),
            is_given=is_given,
            basis=Basis(said["basis"]),
            method=Method(said["method"]),
            wording_hash=wording_hash(said["wording"]),
            wording=said["wording"],
            language=said["language"],
            evidence=dict(said["evidence"] or {}),
            actor=said["actor"][:120],
            at=at,
        )
        _keep_standing(contact, purpose, at if is_given else None)
    return row


def _keep_standing(contact: Contact, purpose: str, since: datetime | None) -> None:
    column = STANDING.get(Purpose(purpose))
    if column is None or (since and getattr(contact, column)):  # a second yes keeps the first time
        return
    setattr(contact, column, since)
    Contact.objects.filter(pk=contact.pk).update(**{column: since})


def wording_hash(wording: str) -> str:
    """Return the SHA-256 of the words shown, '' for none."""
    return hashlib.sha256(wording.encode()).hexdigest() if wording else ""


def subscribe(
    contact: Contact,
    topic: Topic,
    *,
    basis: str,
    method: str,
    wording: str = "",
    language: str = "",
    evidence: Mapping[str, Any] | None = None,
    source: str = "",
) -> Subscription:
    """Subscribe the contact to the topic and return the Subscription; nothing changes when she is subscribed already.

    Writes:  Subscription, a Consent row, and, when she did it herself, the end of an earlier "left everything".
    Raises:  NoBasis when basis is "none".
    """
    if basis not in set(Basis.values) - {Basis.NONE}:
        raise NoBasis(_("Nobody is written to without a basis. Say whether it is consent or an existing customer."))
    with transaction.atomic():
        held, _new = Subscription.objects.select_for_update().get_or_create(
            contact=contact, topic=topic, defaults={"source": source[:120]}
        )
        if method in OWN_ACTS:
            _come_back(contact, source or method)
        if held.state == Subscription.State.SUBSCRIBED:
            return held
        held.state, held.basis, held.subscribed_at = Subscription.State.SUBSCRIBED, basis, timezone.now()
        held.unsubscribed_at, held.reason = None, ""
        held.save()
        give(
            contact, Purpose.EMAIL, method=method, basis=basis, topic=topic,
            wording=wording, language=language, evidence=evidence,
        )  # fmt: skip
    return held


def has_left(state: str, unsubscribed_at: datetime | None) -> bool:
    """Say whether a subscription was ended by its person, also while a new wish waits for her confirmation.

    Only she herself brings it back, no import and no partner.
    """
    is_waiting = state == Subscription.State.PENDING and unsubscribed_at is not None
    return state == Subscription.State.UNSUBSCRIBED or is_waiting


def _come_back(contact: Contact, how: str) -> None:
    """End a suppression "left everything"; bounces, complaints and erasures stay."""
    if contact.address_hash:
        Suppression.objects.filter(
            address_hash=contact.address_hash,
            lifted_at__isnull=True,
            reason=Suppression.Reason.UNSUBSCRIBED_ALL,
        ).update(lifted_at=timezone.now(), lifted_reason=f"signed up again: {how}"[:300])


def request(
    contact: Contact,
    topics: Iterable[Topic],
    *,
    form_slug: str,
    wording: str,
    language: str,
    evidence: Mapping[str, Any],
    purposes: Sequence[str] = (),
) -> Notice:
    """Ask the contact by mail to confirm, and return the Notice; she is written to only after she has.

    Writes:  Subscription(state=PENDING) where there was none or she had left, and one Notice "confirm_subscription" an
             hour at most per contact and wish, MOST_REQUESTS in all, so that nobody's inbox can be flooded through
             our form; beyond, the newest one stands for the wish.
    """
    chosen = list(topics)
    payload = {
        "topics": [topic.slug for topic in chosen],
        "purposes": [Purpose(purpose).value for purpose in purposes],
        "form": form_slug,
        "wording": wording,
        "language": language,
        "evidence": dict(evidence),
        "address": contact.address_hash,
    }
    with transaction.atomic():
        for topic in chosen:
            _pending(contact, topic, form_slug)
        # Anybody can type her address: that she left everything is undone by her confirmation, not by the wish.
        key = _request_key(contact, payload)
        lately = timezone.now() - timedelta(hours=1)
        asked = Notice.objects.filter(contact=contact, kind=CONFIRM_NOTICE, created_at__gt=lately).order_by("-pk")
        if asked.count() >= MOST_REQUESTS and (newest := asked.exclude(key=key).first()):
            return newest
        return Notice.objects.get_or_create(
            key=key,
            defaults={
                "contact": contact,
                "brand": chosen[0].brand if chosen else None,
                "kind": CONFIRM_NOTICE,
                "payload": payload,
            },
        )[0]


def _pending(contact: Contact, topic: Topic, source: str) -> None:
    held, is_new = Subscription.objects.get_or_create(contact=contact, topic=topic, defaults={"source": source[:120]})
    if not is_new and held.state == Subscription.State.UNSUBSCRIBED:
        held.state = Subscription.State.PENDING
        held.save(update_fields=["state"])


def _request_key(contact: Contact, payload: dict[str, Any]) -> str:
    wish = ",".join([*sorted(payload["topics"]), *sorted(payload["purposes"]), payload["address"]])
    digest = hashlib.sha256(wish.encode()).hexdigest()[:16]
    return f"confirm:{contact.pk}:{digest}:{timezone.now():%Y%m%d%H}"


def is_current(contact: Contact, payload: Mapping[str, Any]) -> bool:
    """Say whether the mail that asked went to the address that the contact has now: a former one confirms nothing."""
    return contact.merged_into_id is not None or payload.get("address", contact.address_hash) == contact.address_hash


def confirm(contact: Contact, payload: Mapping[str, Any], *, evidence: Mapping[str, Any]) -> list[Subscription]:
    """Turn what was asked for into subscriptions and consents; a second press changes nothing.

    Whoever was merged since the mail went out is the contact she was merged into.

    Writes:  Subscription(SUBSCRIBED) and Consent rows by confirmation; the address becomes a confirmed identity.
    Returns: the subscriptions of the payload's topics.
    """
    address, contact = contact.email, identities.survivor(contact)
    words = str(payload.get("wording", ""))
    language = str(payload.get("language", ""))
    proof = {"asked": payload.get("evidence") or {}, "confirmed": dict(evidence)}
    with transaction.atomic():
        done = [
            subscribe(
                contact, topic, basis=Basis.CONSENT, method=Method.CONFIRMATION, wording=words, language=language,
                evidence=proof, source=str(payload.get("form", "")),
            )
            for topic in Topic.objects.filter(slug__in=payload.get("topics") or []).select_related("brand")
        ]  # fmt: skip
        for purpose in payload.get("purposes") or []:
            column = STANDING.get(purpose)
            if column and getattr(contact, column) is None:
                give(
                    contact, purpose, method=Method.CONFIRMATION, wording=words, language=language, evidence=proof
                )  # fmt: skip
        if payload.get("stays"):  # nothing new, but an act of hers: she asked to stay
            give(
                contact, Purpose.EMAIL, method=Method.CONFIRMATION, wording=words, language=language, evidence=proof
            )  # fmt: skip
        if address:
            source = str(payload.get("form", ""))
            identities.attach(contact, Identity.Kind.EMAIL, address, Identity.Proof.CONFIRMED, source)
    return done


def unsubscribe(contact: Contact, topic: Topic | None, *, method: str, reason: str = "") -> int:
    """End the subscription to one topic, or to all (None), and return how many ended. Never fails, may be repeated.

    Writes:  Subscription(UNSUBSCRIBED) and a Consent row each; for all also a Suppression "left everything", so that no
             later import and no new topic brings her back.
    """
    with transaction.atomic():
        held = Subscription.objects.filter(contact=contact).exclude(state=Subscription.State.UNSUBSCRIBED)
        if topic is not None:
            held = held.filter(topic=topic)
        ended = list(held.select_for_update().select_related("topic__brand"))
        for subscription in ended:
            subscription.state = Subscription.State.UNSUBSCRIBED
            subscription.unsubscribed_at, subscription.reason = timezone.now(), reason[:300]
            subscription.save(update_fields=["state", "unsubscribed_at", "reason"])
            withdraw(
                contact, Purpose.EMAIL, method=method, basis=subscription.basis, topic=subscription.topic,
            )  # fmt: skip
        if topic is None and contact.email:
            suppression.suppress(contact.email, Suppression.Reason.UNSUBSCRIBED_ALL, source=method)
    return len(ended)


def tracking_allowed(contact_row: Contact, purpose: str, at: datetime) -> bool:
    """Say whether a hit at this time may be kept with the contact: she agreed before it and still agrees now."""
    since: datetime | None = getattr(contact_row, STANDING[Purpose(purpose)])
    return since is not None and since <= at
