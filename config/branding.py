"""A brand's colours as a small style sheet of their own, readable in light and dark whatever the brand chose.

    GET /brand/coop.css  →  :root{--brand-primary:#5b2a86;--brand-on-primary:#ffffff;…}

A strict content security policy allows no inline style, so the colours travel as custom properties in this sheet.
"""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.templatetags.static import static

from contacts.models import Brand

INK, PAPER, CARD_DARK = "#1d1b26", "#ffffff", "#201d2a"
AAA, AA = 7.0, 4.5  # WCAG 2.2 contrast of body text, and the least for any text


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, 0 (black) to 1 (white). Source: WCAG 2.2, its definition."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, other: str, part: float) -> str:
    """Return `colour` with `part` (0 to 1) of `other` in it."""
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def readable(colour: str, ground: str, ratio: float = AA) -> str:
    """Return the nearest colour that reads on `ground`: darkened on light grounds, lightened on dark ones."""
    towards = "#000000" if luminance(ground) > 0.5 else "#ffffff"
    steps = (mixed(colour, towards, step / 20) for step in range(21))
    return next((step for step in steps if contrast(step, ground) >= ratio), towards)


def on(colour: str) -> str:
    """Return ink or white, whichever reads better on `colour`."""
    return max((INK, PAPER), key=lambda text: contrast(text, colour))


def style_sheet(brand: Brand) -> str:
    """Return the brand's custom properties as CSS; every text colour reaches AA on its ground."""
    primary, accent = brand.colour_primary.lower(), brand.colour_accent.lower()
    primary_dark, accent_dark = readable(primary, CARD_DARK), readable(accent, CARD_DARK)
    font = re.sub(r"[^\w ,'\"-]", "", brand.font_stack)  # ends no declaration, opens no url()
    properties = {
        "primary": primary,
        "on-primary": on(primary),
        "primary-text": readable(primary, PAPER, AA),
        "accent": accent,
        "on-accent": on(accent),
        "primary-dark": primary_dark,
        "on-primary-dark": on(primary_dark),
        "primary-text-dark": readable(primary, CARD_DARK, AA),
        "accent-dark": accent_dark,
        "on-accent-dark": on(accent_dark),
        "font": font,
    }
    return ":root{" + ";".join(f"--brand-{name}:{value}" for name, value in properties.items() if value) + "}\n"


def brand_css(request: HttpRequest, slug: str) -> HttpResponse:
    """GET /brand/coop.css → the brand's colours; cached for a year, for pages name it with its colours."""
    sheet = style_sheet(get_object_or_404(Brand, slug=slug))
    answer = HttpResponse(sheet, content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def favicon(request: HttpRequest) -> HttpResponse:
    """GET /favicon.ico → the drawn icon, for mails and pages that name none."""
    answer = HttpResponseRedirect(static("fanfare/icon.svg"))
    answer["Cache-Control"] = "public, max-age=86400"
    return answer
