"""Pictures that come from outside: looked at before they are loaded, drawn anew, nothing of the old file kept.

data, extension, (width, height) = encoded(request.FILES["file"])
"""

from __future__ import annotations

import hashlib
import io
import warnings
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image as Picture
from PIL import ImageOps, UnidentifiedImageError

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000  # 100 MB of memory as RGBA
MAX_WIDTH = 1200  # twice the mail's 600 pixels, for sharp screens
LOGO_WIDTH = 560  # a mail shows it 140 pixels wide, the till and friends' pages larger
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": ""}  # SVG can hold scripts; GIF can be a bomb of frames
SAVING: dict[str, dict[str, Any]] = {
    "PNG": {"optimize": True},
    "JPEG": {"quality": 85, "progressive": True},
}


class BadImage(ValueError):
    """The file is no picture we take; the sentence says why and what to do."""


def logo(file: File[bytes] | BinaryIO) -> ContentFile[bytes]:
    """Return a brand's logo as we keep it, named by its bytes. Raises: BadImage."""
    data, extension, _size = encoded(file, widest=LOGO_WIDTH)
    return ContentFile(data, name=f"{hashlib.sha256(data).hexdigest()[:32]}.{extension}")


class KeepsLogo:
    """A form's part for a brand's logo: an upload is drawn anew, or refused with a sentence."""

    cleaned_data: dict[str, Any]
    changed_data: list[str]

    def clean_logo(self) -> Any:
        upload = self.cleaned_data["logo"]
        if not upload or "logo" not in self.changed_data:
            return upload
        try:
            return logo(upload)
        except BadImage as bad:
            raise ValidationError(str(bad)) from bad


def encoded(file: File[bytes] | BinaryIO, *, widest: int = MAX_WIDTH) -> tuple[bytes, str, tuple[int, int]]:
    """Return a picture's bytes as we keep them, its extension and its size (pixels). Raises: BadImage."""
    file.seek(0)
    raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise BadImage(_("The file is larger than 5 MB. Save it smaller, 1,200 pixels wide are enough."))
    with warnings.catch_warnings():
        warnings.simplefilter("error", Picture.DecompressionBombWarning)
        try:
            return _drawn(raw, widest)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
            if isinstance(error, BadImage):
                raise
            raise BadImage(_("The file is no readable PNG, JPEG or WebP picture.")) from error
        except (Picture.DecompressionBombWarning, Picture.DecompressionBombError) as error:
            raise BadImage(_("The picture has more than 25 million pixels. Make it smaller.")) from error


def saved(picture: Picture.Image, kind: str) -> bytes:
    """Return a picture as the bytes of a PNG or JPEG file."""
    out = io.BytesIO()
    picture.save(out, kind, **SAVING[kind])
    return out.getvalue()


def _drawn(raw: bytes, widest: int) -> tuple[bytes, str, tuple[int, int]]:
    with Picture.open(io.BytesIO(raw), formats=list(FORMATS)) as picture:  # reads the header only
        kind = str(picture.format)
        if picture.width * picture.height > MAX_PIXELS:
            raise BadImage(_("The picture has more than 25 million pixels. Make it smaller."))
        if kind == "JPEG":
            picture.draft("RGB", (widest * 2, widest * 2))
        turned = ImageOps.exif_transpose(picture)
        has_holes = turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info
        plain = turned.convert("RGBA" if has_holes and kind != "JPEG" else "RGB")
    if plain.width > widest:
        plain = plain.resize((widest, max(1, round(plain.height * widest / plain.width))), Picture.Resampling.LANCZOS)
    plain.info.clear()  # neither place nor camera nor author leaves with it
    if kind == "WEBP":  # Outlook for Windows shows none
        kind = "PNG" if has_holes else "JPEG"
    return saved(plain, kind), FORMATS[kind], plain.size
