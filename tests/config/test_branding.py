import pytest

from config import branding
from contacts.models import Brand


@pytest.mark.parametrize("colour", ["#ffffff", "#000000", "#ffe000", "#5b2a86", "#d99a00", "#777777", "#00ff00"])
def test_any_colour_of_a_brand_becomes_readable_text_in_light_and_dark(colour):
    light = branding.readable(colour, "#ffffff")
    dark = branding.readable(colour, branding.CARD_DARK)

    assert branding.contrast(light, "#ffffff") >= 4.5
    assert branding.contrast(dark, branding.CARD_DARK) >= 4.5
    assert branding.contrast(colour, branding.on(colour)) >= 4.0


def test_contrast_of_black_and_white_is_twenty_one():
    assert branding.contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.django_db
def test_a_brands_sheet_holds_its_colours_and_no_way_out_of_them(client):
    Brand.objects.create(name="Coop", slug="coop", colour_primary="#0055AA", font_stack="Arial;}*{background:url(//x)}")

    answer = client.get("/brand/coop.css")

    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    sheet = answer.content.decode()
    assert "--brand-primary:#0055aa" in sheet
    assert "url(" not in sheet and sheet.count("}") == 1


@pytest.mark.django_db
def test_an_unknown_brand_has_no_sheet(client):
    assert client.get("/brand/nobody.css").status_code == 404


def test_the_icon_is_found_where_browsers_look(client):
    answer = client.get("/favicon.ico")

    assert answer.status_code == 302
    assert answer["Location"].endswith("icon.svg")
