"""The style of a brand is tried in the preview and kept only when somebody says so."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Picture

from campaigns.content import styling
from campaigns.models import EmailContent
from contacts.models import AuditEntry
from tests.make import make_brand, make_user

pytestmark = pytest.mark.django_db
ASKED = {
    "style-colour_primary": "#0a5c36",
    "style-colour_accent": "#d99a00",
    "style-font_stack": "Georgia, 'Times New Roman', serif",
    "style-postal_address": "3 quai Neuf, 33000 Bordeaux",
}
FORM = {"subject": "News", "preheader": "", "seen_by": "", "width": "phone", "part": "html", "light": "light"}


def picture(width, height, *, exif=False):
    """A photograph's bytes, with a camera's name when asked."""
    notes = Picture.Exif()
    notes[0x010F] = "Camera"
    out = io.BytesIO()
    Picture.new("RGB", (width, height), "#aa5500").save(out, "JPEG", exif=notes if exif else b"")
    return out.getvalue()


@pytest.fixture
def content():
    return EmailContent.objects.create(name="May", brand=make_brand())


def test_the_preview_shows_a_style_that_is_not_kept(client, content):
    client.force_login(make_user())

    answer = client.post(f"/admin/campaigns/emailcontent/{content.pk}/edit/en/preview/", {**FORM, **ASKED})

    page = answer.content.decode()
    assert "Georgia" in page and "3 quai Neuf" in page
    content.brand.refresh_from_db()
    assert "12 rue des Lilas" in content.brand.postal_address


def test_a_press_keeps_it_for_the_brand_and_says_who(client, content):
    client.force_login(make_user())

    client.post(f"/admin/campaigns/emailcontent/{content.pk}/edit/en/", {**FORM, **ASKED, "press": "style"})

    content.brand.refresh_from_db()
    assert content.brand.colour_primary == "#0a5c36" and content.brand.font_stack.startswith("Georgia")
    entry = AuditEntry.objects.get(verb="changed style")
    assert entry.detail == {"fields": ["colour_primary", "font_stack", "postal_address"]}


def test_a_colour_that_is_none_is_refused_and_not_shown():
    brand = make_brand()
    asked = {**ASKED, "style-colour_primary": "#12345g"}

    assert styling.styled(brand, asked).colour_primary == brand.colour_primary
    assert "hexadecimal" in styling.keep(brand, asked, make_user())[0]


def test_who_may_not_change_the_brand_sees_no_panel_and_is_refused(client, content):
    from django.contrib.auth.models import Permission

    writer = make_user(username="jo", is_superuser=False)
    writer.user_permissions.set(Permission.objects.filter(codename__in=["view_emailcontent", "change_emailcontent"]))
    client.force_login(writer)
    here = f"/admin/campaigns/emailcontent/{content.pk}/edit/en/"

    assert "Keep this style" not in client.get(here).content.decode()
    assert client.post(here, {**FORM, **ASKED, "press": "style"}).status_code == 403


def test_a_logo_is_drawn_anew_shown_once_kept_and_taken_away(client, content):
    client.force_login(make_user())
    here = f"/admin/campaigns/emailcontent/{content.pk}/edit/en/"
    photo = picture(900, 300, exif=True)

    client.post(here, {**FORM, **ASKED, "press": "style", "style-logo": SimpleUploadedFile("my logo.jpg", photo)})

    content.brand.refresh_from_db()
    kept = content.brand.logo
    with kept.open() as file:
        data = file.read()
    assert re.fullmatch("brands/[0-9a-f]{32}[^/]*.jpg", kept.name) and b"Exif" not in data
    assert Picture.open(io.BytesIO(data)).size == (560, 187)
    assert kept.url in client.post(here + "preview/", {**FORM, **ASKED}).text
    away = {**FORM, **ASKED, "style-without_logo": "on"}
    assert kept.url not in client.post(here + "preview/", away).text
    client.post(here, {**away, "press": "style"})
    content.brand.refresh_from_db()
    assert not content.brand.logo and "logo" in AuditEntry.objects.order_by("-pk")[0].detail["fields"]


@pytest.mark.parametrize("raw", [b"<svg onload=alert(1)>", b"GIF89a", picture(6000, 5000)], ids=["svg", "gif", "bomb"])
def test_a_logo_that_is_none_is_refused_in_the_panel_and_on_the_brands_page(client, content, raw):
    client.force_login(make_user())
    here = f"/admin/campaigns/emailcontent/{content.pk}/edit/en/"
    asked = {**FORM, **ASKED, "press": "style", "style-logo": SimpleUploadedFile("x.png", raw)}

    refused = client.post(here, asked, headers={"X-Fanfare-Part": "1"})
    page = client.get(f"/admin/contacts/brand/{content.brand.pk}/change/")
    form = {name: value for name, value in page.context["adminform"].form.initial.items() if value}
    saved = client.post(page.request["PATH_INFO"], {**form, "logo": SimpleUploadedFile("x.png", raw)})

    assert refused.status_code == 400 and "ogo" in refused.text
    assert saved.status_code == 200 and saved.context["adminform"].form.errors["logo"]
    content.brand.refresh_from_db()
    assert not content.brand.logo
