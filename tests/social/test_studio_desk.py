"""The studio in the desk and by API: placements, sizes, documents, scans, personal codes for a printer."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from campaigns import links
from campaigns.models import Link
from campaigns.tracking.hits import Batch, Hit
from contacts import jobs
from contacts.models import Job
from social import printing, qr, scans
from social.models import Claim, Code, QRCode, QRScanDay
from social.offers import pools
from social.offers.redemption import Who, redeem
from tests.make import make_contact, make_offer, make_place, make_segment

pytestmark = pytest.mark.django_db

FORM = {"name": "Window", "placement": "poster", "target": "https://brand.example/a"}


def a_code(**fields):
    link = links.public(Link.Kind.QR, target="https://brand.example/a")
    return QRCode.objects.create(name="Window", placement="poster", link=link, **fields)


def test_colours_a_phone_cannot_read_are_refused_in_the_form(admin_client):
    page = admin_client.post("/admin/social/qrcode/add/", {**FORM, "dark": "#f2c14e", "light": "#ffffff", "level": "M"})

    assert "cameras need at least 3.0" in page.text and not QRCode.objects.exists()


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_each_kind_of_file_is_handed_out_in_its_colours(admin_client, kind):
    code = a_code(dark="#5b2a86")

    answer = admin_client.get(reverse("admin:social_qrcode_file", args=[code.pk, kind]) + "?mm=60")

    assert answer.status_code == 200 and f'filename="window.{kind}"' in answer["Content-Disposition"]
    if kind == "png":
        assert qr.read_photo(answer.content) == [qr.address(code.link.token)]
    if kind == "svg":
        assert b'width="60mm"' in answer.content and b"#5b2a86" in answer.content


@pytest.mark.parametrize("query", ["", "?mm=x", "?mm=1e9", "?mm=-4", "?mm=nan"])
def test_a_size_that_is_none_is_put_right(admin_client, query):
    assert admin_client.get(reverse("admin:social_qrcode_file", args=[a_code().pk, "svg"]) + query).status_code == 200


def test_the_size_is_told_for_distance_and_printer(admin_client):
    page = admin_client.get(reverse("admin:social_qrcode_size", args=[a_code().pk]) + "?metres=12&dpi=300")

    assert "120.0 cm a side at least" in page.text and "for that distance" in page.text


def test_a_document_is_handed_out_by_its_code(client, admin_client):
    menu = SimpleUploadedFile("menu.pdf", b"%PDF-1.4 menu", content_type="application/pdf")
    admin_client.post("/admin/social/qrcode/add/", {**FORM, "target": "", "document": menu})
    code = QRCode.objects.get()

    led = client.get(f"/q/{code.link.token}")
    answer = client.get(led["Location"].partition("://")[2].partition("/")[2].join(["/", ""]))

    assert b"".join(answer.streaming_content) == b"%PDF-1.4 menu" and not answer.cookies
    assert "attachment" in answer["Content-Disposition"] and answer["X-Content-Type-Options"] == "nosniff"
    assert client.get("/q/0000000000000000/document/").status_code == 404
    assert client.get(f"/q/{a_code().link.token}/document/").status_code == 404


@pytest.mark.parametrize("name", ["page.html", "run.exe", "code.svg", "x"])
def test_a_document_that_could_act_is_refused(admin_client, name):
    file = SimpleUploadedFile(name, b"<script>")
    page = admin_client.post("/admin/social/qrcode/add/", {**FORM, "document": file})

    assert page.status_code == 200 and not QRCode.objects.exists()


def test_scans_are_counted_per_placement_and_day_for_people_only(admin_client):
    one, other = a_code(), a_code()
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def hit(code, n, **fields):
        return Hit(kind="q", at=noon, key=f"spool:a:{n}", token=code.link.token, user_agent="Mozilla/5.0", **fields)

    scans.handle([hit(one, 1), hit(one, 2), hit(one, 3, verdict="machine"), hit(one, 4, flags="h")], Batch())
    scans.handle([hit(one, 5), hit(other, 6, flags="p")], Batch())

    row = QRScanDay.objects.get()
    assert (row.code, row.day, row.n) == (one, noon.date(), 3)
    assert admin_client.get("/admin/social/qrcode/").status_code == 200


# --- Personal codes --------------------------------------------------------------------------------------------------


def unpacked(job):
    with zipfile.ZipFile(job.result.open("rb")) as packed:
        rows = list(csv.DictReader(io.StringIO(packed.read("codes.csv").decode("utf-8-sig"))))
        return rows, {name: packed.read(name).decode() for name in packed.namelist()}


def test_a_segment_gets_one_svg_and_one_line_a_person_that_the_till_takes(settings):
    offer = make_offer()
    fans = [make_contact(email=f"p{n}@example.com", first_name=f"=P{n}", language="fr") for n in range(3)]
    make_contact(email="en@example.com", language="en")
    job = printing.order(offer, segment=make_segment())

    assert jobs.run(job.pk)
    job.refresh_from_db()
    rows, files = unpacked(job)

    assert (job.state, job.total, job.counts) == ("done", 3, {"made": 3, "refused": 0})
    assert [row["contact"] for row in rows] == [f"#{fan.pk}" for fan in fans] and rows[0]["first_name"] == "'=P0"
    assert sorted(files) == ["000001.svg", "000002.svg", "000003.svg", "codes.csv"]
    assert files["000002.svg"] == qr.svg(rows[1]["address"])
    used = redeem(rows[1]["address"], place=make_place(), who=Who("device:1"), key="1")
    assert used.claim.contact == fans[1] and used.claim.via == "qr"


def test_a_batchs_codes_are_nobodys_and_show_what_they_are_worth(client):
    offer = make_offer()
    batch = pools.make_batch(offer, 4)
    job = printing.order(offer, batch=batch)
    jobs.run(job.pk)
    rows, _files = unpacked(Job.objects.get(pk=job.pk))

    assert len(rows) == 4 and not Claim.objects.exists()
    value = Code.objects.order_by("pk").first().value
    page = client.get(f"/q/{value.lower()}")
    assert "20 % for our fans" in page.text and rows[0]["code"] in page.text
    assert redeem(rows[0]["address"], place=make_place(), who=Who("device:1"), key="1").claim.contact is None
    assert client.get(f"/q/{value}").status_code == 404


def test_a_run_that_was_killed_is_done_anew_with_the_same_claims(monkeypatch):
    monkeypatch.setattr(printing, "CHUNK", 2)
    for n in range(5):
        make_contact(email=f"p{n}@example.com", language="fr")
    job = printing.order(make_offer(), segment=make_segment())
    drawn, real = [], qr.svg

    def dies(text):
        drawn.append(text)
        if len(drawn) == 4:
            raise KeyboardInterrupt
        return real(text)

    monkeypatch.setattr(qr, "svg", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    jobs.run(job.pk, take_over=True)
    job.refresh_from_db()

    rows, _files = unpacked(job)
    assert len(rows) == 5 == Claim.objects.count() and job.counts["made"] == 5


def test_what_cannot_be_printed_is_a_sentence(admin_client, monkeypatch):
    make_contact(language="fr")
    personal, offer = make_offer(holding="personal"), make_offer()
    segment, batch = make_segment(), pools.make_batch(offer, 2)
    with pytest.raises(printing.CannotPrint, match="by mail only"):
        printing.order(personal, segment=segment)
    monkeypatch.setattr(printing, "MOST", 1)
    for values in (
        {"offer": offer.pk, "batch": batch.pk},
        {"offer": offer.pk},
        {"offer": personal.pk, "batch": batch.pk},
    ):
        page = admin_client.post("/admin/social/qrcode/bulk/", values)
        assert page.context["form"].errors
    assert not Job.objects.exists()


def test_the_desk_orders_and_hands_out_the_zip(admin_client, client):
    make_contact(language="fr")
    offer, segment = make_offer(), make_segment()
    admin_client.post("/admin/social/qrcode/bulk/", {"offer": offer.pk, "segment": segment.pk})
    job = Job.objects.get()
    jobs.run(job.pk)

    assert "1 of 1" in admin_client.get("/admin/social/qrcode/bulk/").text
    answer = admin_client.get(f"/admin/social/qrcode/bulk/zip/?job={job.pk}")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    for number in ("", "x", "0", str(job.pk + 1), "9" * 30):
        assert admin_client.get(f"/admin/social/qrcode/bulk/zip/?job={number}").status_code == 404


def test_an_offers_page_stays_the_same_after_a_year_of_scans(admin_client):
    code = a_code()
    start = datetime(2026, 1, 1, tzinfo=UTC).date()
    QRScanDay.objects.bulk_create(QRScanDay(code=code, day=start + timedelta(days=n), n=2) for n in range(300))

    assert "600 in all" in admin_client.get(f"/admin/social/qrcode/{code.pk}/change/").text
