"""QR codes: short addresses in capitals (one version smaller), quiet zone inside the file, each decoded again.

    png(claim_address(claim.token))       # → PNG bytes; HTTPS://GO.BRAND.COM/Q/7K2M…
    svg(text)                             # → SVG text, in modules, scales to any print
    read_photo(upload.read())             # → ["HTTPS://…"], what a camera's picture holds

A code that does not read back as what was put in is never handed out.
"""

from __future__ import annotations

import io
import re
from functools import lru_cache
from typing import Any

import qrcode
import zxingcpp
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError
from qrcode.exceptions import DataOverflowError

QUIET_ZONE = 4  # modules; source: ISO/IEC 18004
LONGEST_ALPHANUMERIC = 3_391  # characters, version 40 at level M; 2,331 bytes in byte mode
PHOTO_BYTES = 12_000_000  # a phone's picture; larger ones are refused before they are opened
PHOTO_PIXELS = 60_000_000
LEVELS = {
    "L": qrcode.constants.ERROR_CORRECT_L,
    "M": qrcode.constants.ERROR_CORRECT_M,
    "Q": qrcode.constants.ERROR_CORRECT_Q,
    "H": qrcode.constants.ERROR_CORRECT_H,
}
MASKS = (2, 5)  # of the standard's eight; every code is read back, so weighing two of them is enough and much faster
Rows = list[list[bool]]
_RUN = re.compile("1+")
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
    picture = raster(modules(text, border=border), box_size)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def svg(text: str, *, border: int = QUIET_ZONE) -> str:
    """Return a QR code (level M) as one SVG path on a white ground, a unit a module, for print at any size.

    Raises:  as `png`; what is read back is the same matrix.
    """
    rows = modules(text, border=border)
    n = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {n} {n}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{n}v{n}H0z"/><path d="{path(rows)}"/></svg>'
    )


def modules(text: str, *, level: str = "M", border: int = QUIET_ZONE) -> Rows:
    """Return the code's rows of modules, dark is True, its quiet zone around it, for whoever draws them.

    Raises:  as `png`; the matrix has been read back.
    """
    rows = min((_drawn(text, level, border, mask) for mask in MASKS), key=false_finders)
    read_back(raster(rows, 3), text)
    return rows


def raster(rows: Rows, box_size: int) -> Image.Image:
    """Return modules as a picture of black and white, box_size pixels a module."""
    n = len(rows)
    small = Image.frombytes("L", (n, n), bytes(0 if dark else 255 for row in rows for dark in row))
    return small.resize((n * box_size, n * box_size), Image.Resampling.NEAREST).convert("1")


def path(rows: Rows) -> str:
    """Return the dark modules as one SVG path, a run of a row at a time."""
    parts = []
    for y, row in enumerate(rows):
        line = "".join("1" if dark else "0" for dark in row)
        parts += [
            f"M{run.start()} {y}h{run.end() - run.start()}v1h-{run.end() - run.start()}z" for run in _RUN.finditer(line)
        ]
    return "".join(parts)


def false_finders(rows: Rows) -> int:
    """Return how often rows and columns look like a corner of the code, which makes readers search in vain.

    Source:  ISO/IEC 18004, penalty N3: 1:1:3:1:1 beside four light modules.
    """
    lines = ["".join("1" if dark else "0" for dark in row) for row in rows]
    lines += ["".join("1" if dark else "0" for dark in column) for column in zip(*rows, strict=True)]
    return sum(line.count("10111010000") + line.count("00001011101") for line in lines)


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


def _drawn(text: str, level: str, border: int, mask: int) -> Rows:
    code = qrcode.QRCode(error_correction=LEVELS[level], border=border, mask_pattern=mask)
    try:
        code.add_data(text)
        code.make(fit=True)
    except (DataOverflowError, ValueError) as why:
        raise QRTooLong(
            _("This text of %(n)d characters is too long for a QR code. Use a short link.") % {"n": len(text)}
        ) from why
    rows: Rows = code.get_matrix()
    return rows


def read_back(picture: Image.Image, text: str) -> None:
    """Refuse a picture that does not read as exactly this text.

    Raises:  QRUnreadable.
    """
    found = [one.text for one in _decode(picture)]
    if found != [text]:
        raise QRUnreadable(f"A QR code of {len(text)} characters did not read back.")


def _decode(picture: Image.Image) -> list[Any]:
    return list(zxingcpp.read_barcodes(picture, formats=_FORMATS))
