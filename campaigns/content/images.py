"""The image library's door: what comes in is looked at before it is loaded, drawn anew, and named by its bytes.

image = add(request.FILES["file"], alt="A cup of coffee on a quay", brand=brand)
"""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO

from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.utils.translation import gettext as _
from PIL import Image as Picture

from campaigns.models import Image
from contacts import pictures
from contacts.models import Brand
from contacts.pictures import BadImage

SIZES = (320, 640)  # pixels wide, beside the picture itself: half its columns and phones, at twice their pixels


def add(file: File[bytes] | BinaryIO, *, alt: str, brand: Brand | None = None) -> Image:
    """Return the library's image of these bytes: an existing one when they were uploaded before.

    Writes:  Image and its file images/<hash>.<png|jpg>, re-encoded, without metadata, at most 1,200 pixels wide, and
             smaller ones beside it, images/<hash>-<width>.<png|jpg>. WebP becomes one of the two: Outlook shows none.
    Raises:  BadImage: no alternative text, too heavy, too many pixels, another format, not readable.
    """
    if not alt.strip():
        raise BadImage(_("Write an alternative text: what a person who does not see the picture should know."))
    data, extension, size = pictures.encoded(file)
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
                names[str(width)] = _kept(name, pictures.saved(resized, picture.format or "PNG"))
    return names


def _kept(name: str, data: bytes) -> str:
    """Write a file of the public storage, unless it is there: its name says what is in it. Return the name."""
    storage = storages["public"]
    return name if storage.exists(name) else storage.save(name, ContentFile(data))
