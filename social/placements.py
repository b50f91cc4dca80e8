"""A placement's code as it is given out: its text, its design, its file.

file_of(code, "pdf", millimetres=60)     # → bytes, read back
"""

from __future__ import annotations

from django.conf import settings

from social import qr, studio
from social.models import QRCode


def text_of(code: QRCode) -> str:
    """Return what the code holds: its short link in capitals."""
    return qr.address(code.link.token or "")


def design_of(code: QRCode) -> studio.Design:
    """Return how the placement wants its code drawn; a logo that was deleted meanwhile is left out."""
    logo = b""
    if code.logo is not None:
        try:
            with code.logo.file.open("rb") as file:
                logo = file.read()
        except OSError:
            logo = b""
    return studio.Design(level=code.level, dark=code.dark, light=code.light, logo=logo)


def file_of(code: QRCode, kind: str, *, millimetres: float = 40.0) -> bytes:
    """Return the placement's code as PNG, SVG or PDF.

    Raises:  studio.CannotDraw.
    """
    return studio.render(text_of(code), design_of(code), kind, millimetres=millimetres)


def document_url(code: QRCode) -> str:
    """Return where a placement's document is handed out."""
    return f"{settings.TRACKING_URL}/q/{code.link.token}/document/"
