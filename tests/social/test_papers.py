"""What a subscriber takes along: a calendar entry, a voucher to print; and where a friend is led."""

import io
from datetime import UTC, datetime

import pypdfium2
import pytest
import zxingcpp
from django.utils import timezone

from campaigns.tracking.tokens import Purpose, make
from contacts import formkeys
from social import barcodes, calendar, qr, voucher_pdf
from social.models import Claim, Offer, ShareLink
from social.offers import pools
from social.offers.redemption import Who, claim, redeem
from tests.make import make_contact, make_delivery, make_letter, make_offer, make_place
from tests.social.mails import mail_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_contact(first_name="Ann", language="en")


def read_pdf(data):
    """The text of a PDF, and the page as a picture of 150 dots an inch."""
    page = pypdfium2.PdfDocument(data)[0]
    return page.get_textpage().get_text_bounded(), page.render(scale=150 / 72).to_pil()


def codes_in(picture):
    out = io.BytesIO()
    picture.convert("RGB").save(out, "PNG")
    return qr.read_photo(out.getvalue())


def test_a_bearers_voucher_prints_with_code_qr_shop_and_end(client, ann):
    offer = make_offer(ends_at=datetime(2027, 5, 31, 22, 0, tzinfo=UTC), min_order_minor=5000)
    offer.places.add(make_place(address="1 rue des Fleurs\nLyon"))
    _delivery, token = mail_with(offer, contact=ann)
    hers = claim(offer, ann, via=Claim.Via.MAIL)

    answer = client.get(f"/f/{token}/voucher.pdf")

    assert answer["Content-Type"] == "application/pdf" and answer.content[:5] == b"%PDF-" and not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    text, picture = read_pdf(answer.content)
    for said in (
        "For Ann",
        "20 % for our fans",
        hers.code.value[:5],
        "May 31, 2027",
        "Shop Lyon",
        "€50.00",
        "Once each.",
    ):
        assert said in text
    assert codes_in(picture) == [qr.address(hers.token)]


def test_the_voucher_speaks_her_language(client):
    marie = make_contact(email="marie@example.com", first_name="Zoé", language="fr")
    offer = make_offer()
    _delivery, token = mail_with(offer, contact=marie)
    claim(offer, marie, via=Claim.Via.MAIL)

    text, _picture = read_pdf(client.get(f"/f/{token}/voucher.pdf").content)

    assert "Pour Zoé" in text and "20 % pour nos fans" in text


def test_nothing_is_printed_before_the_claim_after_its_use_and_after_its_end(client, ann):
    offer = make_offer()
    _delivery, token = mail_with(offer, contact=ann)
    assert client.get(f"/f/{token}/voucher.pdf").status_code == 404

    hers = claim(offer, ann, via=Claim.Via.MAIL)
    assert client.get(f"/q/{hers.token}/voucher.pdf").status_code == 200
    Offer.objects.update(state=Offer.State.ENDED)
    assert client.get(f"/q/{hers.token}/voucher.pdf").status_code == 404
    Offer.objects.update(state=Offer.State.LIVE)
    redeem(hers.token, place=make_place(), who=Who("device:1"), key="1")
    assert client.get(f"/f/{token}/voucher.pdf").status_code == 404
    assert client.get("/q/00000000000000000000000000/voucher.pdf").status_code == 404


def test_a_personal_offers_voucher_prints_behind_its_own_link_only(client, ann):
    offer = make_offer(holding="personal")
    _delivery, token = mail_with(offer, contact=ann)
    hers = claim(offer, ann, via=Claim.Via.MAIL)

    assert client.get(f"/f/{token}/voucher.pdf").status_code == 404
    text, _picture = read_pdf(client.get(f"/q/{hers.token}/voucher.pdf").content)
    assert hers.code.value[:5] in text and "For Ann" not in text


def test_a_name_that_the_font_does_not_have_leaves_the_voucher_whole(ann):
    offer = make_offer()
    ann.first_name = "Ann Ж 🌹"
    ann.save()
    hers = claim(offer, ann, via=Claim.Via.MAIL)

    text, picture = read_pdf(voucher_pdf.pdf(hers, "en"))

    assert "For Ann" in text and codes_in(picture) == [qr.address(hers.token)]


