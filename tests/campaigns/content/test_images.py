"""The image library takes pictures, and nothing that only looks like one."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image as Picture

from campaigns.content import images
from campaigns.models import Image
from contacts import pictures

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


def picture(kind="PNG", size=(60, 40), mode="RGB", **options):
    out = io.BytesIO()
    Picture.new(mode, size, "#5b2a86" if mode == "RGB" else (1, 2, 3, 4)).save(out, kind, **options)
    return ContentFile(out.getvalue(), name="x")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_kept_under_the_hash_of_its_bytes(kind):
    image = images.add(picture(kind), alt=" A cup ")

    assert image.file.name == f"images/{image.sha256[:32]}.{'png' if kind == 'PNG' else 'jpg'}"
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
    with pytest.raises(pictures.BadImage):
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
        b"x" * (pictures.MAX_BYTES + 1),
        picture().read()[:60],
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(raw):
    with pytest.raises(pictures.BadImage) as caught:
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


def test_narrower_files_stand_beside_and_a_mail_takes_the_one_it_needs():
    image = images.add(picture(size=(1300, 600)), alt="a")

    assert set(image.sizes) == {"320", "640"} and image.width == 1200
    with image.file.storage.open(image.sizes["320"]) as file:
        assert Picture.open(file).size == (320, 148)
    assert image.url_for(160).endswith("-320.png") and image.url_for(300).endswith("-640.png")
    assert image.url_for(600) == image.file.url


def bombs():
    """Yield forty files that would hurt whoever loads them: too many pixels, too many frames, lies, other formats."""
    for width, height in ((30_000, 30_000), (60_000, 1_000), (1, 2**31 - 1), (5_001, 5_001), (2**31 - 1, 1)):
        yield from (_png(width, height, bits, kind) for bits, kind in ((8, 2), (8, 6), (16, 2), (1, 0)))
    gif = io.BytesIO()
    Picture.new("P", (10, 10)).save(gif, "GIF", save_all=True, append_images=[Picture.new("P", (10, 10))] * 50)
    yield gif.getvalue()
    for kind in ("BMP", "TIFF", "ICO", "TGA", "PPM", "GIF"):
        out = io.BytesIO()
        Picture.new("RGB", (64, 64)).save(out, kind)
        yield out.getvalue()
    yield b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield b"<!doctype html><script>alert(1)</script>"
    yield b"%PDF-1.7\n" + b"0" * 1000
    yield b""
    yield b"\x89PNG\r\n\x1a\n"
    yield b"\xff\xd8\xff\xe0" + b"\x00" * 5000
    yield b"RIFF\xff\xff\xff\xffWEBPVP8X\n\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff"
    yield b"\x89PNG" * 1_400_000  # over five megabytes
    yield _png(9_000, 9_000, 8, 2, body=zlib.compress(b"\0" * 5_000_000))
    yield _png(4_000, 4_000, 8, 2, more=b"zTXt" + b"a\0\0" + zlib.compress(b"a" * 5_000_000))
    yield _png(2, 2, 8, 2, more=b"iTXt" + b"a\0\1\0\0\0" + zlib.compress(b"a" * 5_000_000))
    jpeg = io.BytesIO()
    Picture.new("L", (1, 1)).save(jpeg, "JPEG")
    lying = bytearray(jpeg.getvalue())
    at = lying.index(b"\xff\xc0") + 5
    lying[at : at + 4] = struct.pack(">HH", 65_000, 65_000)
    yield bytes(lying)
    yield bytes(lying[:200])


def _png(width, height, bits, kind, body=b"", more=b""):
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    chunks = [(b"IHDR", head), (more[:4], more[4:]), (b"IDAT", body or zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
        if name
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


REFUSE = """
import io, resource, sys, time
import django; django.setup()
from campaigns.content import images
from contacts import pictures
from tests.campaigns.content.test_images import bombs
pictures.encoded(__import__("tests.campaigns.content.test_images", fromlist=["x"]).picture())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
files, slowest, taken = list(bombs()), 0.0, []
for n, raw in enumerate(files):
    start = time.perf_counter()
    try:
        pictures.encoded(io.BytesIO(raw)); taken.append(n)
    except pictures.BadImage:
        pass
    slowest = max(slowest, time.perf_counter() - start)
print(len(files), round(slowest, 3), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, taken)
"""


def test_forty_bombs_are_refused_within_two_seconds_and_200_megabytes():
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    told = subprocess.run([sys.executable, "-c", REFUSE], env=env, capture_output=True, text=True, cwd=ROOT)

    assert told.returncode == 0, told.stderr[-2000:]
    n, slowest, megabytes, taken = told.stdout.split(maxsplit=3)
    assert int(n) >= 40 and taken.strip() == "[]", told.stdout
    assert float(slowest) < 2 and int(megabytes) < 200, told.stdout
    print(told.stdout)
