"""QR codes: short addresses in capitals (one version smaller), quiet zone inside the file, each decoded again.

    png(claim_address(claim.token))       # → PNG bytes; HTTPS://GO.BRAND.COM/Q/7K2M…
    svg(text)                             # → SVG text, in modules, scales to any print
    read_photo(upload.read())             # → ["HTTPS://…"], what a camera's picture holds

A code that does not read back as what was put in is never handed out.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import qrcode
import zxingcpp
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError
from qrcode.exceptions import DataOverflowError
from qrcode.image.svg import SvgPathImage

QUIET_ZONE = 4  # modules; source: ISO/IEC 18004
LONGEST_ALPHANUMERIC = 3_391  # characters, version 40 at level M; 2,331 bytes in byte mode
PHOTO_BYTES = 12_000_000  # a phone's picture; larger ones are refused before they are opened
PHOTO_PIXELS = 60_000_000
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
PHOTO_SIDE = 1_600  # pixels; larger pictures are shrunk first, which also helps the decoder


class QRTooLong(ValueError):
    """The text does not fit a QR code that phones read."""


class QRUnreadable(RuntimeError):
    """A code was drawn and did not read back."""


class BadPhoto(ValueError):
    """The upload is no picture that can be opened; the message is the sentence for the person."""


def address(token: str, block: str = "") -> str:
    """Return the address that a QR code holds, all in capitals: HTTPS://HOST/Q/TOKEN."""
    path = f"/q/{token}/{block}" if block else f"/q/{token}"
    return printed(f"{settings.TRACKING_URL}{path}")


def printed(url: str) -> str:
    """Return one of our short addresses as a code holds it: in capitals, for a smaller code."""
    return url.upper()


def claim_url(token: str) -> str:
    """Return the page of one claim's voucher, as links in mails write it."""
    return f"{settings.TRACKING_URL}/q/{token}"


def offer_url(token: str, block: str = "") -> str:
    """Return the offer's page behind a mail's own link."""
    return f"{settings.TRACKING_URL}/f/{token}/{block}" if block else f"{settings.TRACKING_URL}/f/{token}"


@lru_cache(maxsize=256)
def png(text: str, *, box_size: int = 8, border: int = QUIET_ZONE) -> bytes:
    """Return a QR code (level M) as PNG bytes, square, (17 + 4·version + 2·border)·box_size pixels a side.

    Raises:  QRTooLong above 3,391 capitals and digits or 2,331 bytes; QRUnreadable when it does not read back.
    """
    picture = _code(text, box_size, border).make_image().get_image().convert("L")
    _read_back(picture, text)
    out = io.BytesIO()
    picture.convert("1").save(out, "PNG", optimize=True)
    return out.getvalue()


def svg(text: str, *, border: int = QUIET_ZONE) -> str:
    """Return a QR code (level M) as one SVG path on a white ground, for print at any size.

    Raises:  as `png`; what is read back is the same matrix.
    """
    code = _code(text, 10, border)
    _read_back(code.make_image().get_image().convert("L"), text)
    drawn: str = code.make_image(image_factory=_OnWhite).to_string(encoding="unicode")
    return drawn


def modules(text: str, *, border: int = QUIET_ZONE) -> list[list[bool]]:
    """Return the code's rows of modules, dark is True, its quiet zone around it, for whoever draws them on paper.

    Raises:  as `png`; what is read back is the same matrix.
    """
    code = _code(text, 8, border)
    _read_back(code.make_image().get_image().convert("L"), text)
    rows: list[list[bool]] = code.get_matrix()
    return rows


def read_photo(data: bytes) -> list[str]:
    """Return the texts of all QR codes in a picture, each once.

    Raises:  BadPhoto when it is too large or no picture.
    """
    if len(data) > PHOTO_BYTES:
        raise BadPhoto(_("The picture is larger than 12 MB. Take it with a lower resolution."))
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > PHOTO_PIXELS:
                raise BadPhoto(_("The picture is larger than 60 megapixels. Take it with a lower resolution."))
            picture = ImageOps.exif_transpose(opened).convert("L")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as why:
        if isinstance(why, BadPhoto):
            raise
        raise BadPhoto(_("This is no picture that can be opened. Take it as JPEG or PNG.")) from why
    picture.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    return list(dict.fromkeys(found.text for found in _decode(picture)))


class _OnWhite(SvgPathImage):  # type: ignore[misc]
    """A path on a white ground: a transparent code vanishes on dark paper."""

    background = "white"


def _code(text: str, box_size: int, border: int) -> Any:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=box_size, border=border)
    try:
        code.add_data(text)
        code.make(fit=True)
    except (DataOverflowError, ValueError) as why:
        raise QRTooLong(
            _("This text of %(n)d characters is too long for a QR code. Use a short link.") % {"n": len(text)}
        ) from why
    return code


def _read_back(picture: Image.Image, text: str) -> None:
    found = [one.text for one in _decode(picture)]
    if found != [text]:
        raise QRUnreadable(f"A QR code of {len(text)} characters did not read back.")


def _decode(picture: Image.Image) -> list[Any]:
    return list(zxingcpp.read_barcodes(picture, formats=_FORMATS))
