"""Partners' keys: made once, shown once, kept as a hash, and allowed only what their scopes say.

    Authorization: Bearer fan_7K2MQX9D.3f9c…      → request.auth is the ApiKey, request.user its owner

`issue` makes a key and returns the only copy of its secret; `KeyAuthentication` finds it again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from config.partners.models import ApiKey
from contacts import audit

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from rest_framework.views import APIView  # DRF's settings import this module: at run time it would go in circles

PREFIX_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32: read aloud without mistakes
SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)  # after a rotation the former secret opens too
TOUCH_EVERY = timedelta(minutes=1)  # last_used_at is for people; a write per request would cost more than it tells

RESOURCES = (
    "contacts",
    "segments",
    "topics",
    "campaigns",
    "deliveries",
    "messages",
    "events",
    "conversions",
    "share-links",
    "referrals",
    "webhooks",
    "offers",
    "codes",
    "claims",
    "redemptions",
    "reversals",
    "places",
    "qr-codes",
    "orders",
    "fan-proofs",
)
SCOPES = (*(f"{resource}:{verb}" for resource in RESOURCES for verb in ("read", "write")), "campaigns:send")


class UnknownScope(ValueError):
    """A scope that no resource has; the message lists those that exist."""


def issue(
    name: str,
    owner: User,
    scopes: Sequence[str],
    *,
    expires_at: datetime | None = None,
    per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for a partner and return it with its text, which nobody can read again.

    Returns: (the row, `fan_PREFIX.secret`), the secret being 256 random bits in hexadecimal.
    Raises:  UnknownScope for a scope outside `SCOPES`.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise UnknownScope(
            _("Unknown scope %(scope)s. Use some of: %(known)s.")
            % {"scope": ", ".join(unknown), "known": ", ".join(SCOPES)}
        )
    secret = _new_secret()
    prefix = "".join(secrets.choice(PREFIX_ALPHABET) for _position in range(8))
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=sorted(set(scopes)),
        owner=owner,
        expires_at=expires_at,
        per_minute=per_minute,
    )
    audit.record(owner, "issued API key", key, scopes=key.scopes)
    return key, f"fan_{prefix}.{secret}"


def rotate(key: ApiKey, by: User, *, overlap: timedelta = OVERLAP) -> str:
    """Give a key a new secret and return its text, the only copy; the former one opens for `overlap` more."""
    secret = _new_secret()
    key.old_secret_hash, key.secret_hash = key.secret_hash, _hash(secret)
    key.old_secret_until = timezone.now() + overlap
    key.save(update_fields=["old_secret_hash", "secret_hash", "old_secret_until"])
    audit.record(by, "rotated API key", key)
    return f"fan_{key.prefix}.{secret}"


def revoke(key: ApiKey, by: User) -> None:
    """End a key now; its next request is refused."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    audit.record(by, "revoked API key", key)


def find(text: str) -> ApiKey | None:
    """Return the live key that this text opens, or None: unknown, wrong, expired and revoked look the same."""
    prefix, _dot, secret = text.removeprefix("fan_").partition(".")
    now = timezone.now()
    key = (
        ApiKey.objects.select_related("owner")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), prefix=prefix, revoked_at=None, owner__is_active=True)
        .first()
    )
    given = _hash(secret)
    opens = [hmac.compare_digest(stored, given) for stored in _stored(key, now)]
    if key is None or not any(opens):
        return None
    ApiKey.objects.filter(pk=key.pk).filter(Q(last_used_at=None) | Q(last_used_at__lt=now - TOUCH_EVERY)).update(
        last_used_at=now
    )
    return key


def _stored(key: ApiKey | None, now: datetime) -> list[str]:
    """Return what the secret may hash to; of an unknown key something that nothing hashes to."""
    if key is None:
        return [_hash("")]
    is_overlap = key.old_secret_until is not None and key.old_secret_until > now
    return [key.secret_hash, key.old_secret_hash] if is_overlap else [key.secret_hash]


def _new_secret() -> str:
    return secrets.token_hex(SECRET_BYTES)


def _hash(secret: str) -> str:
    # A 256-bit random secret needs no slow hash: there is nothing to guess from.
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer fan_PREFIX.secret`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = find(text.strip())
        if key is None:
            raise AuthenticationFailed(_("This key is unknown, expired or revoked. Ask its owner for a new one."))
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI file names the key."""

    target_class = "config.partners.keys.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "fan_PREFIX.secret"}


class HasScope(BasePermission):
    """Allows a key what its scopes say, and a person signed in to the desk what her role says.

    A view names its `scope` (`contacts`); reading needs `contacts:read`, all else `contacts:write`, unless
    `action_scopes` names another for one action, or several of which all are needed. For a person the model's own
    permissions are asked.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.auth, ApiKey):
            missing = [scope for scope in needed_scopes(request, view) if scope not in request.auth.scopes]
            self.message = _("This key lacks the scope %(scope)s.") % {"scope": ", ".join(missing)}
            return not missing
        user = request.user
        if not (user.is_authenticated and user.is_staff):
            return False
        return bool(user.has_perms(needed_permissions(request, view)))


# What a person needs for what has a scope of its own; for all else the model's own permissions are asked.
PERMISSIONS = {
    "campaigns:send": "campaigns.start_campaign",
    "campaigns:write": "campaigns.change_campaign",
    "contacts:read": "contacts.view_contact",
    "segments:write": "contacts.add_segment",
    "redemptions:write": "social.add_redemption",
}


def needed_permissions(request: Request, view: APIView) -> list[str]:
    """Return what a person signed in to the desk must be allowed; POST may add and change, as it finds who is there.

    A view of rows that no role of the desk is given names the model whose right stands for them: `desk_model`.
    """
    if special := special_scopes(view):
        return [PERMISSIONS[scope] for scope in special]
    verbs = ["view"] if request.method in SAFE_METHODS else ["delete" if request.method == "DELETE" else "change"]
    if getattr(view, "action", "") == "create":
        verbs.append("add")
    model: Any = getattr(view, "desk_model", view.queryset.model)._meta  # type: ignore[attr-defined,union-attr]
    return [f"{model.app_label}.{verb}_{model.model_name}" for verb in verbs]


def special_scopes(view: APIView) -> tuple[str, ...]:
    """Return the scopes that the view names for the action of this request, none where it names none."""
    special = getattr(view, "action_scopes", {}).get(getattr(view, "action", ""), ())
    return (special,) if isinstance(special, str) else tuple(special)


def needed_scopes(request: Request, view: APIView) -> tuple[str, ...]:
    """Return the scopes that this request needs, all of them, for example `contacts:write`."""
    verb = "read" if request.method in SAFE_METHODS else "write"
    return special_scopes(view) or (f"{view.scope}:{verb}",)  # type: ignore[attr-defined]
