"""What shops' statistics are told by a link: the brand's own template, of three words that name nobody.

check("utm_source={network}&utm_medium={medium}&utm_campaign={campaign}")     # raises ValidationError when it is wrong
filled(template, network="facebook", medium="social", campaign="June")        # → [("utm_source", "facebook"), …]
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

WORDS = ("network", "medium", "campaign")
PAIR = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}=[^=&?#{}\s]*(?:\{[a-z]+\}[^=&?#{}\s]*)*\Z")
PLACE = re.compile(r"\{([a-z]+)\}")


def check(template: str) -> None:
    """Refuse a template that is no list of parameters, names another word, or takes our own reference's name.

    Raises:  ValidationError that says which part and what to write.
    """
    for pair in template.split("&"):
        if unknown := [word for word in PLACE.findall(pair) if word not in WORDS]:
            raise ValidationError(
                _("“%(word)s” is not known. Write {network}, {medium} or {campaign}; nothing about a person.")
                % {"word": f"{{{unknown[0]}}}"}
            )
        if not PAIR.match(pair):
            raise ValidationError(
                _("“%(part)s” is no parameter. Write name=value, several with & between: utm_source={network}.")
                % {"part": pair[:60]}
            )
        if pair.partition("=")[0] == settings.REFERENCE_PARAMETER:
            raise ValidationError(
                _("“%(name)s” is the name of the reference to the shop. Choose another.")
                % {"name": settings.REFERENCE_PARAMETER}
            )


def filled(template: str, *, network: str, medium: str, campaign: str) -> list[tuple[str, str]]:
    """Return the template's parameters with their values; the campaign "Juin à Lyon" is juin-a-lyon."""
    values = {"network": network, "medium": medium, "campaign": slugify(campaign)}
    pairs = parse_qsl(template, keep_blank_values=True)
    return [(name, PLACE.sub(lambda match: values.get(match[1], ""), value)) for name, value in pairs]
