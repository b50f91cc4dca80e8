"""A voucher on paper: one page with what one gets, code, QR code and bars, where and until when.

pdf(claim, "fr")     # → PDF bytes, for an open claim
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import reportlab
from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.graphics import renderPDF
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from contacts.money import money
from social import barcodes, qr
from social.models import Claim, Offer
from social.offers import codes, rules
from social.offers.value import beside, text_of, title_of, until

QR_MM = 45  # a code of 33 modules is then 1.1 mm a module: read from half a metre
MARGIN = 18 * mm
PLAIN, BOLD = "FanfareVera", "FanfareVeraBold"
_FONTS = {PLAIN: "Vera.ttf", BOLD: "VeraBd.ttf"}  # ship with reportlab, Bitstream's permissive licence


def pdf(claim: Claim, language: str) -> bytes:
    """Return the voucher of an open claim as one A4 page, its code in the upper half."""
    _register()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, lang=language)
    with translation.override(language):
        _draw(canvas, claim, language)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def printable(text: str) -> str:
    """Return a text without what the page's font does not have."""
    _register()
    known: Any = pdfmetrics.getFont(PLAIN).face.charToGlyph
    return "".join(letter for letter in text if ord(letter) in known)


def _register() -> None:
    if PLAIN not in pdfmetrics.getRegisteredFontNames():
        folder = Path(reportlab.__file__).parent / "fonts"
        for name, file in _FONTS.items():
            pdfmetrics.registerFont(TTFont(name, str(folder / file)))


def _draw(canvas: Canvas, claim: Claim, language: str) -> None:
    offer, words = claim.offer, text_of(claim.offer, language)
    title = title_of(offer, language)
    canvas.setTitle(printable(title))
    canvas.setAuthor(printable(offer.brand.name))
    page = _Page(canvas)
    page.line(offer.brand.name, size=12)
    if claim.contact and claim.contact.first_name and offer.holding == Offer.Holding.BEARER:
        page.line(_("For %(first_name)s") % {"first_name": claim.contact.first_name}, size=12)
    page.line(title, font=BOLD, size=24)
    page.line(beside(offer, title, language), font=BOLD, size=18)
    page.line(words.body if words else "", size=11)
    page.qr(qr.address(claim.token))
    code = codes.display(claim.code.value) if claim.code else offer.generic_code
    page.line(code, font=BOLD, size=22)
    if bars := barcodes.of_claim(claim.code):
        page.drawing(barcodes.drawing(bars))
    page.line(_("One use. Whoever shows the code first gets it, so keep it to yourself."), size=10)
    for name, value in _facts(claim, language):
        page.line(f"{name}: {value}", size=11)
    page.line(words.terms if words else "", size=9)


def _facts(claim: Claim, language: str) -> list[tuple[str, str]]:
    offer = claim.offer
    facts = [(_("Use it until"), until(rules.good_until(claim), language))]
    if offer.min_order_minor:
        facts.append((_("Least order"), money(offer.min_order_minor, offer.currency, language)))
    shops = [
        ", ".join(filter(None, [place.name, " ".join(place.address.split())]))
        for place in offer.places.filter(archived_at__isnull=True)
    ]
    facts.append((_("Where"), " · ".join(shops) or _("in all our shops")))
    return facts


class _Page:
    """A page written from top to bottom; what does not fit any more is left out."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.width, self.y = A4[0] - 2 * MARGIN, A4[1] - MARGIN

    def line(self, text: str, *, font: str = PLAIN, size: int) -> None:
        for part in printable(text).splitlines():
            for row in simpleSplit(part, font, size, self.width):
                if self.y < MARGIN:
                    return
                self.y -= size * 1.35
                self.canvas.setFont(font, size)
                self.canvas.drawString(MARGIN, self.y, row)
        self.y -= size * 0.3

    def qr(self, text: str) -> None:
        rows = qr.modules(text)
        side = QR_MM * mm / len(rows)
        self.y -= QR_MM * mm + 4
        draw_modules(self.canvas, rows, MARGIN, self.y, side)

    def drawing(self, drawn: Any) -> None:
        self.y -= drawn.height + 6
        renderPDF.draw(drawn, self.canvas, MARGIN, self.y)


def draw_modules(canvas: Canvas, rows: list[list[bool]], x: float, y: float, side: float) -> None:
    """Draw a QR code's dark modules as one path of row runs, with its lower left corner at (x, y), in points."""
    path = canvas.beginPath()
    for number, row in enumerate(reversed(rows)):
        start = None
        for at, dark in enumerate([*row, False]):
            if dark and start is None:
                start = at
            elif not dark and start is not None:
                path.rect(x + start * side, y + number * side, (at - start) * side, side)
                start = None
    canvas.drawPath(path, stroke=0, fill=1)
