"""The picture that networks show of a share, 1200 × 630, from the brand, the campaign and the friend's advantage.

    made = ensure(subject, hero)      # stored once under the hash of what it shows: public storage, cards/<name>.jpg
    made.url                          # → https://go.brand.example/card/3f2a….jpg

It holds no code, no QR, no points and no name of a person: the same words give the same file, whoever shares.
"""

from __future__ import annotations

import hashlib
import io
import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image, ImageDraw, ImageFont, ImageOps

from social.subject import Subject

VERSION = 1  # raise it when the drawing changes: every card is then drawn anew under a new name
WIDTH, HEIGHT = 1200, 630  # pixels. Source: Meta's advice for og:image; facts differ by a few pixels elsewhere
MAX_BYTES = 300_000  # WhatsApp shows no picture above
MARGIN = 72
INK, PAPER = "#1d1b26", "#ffffff"
MORE_GLYPHS = "\u2212←↑→↓●★✓"
FONTS = Path(__file__).parent / "fonts"

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class Card:
    """A stored picture: its name (the hash of what it shows) and its absolute address."""

    name: str

    @property
    def url(self) -> str:
        return f"{settings.TRACKING_URL}/card/{self.name}.jpg"


@dataclass(frozen=True, slots=True)
class Face:
    """Everything that is drawn, and so all that the name hashes. `logo` and `hero`: paths in public storage, or ''."""

    brand: str
    host: str
    title: str
    advantage: str
    primary: str
    accent: str
    logo: str
    hero: str

    @property
    def name(self) -> str:
        told = json.dumps([VERSION, *(getattr(self, field) for field in self.__slots__)])
        return hashlib.sha256(told.encode()).hexdigest()[:32]


def ensure(subject: Subject, hero: str = "") -> Card:
    """Return the picture for this subject, drawn when nobody asked for it before (about 30 ms).

    Writes:  cards/<name>.jpg in public storage.
    """
    face = face_of(subject, hero)
    public = storages["public"]
    path = f"cards/{face.name}.jpg"
    if not public.exists(path):
        public.save(path, ContentFile(draw(face)))
    return Card(face.name)


def read(name: str) -> bytes | None:
    """Return a stored picture, or None."""
    public = storages["public"]
    path = f"cards/{name}.jpg"
    if len(name) != 32 or not name.isalnum() or not public.exists(path):
        return None
    with public.open(path) as file:
        return bytes(file.read())


def face_of(subject: Subject, hero: str = "") -> Face:
    """Return what the picture of this subject shows."""
    brand = subject.brand
    return Face(
        brand=brand.name,
        host=urlsplit(brand.website).hostname or urlsplit(settings.SITE_URL).hostname or "",
        title=subject.title,
        advantage=subject.advantage.title if subject.advantage and not subject.advantage.is_over else "",
        primary=brand.colour_primary or "#5b2a86",
        accent=brand.colour_accent or "#d99a00",
        logo=(brand.logo.name or "") if brand.logo else "",
        hero=hero,
    )


def draw(face: Face) -> bytes:
    """Return the picture as JPEG bytes, less than 300 kB."""
    canvas = Image.new("RGB", (WIDTH, HEIGHT), _rgb(face.primary))
    has_hero = _paste_hero(canvas, face.hero)
    if not has_hero:
        _rings(canvas, face)
    _words(canvas, face, 640 if has_hero else WIDTH - 2 * MARGIN - 120)
    return _jpeg(canvas)


def _jpeg(canvas: Image.Image) -> bytes:
    for quality in (88, 78, 66, 50):
        out = io.BytesIO()
        canvas.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()


def _paste_hero(canvas: Image.Image, path: str) -> bool:
    """The campaign's picture over the right two fifths; False when there is none that can be read."""
    left = 760
    picture = _open(path, (WIDTH - left, HEIGHT))
    if picture is None:
        return False
    canvas.paste(ImageOps.fit(picture.convert("RGB"), (WIDTH - left, HEIGHT)), (left, 0))
    return True


def _open(path: str, wanted: tuple[int, int] | None = None) -> Image.Image | None:
    """The picture, or None. A large JPEG is decoded no larger than `wanted` needs, which saves most of the time."""
    public = storages["public"]
    if not path or not public.exists(path):
        return None
    try:
        with public.open(path) as file:
            picture = Image.open(io.BytesIO(file.read()))
            if wanted:
                picture.draft("RGB", wanted)
            picture.load()
    except (OSError, Image.DecompressionBombError):  # an SVG logo, a broken file: the card goes without it
        return None
    return picture


