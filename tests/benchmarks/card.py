"""Social images drawn on one core: new words each time, without and with a campaign's picture; then the same one again.

CPU time of this process. `against` is the goal of 20 a second; `bytes` is the largest file, goal 300,000.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from PIL import Image, ImageDraw

from social import preview
from social.preview import Face
from social.subject import Subject

GOAL = 20  # images a second and core
WORDS = "The autumn roast is out: dark chocolate, dried figs and a little smoke, for you and your friends"


def run(n: int = 100) -> Iterator[dict[str, Any]]:
    """Yield the lines: drawn without a picture, with one, and found again."""
    public = storages["public"]
    hero = public.save("benchmark/hero.jpg", ContentFile(_picture()))
    plain = Face(
        "Brûlerie du Port", "brulerie.example", WORDS, "−20 % on your first order", "#5b2a86", "#d99a00", "", ""
    )
    try:
        yield _drawn("card.drawn", plain, n)
        yield _drawn("card.drawn_with_picture", replace(plain, hero=hero), n)
        yield _again(plain, n)
    finally:
        public.delete(hero)


def _drawn(name: str, face: Face, n: int) -> dict[str, Any]:
    preview.draw(face)  # fonts are loaded once a process
    most, started = 0, time.process_time()
    for number in range(n):
        most = max(most, len(preview.draw(replace(face, title=f"{face.title} {number}"))))
    return _line(name, n / (time.process_time() - started), n, most)


def _again(face: Face, n: int) -> dict[str, Any]:
    """The same words asked for again, as every page and every robot does."""
    from contacts.models import Brand

    about = Subject(Brand(name=face.brand, slug="b"), "en", face.title, "", "", "", (), None, None)
    made = preview.ensure(about)
    started = time.process_time()
    for _round in range(n):
        preview.ensure(about)
    line = _line("card.cached", n / (time.process_time() - started), n, len(preview.read(made.name) or b""))
    storages["public"].delete(f"cards/{made.name}.jpg")
    return line


def _line(name: str, a_second: float, n: int, most: int) -> dict[str, Any]:
    return {
        "name": name, "value": round(a_second, 1), "unit": "images/s of one core", "against": GOAL,
        "ratio": round(a_second / GOAL, 2), "bytes": most, "n": n, "database": connection.vendor,
    }  # fmt: skip


def _picture() -> bytes:
    """A photograph's worth of detail, 2400 × 1600."""
    canvas = Image.effect_noise((2400, 1600), 60).convert("RGB")
    pen = ImageDraw.Draw(canvas)
    for step in range(60):
        pen.ellipse((step * 40, step * 20, step * 40 + 300, step * 20 + 300), fill=(step * 4, 90, 255 - step * 4))
    out = BytesIO()
    canvas.save(out, "JPEG", quality=85)
    return out.getvalue()
