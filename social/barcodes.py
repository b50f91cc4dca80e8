"""Bars for the readers that know no QR code: EAN-13 where a code is one, else Code 128.

bars_of("4006381333931")      # → Bars(kind="EAN-13", …)
svg(bars_of("AB-1042"))       # → SVG text, to stand in a page
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.lib.units import mm

from social.models import Code

LONGEST = 40  # characters; more would be wider than a page
HEIGHT_MM, MODULE_MM = 15, 0.33  # what a hand scanner reads at arm's length. Source: GS1 General Specifications, X 0.33


@dataclass(frozen=True)
class Bars:
    """A code and how its bars are called."""

    value: str
    kind: str


def is_ean13(value: str) -> bool:
    """Say whether a code is thirteen digits of which the last checks the others. Source: GS1."""
    if len(value) != 13 or not (value.isascii() and value.isdigit()):
        return False
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(value[:12]))
    return (10 - total % 10) % 10 == int(value[12])


def bars_of(value: str) -> Bars | None:
    """Return the bars for a code; None for what bars cannot carry."""
    if is_ean13(value):
        return Bars(value, "EAN-13")
    is_plain = value.isascii() and value.isprintable() and 0 < len(value) <= LONGEST
    return Bars(value, "Code 128") if is_plain else None


def of_claim(code: Code | None) -> Bars | None:
    """Return the bars of a voucher: those of a code imported from a shop's own system, none for codes of ours."""
    if code is None or code.batch is None or not code.batch.is_imported:
        return None
    return bars_of(code.value)


def drawing(bars: Bars) -> Any:
    """Return the bars as a reportlab drawing, its quiet zones inside, the characters below."""
    if bars.kind == "EAN-13":
        return createBarcodeDrawing(
            "EAN13", value=bars.value, barHeight=HEIGHT_MM * mm, barWidth=MODULE_MM * mm, quiet=True
        )
    return createBarcodeDrawing(
        "Code128", value=bars.value, barHeight=HEIGHT_MM * mm, barWidth=MODULE_MM * mm, quiet=True, humanReadable=True
    )


def svg(bars: Bars) -> str:
    """Return the bars as SVG on white."""
    text: str = drawing(bars).asString("svg")
    return text
