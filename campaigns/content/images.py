"""The image library's door: what comes in is looked at before it is loaded, drawn anew, and named by its bytes.

image = add(request.FILES["file"], alt="A cup of coffee on a quay", brand=brand)
"""

from __future__ import annotations

import hashlib
import io
import warnings
from typing import Any, BinaryIO

from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.utils.translation import gettext as _
from PIL import Image as Picture
from PIL import ImageOps, UnidentifiedImageError

from campaigns.models import Image
from contacts.models import Brand

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000  # 100 MB of memory as RGBA
MAX_WIDTH = 1200  # twice the mail's 600 pixels, for sharp screens
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": ""}  # SVG can hold scripts; GIF can be a bomb of frames
SIZES = (320, 640)  # pixels wide, beside the picture itself: half its columns and phones, at twice their pixels
SAVING: dict[str, dict[str, Any]] = {
    "PNG": {"optimize": True},
    "JPEG": {"quality": 85, "progressive": True},
}


class BadImage(ValueError):
    """The file is no picture we take; the sentence says why and what to do."""


def add(file: File[bytes] | BinaryIO, *, alt: str, brand: Brand | None = None) -> Image:
    """Return the library's image of these bytes: an existing one when they were uploaded before.

    Writes:  Image and its file images/<hash>.<png|jpg>, re-encoded, without metadata, at most 1,200 pixels wide, and
             smaller ones beside it, images/<hash>-<width>.<png|jpg>. WebP becomes one of the two: Outlook shows none.
    Raises:  BadImage: no alternative text, too heavy, too many pixels, another format, not readable.
    """
    if not alt.strip():
        raise BadImage(_("Write an alternative text: what a person who does not see the picture should know."))
    data, extension, size = encoded(file)
    digest = hashlib.sha256(data).hexdigest()
    found = Image.objects.filter(sha256=digest).first()
    if found is not None:
        return found
    image = Image(brand=brand, sha256=digest, alt=alt.strip()[:300])
    image.file.name = _kept(f"images/{digest[:32]}.{extension}", data)
    image.sizes = _smaller(data, f"images/{digest[:32]}", extension)
    image.width, image.height = size
    image.save()
    return image


def encoded(file: File[bytes] | BinaryIO) -> tuple[bytes, str, tuple[int, int]]:
    """Return a picture's bytes as we keep them, its extension and its size. Raises: BadImage."""
    file.seek(0)
    raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise BadImage(_("The file is larger than 5 MB. Save it smaller, 1,200 pixels wide are enough."))
    with warnings.catch_warnings():
        warnings.simplefilter("error", Picture.DecompressionBombWarning)
        try:
            return _drawn(raw)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
            if isinstance(error, BadImage):
                raise
            raise BadImage(_("The file is no readable PNG, JPEG or WebP picture.")) from error
        except (Picture.DecompressionBombWarning, Picture.DecompressionBombError) as error:
            raise BadImage(_("The picture has more than 25 million pixels. Make it smaller.")) from error


def _smaller(data: bytes, stem: str, extension: str) -> dict[str, str]:
    """Return the names of the narrower files by width. Writes: them."""
    names = {}
    with Picture.open(io.BytesIO(data)) as picture:
        for width in SIZES:
            if width < picture.width:
                resized = picture.resize(
                    (width, max(1, round(picture.height * width / picture.width))), Picture.Resampling.LANCZOS
                )
                name = f"{stem}-{width}.{extension}"
                names[str(width)] = _kept(name, _saved(resized, picture.format or "PNG"))
    return names


def _kept(name: str, data: bytes) -> str:
    """Write a file of the public storage, unless it is there: its name says what is in it. Return the name."""
    storage = storages["public"]
    return name if storage.exists(name) else storage.save(name, ContentFile(data))


def _saved(picture: Picture.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **SAVING[kind])
    return out.getvalue()


def _drawn(raw: bytes) -> tuple[bytes, str, tuple[int, int]]:
    with Picture.open(io.BytesIO(raw), formats=list(FORMATS)) as picture:  # reads the header only
        kind = str(picture.format)
        if picture.width * picture.height > MAX_PIXELS:
            raise BadImage(_("The picture has more than 25 million pixels. Make it smaller."))
        if kind == "JPEG":
            picture.draft("RGB", (MAX_WIDTH * 2, MAX_WIDTH * 2))
        turned = ImageOps.exif_transpose(picture)
        has_holes = turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info
        plain = turned.convert("RGBA" if has_holes and kind != "JPEG" else "RGB")
    if plain.width > MAX_WIDTH:
        plain = plain.resize(
            (MAX_WIDTH, max(1, round(plain.height * MAX_WIDTH / plain.width))), Picture.Resampling.LANCZOS
        )
    plain.info.clear()  # neither place nor camera nor author leaves with it
    if kind == "WEBP":  # Outlook for Windows shows none
        kind = "PNG" if has_holes else "JPEG"
    return _saved(plain, kind), FORMATS[kind], plain.size
