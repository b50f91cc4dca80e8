"""The image library takes pictures, and nothing that only looks like one."""

import io
import struct
import zlib

import pytest
from django.core.files.base import ContentFile
from PIL import Image as Picture

from campaigns.content import images
from campaigns.models import Image

pytestmark = pytest.mark.django_db


def picture(kind="PNG", size=(60, 40), mode="RGB", **options):
    out = io.BytesIO()
    Picture.new(mode, size, "#5b2a86" if mode == "RGB" else (1, 2, 3, 4)).save(out, kind, **options)
    return ContentFile(out.getvalue(), name="x")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_kept_under_the_hash_of_its_bytes(kind):
    image = images.add(picture(kind), alt=" A cup ")

    assert image.file.name == f"images/{image.sha256[:32]}.{images.FORMATS[kind]}"
    assert (image.width, image.height, image.alt) == (60, 40, "A cup")


def test_the_same_picture_is_kept_once():
    assert images.add(picture(), alt="a").pk == images.add(picture(), alt="b").pk and Image.objects.count() == 1


def test_place_and_camera_do_not_leave_with_the_picture():
    exif = Picture.Exif()
    exif[0x010F] = "SECRET CAMERA"
    image = images.add(picture("JPEG", exif=exif), alt="a")

    raw = image.file.open().read()
    assert b"SECRET" not in raw and b"Exif" not in raw


def test_a_wide_picture_is_made_narrow_and_transparency_stays():
    image = images.add(picture(size=(2400, 600), mode="RGBA"), alt="a")

    assert (image.width, image.height) == (1200, 300)
    assert Picture.open(image.file.open()).mode == "RGBA"


def test_no_alternative_text_no_picture():
    with pytest.raises(images.BadImage):
        images.add(picture(), alt="  ")


def bomb():
    """Return a PNG of 30,000 × 30,000 pixels in a few bytes."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not a picture",
        b"GIF89a" + b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        bomb(),
        b"x" * (images.MAX_BYTES + 1),
        picture().read()[:60],
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(raw):
    with pytest.raises(images.BadImage) as caught:
        images.add(ContentFile(raw, name="x.png"), alt="a")

    assert str(caught.value).endswith(".") and not Image.objects.exists()


def test_a_picture_is_served_for_a_year_and_nothing_else_is(client):
    image = images.add(picture(), alt="a")

    answer = client.get(f"/media/{image.file.name}")

    assert (
        answer.status_code == 200 and answer["Content-Type"] == "image/png" and "immutable" in answer["Cache-Control"]
    )
    assert answer["X-Content-Type-Options"] == "nosniff" and not answer.cookies
    for path in ("/media/images/none.png", "/media/../secret.key", "/media/fanfare.sqlite3"):
        assert client.get(path).status_code == 404
