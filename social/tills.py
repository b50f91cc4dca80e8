"""Tills: a phone enrolled once for a shop, and the cashier who opened it with her PIN.

device, secret = enrol(place, "Counter 1", by=manager)    # the secret goes into the device's cookie, we keep its hash
till = open_till(request, "fanfare_cashier", 43_200)      # → Till(device, staff or None), None when not enrolled
member = sign_in(device, "Zoe", "1234")                   # raises Refused(PIN_WRONG | TOO_MANY_ATTEMPTS)
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from campaigns.tracking.tokens import public_token
from contacts import audit
from social.models import Device, Place, StaffMember, TillTicket
from social.offers import attempts
from social.offers.reasons import Reason, Refused

DEVICE_COOKIE = "fanfare_till"
COOKIE_DAYS = 400  # the longest that browsers keep one
SEEN_EVERY = timedelta(minutes=5)
TICKET_GOOD_FOR = timedelta(minutes=15)
PIN_TRIES = 5  # wrong PINs of one cashier at one device in ten minutes: 10,000 PINs take two weeks of tries


@dataclass(frozen=True)
class Till:
    """An enrolled device, and the cashier at it, if one signed in."""

    device: Device
    staff: StaffMember | None = None

    @property
    def place(self) -> Place:
        """The shop."""
        return self.device.place


def enrol(place: Place, name: str, by: User) -> tuple[Device, str]:
    """Make a till of a phone and return it with the secret for its cookie, which nobody can read again.

    Writes:  Device with the secret's SHA-256, AuditEntry.
    """
    secret = secrets.token_urlsafe(32)
    device = Device.objects.create(place=place, name=name[:80], secret_hash=_hash(secret), enrolled_by=by)
    audit.record(by, "enrolled till", device, place=place.pk)
    return device, secret


def make_ticket(place: Place, name: str, by: User) -> str:
    """Return the secret of a QR code that makes one phone a till of this shop, once, within a quarter of an hour.

    Writes:  TillTicket with the secret's SHA-256, AuditEntry.
    """
    secret = public_token(128)
    until = timezone.now() + TICKET_GOOD_FOR
    TillTicket.objects.create(place=place, name=name[:80], secret_hash=_hash(secret), created_by=by, expires_at=until)
    audit.record(by, "showed till ticket", place)
    return secret


def ticket(secret: str) -> TillTicket | None:
    """Return the ticket of this secret while it can be used."""
    good = TillTicket.objects.filter(used_at__isnull=True, expires_at__gt=timezone.now(), place__archived_at=None)
    return good.select_related("place__brand", "created_by").filter(secret_hash=_hash(secret.upper())).first()


def use_ticket(wanted: TillTicket) -> str | None:
    """Make a till of the phone and return the secret for its cookie; None when another phone was first."""
    with transaction.atomic():
        mine = TillTicket.objects.filter(pk=wanted.pk, used_at__isnull=True, expires_at__gt=timezone.now())
        if not mine.update(used_at=timezone.now()):
            return None
        return enrol(wanted.place, wanted.name, wanted.created_by)[1]


def places_of(user: AbstractBaseUser | AnonymousUser) -> list[Place]:
    """Return the shops whose tills this person may enrol: all for a superuser, else those she manages."""
    if not isinstance(user, User) or not (user.is_active and user.is_staff):
        return []
    open_places = Place.objects.filter(archived_at__isnull=True).select_related("brand")
    return list(open_places if user.is_superuser else open_places.filter(managers=user))


def open_till(request: HttpRequest, staff_cookie: str, shift: int) -> Till | None:
    """Return the till this browser is, with the cashier of its shift.

    Reads:   Device by the cookie's hash, StaffMember.
    Writes:  Device.last_used_at, every five minutes.
    """
    secret = request.COOKIES.get(DEVICE_COOKIE, "")
    if not secret:
        return None
    found = Device.objects.select_related("place__brand").filter(secret_hash=_hash(secret), revoked_at__isnull=True)
    device = found.filter(place__archived_at__isnull=True).first()
    if device is None:
        return None
    now = timezone.now()
    if device.last_used_at is None or now - device.last_used_at > SEEN_EVERY:
        Device.objects.filter(pk=device.pk).update(last_used_at=now)
    return Till(device, _cashier(request, device, staff_cookie, shift))


def sign_in(device: Device, name: str, pin: str) -> StaffMember:
    """Return the cashier with this name and PIN at the device's shop.

    Writes:  Attempt when the PIN is wrong.
    Raises:  Refused(PIN_WRONG), after five in ten minutes Refused(TOO_MANY_ATTEMPTS).
    """
    who = f"pin:{device.pk}:{name}"
    attempts.brake(who, most=PIN_TRIES)
    member = StaffMember.objects.filter(place=device.place, name=name, is_active=True).first()
    if member is None or not check_password(pin, member.pin_hash):
        attempts.note(Reason.PIN_WRONG, "", who=who, place=device.place)
        raise Refused(Reason.PIN_WRONG)
    return member


def set_pin(member: StaffMember, pin: str) -> None:
    """Give a cashier a PIN of four digits.

    Raises:  ValueError when it is anything else.
    """
    if not re.fullmatch(r"[0-9]{4}", pin):
        raise ValueError("A PIN is four digits.")
    member.pin_hash = make_password(pin)


def _cashier(request: HttpRequest, device: Device, cookie: str, shift: int) -> StaffMember | None:
    signed = request.get_signed_cookie(cookie, default="", salt=cookie, max_age=shift)
    device_id, _mark, staff_id = (signed or "").partition(":")
    if device_id != str(device.pk) or not staff_id.isdigit():
        return None
    return StaffMember.objects.filter(pk=int(staff_id), place=device.place, is_active=True).first()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
