"""The till: enrolled by a manager, opened with a PIN, green or red, undone within seconds."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from contacts.models import AuditEntry
from social import qr
from social.models import Attempt, Device, Offer, Order, Redemption, StaffMember
from social.offers import codes
from social.offers.redemption import claim
from social.tills import DEVICE_COOKIE, enrol, set_pin
from tests.make import make_contact, make_offer, make_place, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def zoe():
    member = StaffMember(place=make_place(), name="Zoe")
    set_pin(member, "1234")
    member.save()
    return member


@pytest.fixture
def till(client, zoe):
    """A client that is an enrolled phone with Zoe signed in."""
    _device, secret = enrol(zoe.place, "Counter 1", make_user())
    client.cookies[DEVICE_COOKIE] = secret
    assert client.post("/till/", {"staff": "Zoe", "pin": "1234"}).status_code == 302
    return client


@pytest.fixture
def hers():
    return claim(make_offer(), make_contact(first_name="Ann", last_name="Secret"), via="mail")


def key_of(page):
    return page.context["key"]


def redeem_on(till, code, **fields):
    green = till.post("/till/check/", {"code": code})
    return till.post("/till/redeem/", {"code": code, "key": key_of(green), **fields})


# --- the device and the PIN ------------------------------------------------------------------------------------------


def test_a_strange_phone_is_told_what_to_do(client):
    page = client.get("/till/")

    assert page.status_code == 403 and "/till/enrol/" in page.text
    for path in ("check", "redeem", "undo"):
        assert client.post(f"/till/{path}/", {"code": "x"})["Location"] == "/till/"
    assert client.get("/till/today/")["Location"] == "/till/"


def test_a_manager_makes_her_phone_a_till(client):
    manager = make_user(username="lea", is_superuser=False)
    make_place().managers.add(manager)
    client.force_login(manager)

    answer = client.post("/till/enrol/", {"place": "lyon", "name": "Counter 1"})

    cookie = answer.cookies[DEVICE_COOKIE]
    assert cookie["httponly"] and cookie["path"] == "/till/" and cookie["samesite"] == "Lax"
    assert cookie.value not in Device.objects.get().secret_hash
    assert AuditEntry.objects.get().verb == "enrolled till"
    assert "Who is at the till?" in client.get("/till/").text or "No cashier" in client.get("/till/").text


def test_a_manager_enrols_in_her_own_shop_only(client):
    manager = make_user(username="lea", is_superuser=False)
    make_place().managers.add(manager)
    make_place(slug="paris")
    client.force_login(manager)

    assert client.post("/till/enrol/", {"place": "paris", "name": "X"}).status_code == 422
    assert not Device.objects.exists()


@pytest.mark.parametrize("user", [None, {"is_superuser": False}, {"is_superuser": False, "is_staff": False}])
def test_nobody_else_enrols(client, user):
    make_place()
    if user is not None:
        client.force_login(make_user(**user))

    assert client.get("/till/enrol/").status_code in (302, 403)
    assert client.post("/till/enrol/", {"place": "lyon", "name": "X"}).status_code in (302, 403)
    assert not Device.objects.exists()


def test_a_wrong_pin_is_refused_and_after_five_the_right_one_waits(client, zoe):
    _device, secret = enrol(zoe.place, "Counter 1", make_user())
    client.cookies[DEVICE_COOKIE] = secret

    for _ in range(5):
        assert "The PIN is wrong." in client.post("/till/", {"staff": "Zoe", "pin": "0000"}).text
    assert "Too many wrong tries." in client.post("/till/", {"staff": "Zoe", "pin": "1234"}).text
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert client.post("/till/", {"staff": "Zoe", "pin": "1234"}).status_code == 302
    kept = Attempt.objects.values_list("code_fingerprint", "reason", "who")
    assert {(code, reason, who.rpartition(":")[2]) for code, reason, who in kept} == {("", "PIN_WRONG", "Zoe")}


@pytest.mark.parametrize("pin", ["", "123", "12345", "abcd", "１２３４"])
def test_a_pin_is_four_digits(zoe, pin):
    with pytest.raises(ValueError):
        set_pin(zoe, pin)


def test_a_revoked_phone_and_a_cashier_who_left_are_out(till, zoe):
    StaffMember.objects.update(is_active=False)
    assert "No cashier" in till.get("/till/").text
    Device.objects.update(revoked_at=timezone.now())
    assert till.get("/till/").status_code == 403


def test_a_cashiers_cookie_of_another_till_does_not_count(till, zoe):
    _device, secret = enrol(make_place(slug="paris"), "Other", make_user(username="max"))
    till.cookies[DEVICE_COOKIE] = secret

    assert "No cashier" in till.get("/till/").text


def test_the_pin_is_asked_again_after_a_shift_and_after_leaving(till):
    with time_machine.travel(timezone.now() + timedelta(hours=13)):
        assert "Who is at the till?" in till.get("/till/").text
    assert till.post("/till/leave/").status_code == 302
    assert "Who is at the till?" in till.get("/till/").text


def test_forms_need_the_csrf_token(zoe):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.cookies[DEVICE_COOKIE] = enrol(zoe.place, "Counter 1", make_user())[1]

    assert strict.post("/till/", {"staff": "Zoe", "pin": "1234"}).status_code == 403


# --- green -----------------------------------------------------------------------------------------------------------


def test_green_shows_first_name_and_offer_only_and_moves_nothing(till, hers):
    page = till.post("/till/check/", {"code": codes.display(hers.code.value).lower()})

    assert page.status_code == 200 and "20% off" in page.text and "Ann" in page.text
    assert "Secret" not in page.text and "ann@" not in page.text
    assert not Redemption.objects.exists()


def test_one_press_redeems_and_a_reload_does_not_redeem_twice(till, hers):
    green = till.post("/till/check/", {"code": hers.token})
    form = {"code": hers.token, "key": key_of(green), "amount": "50,00", "order": "A-1", "currency": "EUR"}

    first, again = till.post("/till/redeem/", form), till.post("/till/redeem/", form)

    assert "Take off €10.00" in first.text and "Take off €10.00" in again.text
    used = Redemption.objects.get()
    assert (used.amount_minor, used.order_reference, used.staff.name) == (5_000, "A-1", "Zoe")
    assert Order.objects.get().contact == hers.contact


def test_a_photo_of_the_code_is_read(till, hers):
    photo = SimpleUploadedFile("code.png", qr.png(qr.address(hers.token)), content_type="image/png")

    assert "Redeem" in till.post("/till/check/", {"photo": photo}).text


def test_an_amount_with_a_typo_can_be_mended(till, hers):
    page = redeem_on(till, hers.token, amount="fifty", order="A-1")

    assert page.status_code == 422 and "“fifty” is no amount" in page.text and 'value="A-1"' in page.text
    assert not Redemption.objects.exists()
    assert "Redeemed" in redeem_on(till, hers.token, amount="50").text


def test_a_least_amount_is_asked_for(till, hers):
    Offer.objects.update(min_order_minor=3_000)

    assert "at least €30.00" in redeem_on(till, hers.token, amount="20").text
    assert "Redeemed" in redeem_on(till, hers.token, amount="30").text


# --- red -------------------------------------------------------------------------------------------------------------


def test_red_says_where_it_was_used_and_what_to_do(till, hers):
    redeem_on(till, hers.token)

    page = till.post("/till/check/", {"code": hers.token})

    assert page.status_code == 409 and "Already used on" in page.text and "Shop Lyon" in page.text
    assert "The first use counts" in page.text and "Next customer" in page.text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "Type the code"),
        ("7K2M9-PQRWX-G", "This code is not known."),
        ("https://evil.example/x", "This QR code belongs to another site."),
        ("A" * 4_000, "This code is not known."),
    ],
)
def test_each_wrong_code_has_a_sentence(till, code, said):
    assert said in till.post("/till/check/", {"code": code}).text


def test_a_picture_without_a_code_or_with_two_has_a_sentence(till):
    blank, double = io.BytesIO(), io.BytesIO()
    Image.new("L", (300, 300), 255).save(blank, "PNG")
    scene = Image.new("L", (1_000, 500), 255)
    for number in range(2):
        code = Image.open(io.BytesIO(qr.png(f"HTTPS://X.EXAMPLE/{number}"))).convert("L")
        scene.paste(code, (number * 500, 50))
    scene.save(double, "PNG")

    def send(data):
        return till.post("/till/check/", {"photo": SimpleUploadedFile("p.png", data)}).text

    assert "No QR code was found" in send(blank.getvalue())
    assert "more than one QR code" in send(double.getvalue())
    assert "no picture that can be opened" in send(b"nonsense")


# --- undo and today --------------------------------------------------------------------------------------------------


def test_undo_within_seconds_makes_the_code_good_again(till, hers):
    done = redeem_on(till, hers.token)

    undone = till.post("/till/undo/", {"redemption": done.context["redemption"]})

    assert "Undone" in undone.text
    hers.refresh_from_db()
    assert hers.state == "open" and Redemption.objects.filter(kind="reverse").count() == 1
    again = till.post("/till/undo/", {"redemption": done.context["redemption"]})
    assert "Undone" in again.text and Redemption.objects.filter(kind="reverse").count() == 1


def test_later_only_the_manager_can_undo(till, hers):
    done = redeem_on(till, hers.token)

    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        page = till.post("/till/undo/", {"redemption": done.context["redemption"]})

    assert page.status_code == 409 and "Ask the manager" in page.text
    assert not Redemption.objects.filter(kind="reverse").exists()


@pytest.mark.parametrize("forged", ["", "1", "1:abc:def"])
def test_a_forged_undo_undoes_nothing(till, hers, forged):
    redeem_on(till, hers.token)

    assert till.post("/till/undo/", {"redemption": forged}).status_code == 302
    assert not Redemption.objects.filter(kind="reverse").exists()


def test_todays_list_counts_what_stands(till, hers):
    offer, dan = make_offer(name="Other"), make_contact(email="dan@example.com", first_name="Dan")
    done = redeem_on(till, hers.token, amount="50")
    redeem_on(till, claim(offer, dan, via="mail").token)
    till.post("/till/undo/", {"redemption": done.context["redemption"]})

    page = till.get("/till/today/").text

    assert "1 redemption today" in page and "Dan" in page and "undone" in page and "€50.00" in page


def test_an_empty_list_says_what_comes(till):
    assert "Nothing has been redeemed here today" in till.get("/till/today/").text
