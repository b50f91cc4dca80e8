"""The picture of a share: right size, small, no person in it, drawn once."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image

from social import preview, subject
from social.preview import Face
from tests.make import make_brand, make_letter

FACE = Face("Maison", "maison.example", "Roses for May", "20 % for friends", "#5b2a86", "#d99a00", "", "")


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Roses",
        "🌹🌹🌹",
        "مرحبا بكم",
        "L’été : −20 % « partout », œuvre & ça",
        "Ein sehr langer Titel, der nie enden will " * 8,
        "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselanhänger" * 2,
    ],
)
def test_any_title_gives_a_picture_of_the_right_size_below_300_kilobytes(title):
    data = preview.draw(Face("Maison", "maison.example", title, title, "#5b2a86", "#d99a00", "", ""))

    assert opened(data).size == (1200, 630)
    assert len(data) < preview.MAX_BYTES


def test_words_are_never_wider_than_their_room():
    lines, font = preview._fitted("Ein sehr langer Titel, der nie enden will " * 8, 600, 200)

    assert len(lines) <= 4
    assert all(font.getlength(line) <= 600 for line in lines)
    assert lines[-1].endswith("…")


def test_text_reads_on_any_brand_colour():
    assert preview.on("#ffffff") == preview.INK
    assert preview.on("#000000") == preview.PAPER
    assert preview.on("#5b2a86") == preview.PAPER
    assert preview.on("#f2c14e") == preview.INK


def test_every_change_of_what_is_shown_changes_the_name():
    names = {FACE.name}
    for field in Face.__slots__:
        names.add(Face(**{**{name: getattr(FACE, name) for name in Face.__slots__}, field: "#123456"}).name)

    assert len(names) == 1 + len(Face.__slots__)
    assert (
        Face("Maison", "maison.example", "Roses for May", "20 % for friends", "#5b2a86", "#d99a00", "", "").name
        in names
    )


@pytest.mark.django_db
def test_a_card_is_drawn_once(monkeypatch):
    about = subject.of(make_letter(topic=None), "en")
    first = preview.ensure(about)
    monkeypatch.setattr(preview, "draw", lambda face: pytest.fail("drawn twice"))

    assert preview.ensure(about) == first
    assert preview.read(first.name)[:2] == b"\xff\xd8"


@pytest.mark.django_db
def test_logo_and_campaign_picture_are_used_and_broken_ones_passed_over():
    public = storages["public"]
    file = io.BytesIO()
    Image.new("RGB", (900, 700), "#00ff00").save(file, "PNG")
    hero = public.save("images/hero.png", ContentFile(file.getvalue()))
    broken = public.save("images/broken.png", ContentFile(b"<svg/>"))

    with_hero = opened(preview.draw(Face("M", "m.example", "Roses", "", "#5b2a86", "#d99a00", hero, hero)))
    without = opened(preview.draw(Face("M", "m.example", "Roses", "", "#5b2a86", "#d99a00", broken, "images/gone.png")))

    assert with_hero.getpixel((1000, 300))[1] > 200
    assert without.getpixel((700, 40))[1] < 100


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 32, "x" * 31, "é" * 32])
def test_only_stored_cards_are_read(name):
    assert preview.read(name) is None


@pytest.mark.django_db
def test_a_subject_says_nothing_of_one_contact():
    campaign = make_letter(
        bar={"share_title": "{{ contact.first_name }}, look: roses", "text": "Hi {{ contact.email }}!"}
    )

    about = subject.of(campaign, "en")

    assert (about.title, about.text) == ("look: roses", "Hi!")
    assert about.brand == make_brand()
