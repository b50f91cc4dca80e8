"""A partner's endpoints: made, changed, rotated, tested, switched off, and what they missed sent again.

endpoint = make(key, "https://crm.example/hook", ["contact.erased"], by=marie)     # its secret is in endpoint.secret
"""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.delivery import staff
from config.partners.models import ApiKey, WebhookAttempt, WebhookEndpoint
from config.partners.webhooks import delivering, kinds, owing, signing
from contacts import audit, outside

OVERLAP = timedelta(hours=24)  # the former secret signs too, so that a receiver can change at leisure
MOST = 20  # endpoints a key


class BadEndpoint(ValueError):
    """The endpoint cannot be kept as asked; the message says why and what to do."""


def make(key: ApiKey, url: str, events: Sequence[str], *, by: Any) -> WebhookEndpoint:
    """Keep an endpoint with a new secret and return it; it hears what happens from now on.

    Raises:  BadEndpoint for an address inside our network, an unknown event, one the key may not hear, a doubled
             address or one too many.
    """
    check_url(url)
    check_events(key, events)
    if key.webhooks.count() >= MOST:
        raise BadEndpoint(_("A key has at most %(n)d webhooks. Remove one first.") % {"n": MOST})
    if not WebhookEndpoint.objects.filter(is_active=True).exists():
        owing.skip_to_now()
    try:
        with transaction.atomic():
            endpoint = WebhookEndpoint.objects.create(
                key=key, url=url, events=sorted(set(events)), secret=signing.new_secret()
            )
            audit.record(by, "added webhook", endpoint, key=key.pk)
    except IntegrityError:
        raise BadEndpoint(_("This key has a webhook to %(url)s already. Change that one.") % {"url": url}) from None
    return endpoint


def change(endpoint: WebhookEndpoint, *, by: Any, **fields: Any) -> WebhookEndpoint:
    """Change `url`, `events` or `is_active`, checked as in `make`; switched on again it starts with a clean slate.

    Raises:  BadEndpoint.
    """
    if "url" in fields:
        check_url(fields["url"])
    if "events" in fields:
        check_events(endpoint.key, fields["events"])
    if fields.get("is_active"):
        fields |= {"disabled_reason": "", "failures": 0, "failing_since": None, "retry_at": None}
    for name, value in fields.items():
        setattr(endpoint, name, value)
    try:
        with transaction.atomic():
            endpoint.save(update_fields=[*fields])
            audit.record(by, "changed webhook", endpoint, fields=sorted(fields))
    except IntegrityError:
        raise BadEndpoint(_("This key has a webhook to %(url)s already.") % {"url": endpoint.url}) from None
    return endpoint


def remove(endpoint: WebhookEndpoint, *, by: Any) -> None:
    """Forget an endpoint and all that it was owed."""
    audit.record(by, "removed webhook", endpoint, key=endpoint.key_id)
    endpoint.delete()


def rotate_secret(endpoint: WebhookEndpoint, *, by: Any) -> WebhookEndpoint:
    """Give a new secret; for 24 hours messages bear both signatures."""
    endpoint.old_secret, endpoint.secret = endpoint.secret, signing.new_secret()
    endpoint.old_secret_until = timezone.now() + OVERLAP
    endpoint.save(update_fields=["old_secret", "secret", "old_secret_until"])
    audit.record(by, "renewed secret of webhook", endpoint)
    return endpoint


def test(endpoint: WebhookEndpoint) -> WebhookAttempt:
    """Send a test event now, out of turn, and return it with the answer's status or the error."""
    now = timezone.now()
    told = owing.Happening(f"test-{uuid.uuid4().hex}", kinds.TEST, now, {"webhook": endpoint.pk})
    message = WebhookAttempt(
        endpoint=endpoint, message_id=told.id, event=told.kind, body=told.body(), tries=1, given_up_at=now
    )
    message.status, message.error = delivering.ask(endpoint, message)
    if message.status is not None and 200 <= message.status < 300:
        message.delivered_at, message.given_up_at = timezone.now(), None
    message.save(force_insert=True)
    return message


def replay(
    endpoint: WebhookEndpoint, *, message: str = "", since: datetime | None = None, only_failed: bool = True, by: Any
) -> int:
    """Owe again what was given up (or all) since a time, or one message, and return how many that is."""
    found = WebhookAttempt.objects.filter(endpoint=endpoint).exclude(event=kinds.TEST)
    if message:
        found = found.filter(message_id=message)
    else:
        found = found.filter(given_up_at__isnull=False) if only_failed else found.exclude(delivered_at=None)
    if since:
        found = found.filter(created_at__gte=since)
    n = delivering.again(found)
    audit.record(by, "replayed webhook", endpoint, n=n)
    return n


def switch_off(endpoint: WebhookEndpoint, reason: str) -> None:
    """Stop an endpoint and tell its key's owner by mail, once."""
    changed = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True).update(
        is_active=False, disabled_reason=reason[:300]
    )
    endpoint.is_active, endpoint.disabled_reason = False, reason[:300]
    if not changed:
        return
    audit.record("webhooks", "switched off webhook", endpoint)
    owner = endpoint.key.owner
    staff.write(
        [owner],
        _("A webhook was switched off: %(key)s") % {"key": endpoint.key.name},
        _(
            "%(url)s gets no more messages. %(reason)s\n\n"
            "Mend the receiver, then switch the webhook on again and press “Send again what was given up”. "
            "What happened meanwhile can be read with GET /api/v1/events/."
        )
        % {"url": endpoint.url, "reason": reason},
    )


def check_url(url: str) -> None:
    """Raises: BadEndpoint for what is no web address or leads into our own network."""
    try:
        scheme, host, port, _rest = outside.parts(url)
        address = outside.resolve(host, port)
    except outside.Refused as why:
        raise BadEndpoint(_("%(url)s cannot be used. %(why)s") % {"url": url, "why": why}) from None
    except outside.Unreachable:
        return  # a name that is not known yet may be tomorrow; each delivery asks again
    if scheme != "https" and not outside.is_ours(address):
        raise BadEndpoint(_("%(url)s is not https; messages would be open to read on the way.") % {"url": url})


def check_events(key: ApiKey, events: Sequence[str]) -> None:
    """Raises: BadEndpoint for a name that does not exist or that the key's scopes do not let it hear."""
    for name in events:
        kind = kinds.NAMES.get(name)
        if kind is None:
            near = difflib.get_close_matches(name, kinds.NAMES, n=1)
            known = near[0] if near else ", ".join(kinds.NAMES)
            raise BadEndpoint(_("There is no event %(name)s. Known: %(known)s.") % {"name": name, "known": known})
        if kind.scope not in key.scopes:
            words = _("To hear %(name)s the key needs the scope %(scope)s.")
            raise BadEndpoint(words % {"name": name, "scope": kind.scope})