def test_a_very_long_offer_stays_one_page(ann):
    offer = make_offer()
    offer.texts.update(body="Bags and scarves. " * 300, terms="Once each. " * 500)

    data = voucher_pdf.pdf(claim(offer, ann, via=Claim.Via.MAIL), "en")

    assert len(pypdfium2.PdfDocument(data)) == 1


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        ("4006381333931", "EAN13", "4006381333931"),
        ("AB1042", "Code128", "AB1042"),
        ("4006381333932", "Code128", "4006381333932"),
    ],
)
def test_codes_of_a_shops_own_system_carry_bars_that_read_back(client, ann, value, kind, read):
    offer = make_offer(code_mode="pool")
    pools.import_batch(offer, [value])
    _delivery, token = mail_with(offer, contact=ann)
    hers = claim(offer, ann, via=Claim.Via.MAIL)

    _text, picture = read_pdf(voucher_pdf.pdf(hers, "en"))

    found = {
        one.text
        for one in zxingcpp.read_barcodes(picture.convert("L"))
        if kind.lower() in str(one.format).lower().replace("-", "").replace(" ", "")
    }
    assert found == {read}
    assert "data:image/svg+xml;base64," in client.get(f"/f/{token}").text


def test_codes_of_ours_carry_no_bars(ann):
    hers = claim(make_offer(), ann, via=Claim.Via.MAIL)

    assert barcodes.of_claim(hers.code) is None
    assert barcodes.bars_of("é") is None and barcodes.bars_of("x" * 41) is None


def test_the_last_day_goes_into_her_calendar_with_a_reminder(client, ann):
    offer = make_offer(ends_at=datetime(2027, 6, 1, 0, 0, tzinfo=UTC))
    offer.texts.filter(language="en").update(
        title="20 %; bags, scarves and more for everybody who reads us – Sacs à l’œuvre"
    )
    _delivery, token = mail_with(offer, contact=ann)

    answer = client.get(f"/f/{token}/offer.ics")

    lines = answer.content.decode().split("\r\n")
    whole = answer.content.decode().replace("\r\n ", "")
    assert answer["Content-Type"].startswith("text/calendar") and not answer.cookies
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-1] == "" and all(len(line.encode()) <= 75 for line in lines)
    assert "DTSTART;VALUE=DATE:20270531\r\nDTEND;VALUE=DATE:20270601" in whole
    assert "SUMMARY:Last day: 20 %\\; bags\\, scarves and more" in whole and "TRIGGER:-P2D" in whole
    assert f"/f/{token}" in whole and not Claim.objects.exists()


def test_a_claims_entry_ends_when_the_claim_does(client, ann):
    offer = make_offer(use_within_days=3)
    hers = claim(offer, ann, via=Claim.Via.MAIL)

    whole = client.get(f"/q/{hers.token}/offer.ics").content.decode()

    last = timezone.localtime(hers.expires_at)
    assert f"DTSTART;VALUE=DATE:{last:%Y%m%d}" in whole and hers.code.value[:5] not in whole


def test_a_calendar_entry_is_escaped():
    assert calendar.escape("a;b,c\\d\ne\r\x00") == "a\\;b\\,c\\\\d\\ne"
    assert calendar.fold("é" * 60).decode().replace("\r\n ", "") == "é" * 60 + "\r\n"


def test_not_you_leads_to_the_friends_page_of_the_same_mail(client, ann):
    offer = make_offer()
    campaign = make_letter(blocks=[{"id": "b4", "type": "offer", "offer": offer.pk}])
    delivery = make_delivery(campaign=campaign, contact=ann, content_version=campaign.content_version)
    token = make(Purpose.OFFER, campaign.pk, delivery.pk)
    assert "Not you?" in client.get(f"/f/{token}").text and not ShareLink.objects.exists()

    answer = client.post(f"/f/{token}/not-me/", {"key": formkeys.make(token, "offer")}, follow=True)

    link = ShareLink.objects.get()
    assert answer.redirect_chain[0][0] == f"/v/{link.link.token}" and answer.status_code == 200
    assert link.contact == ann and "Ann" not in answer.text and not Claim.objects.exists()
    assert client.post(f"/f/{token}/not-me/", {"key": "1-x"}).status_code == 404