def _rings(canvas: Image.Image, face: Face) -> None:
    """Rings that travel outwards from the corner, as a call does."""
    layer = Image.new("L", (WIDTH, HEIGHT), 0)
    pen = ImageDraw.Draw(layer)
    for step, radius in enumerate(range(120, 760, 104)):
        box = (WIDTH - radius, HEIGHT - radius, WIDTH + radius, HEIGHT + radius)
        pen.arc(box, 180, 270, fill=150 - 22 * step, width=30)
    canvas.paste(_rgb(face.accent), mask=layer)


def _words(canvas: Image.Image, face: Face, width: int) -> None:
    pen = ImageDraw.Draw(canvas)
    ink = _rgb(on(face.primary))
    _brand(canvas, pen, face, ink)
    top = 172
    badge_top = HEIGHT - 128 - (104 if face.advantage else 0)
    lines, font = _fitted(drawable(face.title) or face.brand, width, badge_top - top - 24)
    height = int(font.size * 1.14)
    top += max(0, (badge_top - top - 24 - height * len(lines)) // 2)
    for number, text in enumerate(lines):
        pen.text((MARGIN, top + number * height), text, font=font, fill=ink)
    if face.advantage:
        _badge(pen, face, badge_top, width)
    pen.text((MARGIN, HEIGHT - 88), face.host, font=_font(32), fill=_blend(ink, _rgb(face.primary), 0.18))


def _brand(canvas: Image.Image, pen: ImageDraw.ImageDraw, face: Face, ink: Colour) -> None:
    logo = _open(face.logo)
    if logo is None:
        pen.text(
            (MARGIN, 64), _cut(drawable(face.brand), _font(44, bold=True), 620), font=_font(44, bold=True), fill=ink
        )
        return
    logo = ImageOps.contain(logo.convert("RGBA"), (420, 76))
    plate = (MARGIN - 20, 44, MARGIN + logo.width + 20, 44 + logo.height + 32)
    pen.rounded_rectangle(plate, 16, fill=_rgb(PAPER))
    canvas.paste(logo, (MARGIN, 60), logo)


def _badge(pen: ImageDraw.ImageDraw, face: Face, top: int, width: int) -> None:
    font = _font(40, bold=True)
    text = _cut(drawable(face.advantage), font, width - 56)
    right = MARGIN + int(font.getlength(text)) + 56
    pen.rounded_rectangle((MARGIN, top, right, top + 84), 42, fill=_rgb(face.accent))
    pen.text((MARGIN + 28, top + 42), text, font=font, fill=_rgb(on(face.accent)), anchor="lm")


# --- Words and colours -------------------------------------------------------------------------------------------


def drawable(text: str) -> str:
    """Return the text without what the font lacks (emoji, scripts beyond Latin, Greek and Cyrillic)."""
    kept = (c if _has_glyph(c) else " " for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(kept).split())


def _has_glyph(char: str) -> bool:
    code = ord(char)
    return (
        0x20 <= code <= 0x52F
        or 0x1E00 <= code <= 0x1EFF
        or 0x2010 <= code <= 0x2027
        or 0x2030 <= code <= 0x214F
        or char in MORE_GLYPHS
    )


def _fitted(text: str, width: int, height: int) -> tuple[list[str], Font]:
    """The text in lines, as large as fits: at most four lines; what is longer ends with …."""
    for size in range(84, 43, -4):
        font = _font(size, bold=True)
        lines = _wrap(text, font, width)
        if len(lines) <= 4 and len(lines) * int(size * 1.14) <= height:
            return lines, font
    most = max(1, min(4, height // int(44 * 1.14)))
    return [*lines[: most - 1], _cut(" ".join(lines[most - 1 :]), font, width)], font


def _wrap(text: str, font: Font, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(_cut(word, font, width))
    return lines


def _cut(text: str, font: Font, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


@cache
def _font(size: int, bold: bool = False) -> Font:
    return ImageFont.truetype(str(FONTS / f"DejaVuSansCondensed{'-Bold' if bold else ''}.ttf"), size)


def _rgb(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _blend(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def on(colour: str) -> str:
    """Return ink or white, whichever reads better on this ground. Source: WCAG 2.2, relative luminance."""
    channels = (value / 255 for value in _rgb(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return PAPER if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.0603 else INK
