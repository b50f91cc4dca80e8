import pytest

from campaigns.models import LinkTarget
from social import qr
from social.models import QRCode
from tests.api.conftest import Partner
from tests.make import make_place

pytestmark = pytest.mark.django_db

WISH = {"name": "Window", "placement": "poster", "target": "https://brand.example/a"}


def test_a_partner_makes_a_code_gets_its_files_and_leads_it_elsewhere(partner, client):
    made = partner.post("/api/v1/qr-codes/", {**WISH, "place": make_place().slug, "dark": "#5b2a86"})
    code = made.json()
    assert made.status_code == 201 and code["place"] == "lyon" and code["scans"] == 0

    png = partner.get(f"/api/v1/qr-codes/{code['id']}/image/")
    assert png["Content-Type"] == "image/png" and qr.read_photo(png.content) == [code["address"]]
    assert partner.get(f"/api/v1/qr-codes/{code['id']}/image/", kind="pdf", mm="60").content[:5] == b"%PDF-"
    assert b'width="60mm"' in partner.get(f"/api/v1/qr-codes/{code['id']}/image/", kind="svg", mm="60").content

    changed = partner.patch(f"/api/v1/qr-codes/{code['id']}/", {"target": "https://brand.example/b"})
    assert changed.json()["target"] == "https://brand.example/b"
    assert LinkTarget.objects.get().target == "https://brand.example/a"
    path = "/" + code["address"].split("/", 3)[3]
    assert client.get(path)["Location"] == "https://brand.example/b"


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "Window"},
        {"target": "https://brand.example/"},
        {**WISH, "target": "javascript:alert(1)"},
        {**WISH, "dark": "#f2c14e"},
        {**WISH, "dark": "plum"},
        {**WISH, "level": "Z"},
        {**WISH, "place": ""},
        {**WISH, "colour": "#000000"},
    ],
)
def test_a_wish_that_cannot_be_met_is_422_and_makes_nothing(partner, wish):
    assert partner.post("/api/v1/qr-codes/", wish).status_code == 422
    assert not QRCode.objects.exists()


@pytest.mark.parametrize("query", [{"kind": "gif"}, {"mm": "x"}, {"mm": "5"}, {"mm": "nan"}, {"mm": "1e9"}])
def test_a_file_that_is_none_is_422(partner, query):
    pk = partner.post("/api/v1/qr-codes/", WISH).json()["id"]

    assert partner.get(f"/api/v1/qr-codes/{pk}/image/", **query).status_code == 422


def test_a_key_without_the_scope_sees_no_code():
    assert Partner("contacts:read").get("/api/v1/qr-codes/").status_code == 403
