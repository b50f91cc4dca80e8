"""Without network: noted on a phone, on paper, in a till's file; settled once, collisions with where and when."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from campaigns.models import Delivery
from contacts.models import Contact, SignupForm
from social import qr
from social.fans import messages
from social.models import Attempt, Claim, Code, Device, FanProof, Redemption, TillNote
from social.offers import codes, counters
from social.offers.redemption import Who, claim, redeem, reverse
from social.tills import DEVICE_COOKIE, enrol, make_ticket
from tests.make import make_brand, make_contact, make_offer, make_place, make_till, make_topic, make_user
from tests.social.mails import mail_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def zoe():
    _device, member = make_till()
    return member


@pytest.fixture
def marie():
    return make_user()


@pytest.fixture
def till(client, zoe, marie):
    client.cookies[DEVICE_COOKIE] = enrol(zoe.place, "Counter 1", marie)[1]
    assert client.post("/till/", {"staff": "Zoe", "pin": "1234"}).status_code == 302
    return client


def claims(n=1, **offer):
    made = make_offer(**offer)
    return [
        claim(made, make_contact(email=f"fan{number}@example.com", first_name=f"Fan {number}"), via="mail")
        for number in range(n)
    ]


def send(till, *notes):
    answer = till.post("/till/notes/", json.dumps({"notes": list(notes)}), "application/json")
    return answer.json()["kept"]


def note(ident, code, **more):
    return {"id": ident, "code": code, "at": timezone.now().isoformat(), **more}


# --- from the phone -----------------------------------------------------------------------------------------------


def test_two_notes_are_settled_and_one_was_used_already(till, marie):
    ann, ben = claims(2)
    redeem(ben.token, place=make_place(slug="paris"), who=Who("device:9"), key="1")

    kept = send(till, note("a", ann.code.value, amount="50,00", order="A-7"), note("b", codes.display(ben.code.value)))
    again = send(till, note("a", ann.code.value))

    assert kept == ["a", "b"] and again == ["a"] and TillNote.objects.filter(state="waiting").count() == 2
    assert "to settle" in till.get("/till/today/").text
    assert not Redemption.objects.filter(claim=ann).exists()  # nothing moves until the manager settles

    till.force_login(marie)
    assert "2 late redemptions wait to be settled" in till.get("/admin/").text
    page = till.post(
        "/admin/social/tillnote/",
        {"action": "settle", "_selected_action": list(TillNote.objects.values_list("pk", flat=True))},
        follow=True,
    ).text
    assert "1 redemption was settled." in page and "Already used on" in page and "Shop Paris" in page
    used = Redemption.objects.get(claim=ann)
    assert (used.amount_minor, used.order_reference, used.staff.name) == (5_000, "A-7", "Zoe")
    assert TillNote.objects.get(state="settled").code == ""  # a code that is spent is not kept


def test_the_rules_are_those_of_the_moment_it_was_noted(till, marie):
    (hers,) = claims(1, limits={"day": 1})
    noted = timezone.now() - timedelta(hours=30)
    Claim.objects.update(claimed_at=noted - timedelta(days=1))
    hers.offer.starts_at, hers.offer.ends_at = noted - timedelta(days=2), noted + timedelta(hours=2)
    hers.offer.save()  # over by now
    send(till, {**note("a", hers.code.value), "at": noted.isoformat()})
    till.force_login(marie)

    till.post("/admin/social/tillnote/", {"action": "settle", "_selected_action": [TillNote.objects.get().pk]})

    used = Redemption.objects.get()
    assert abs(used.at - noted) < timedelta(seconds=1) and counters.differences() == {}


def test_a_clock_that_runs_wrong_is_brought_back(till):
    (hers,) = claims(1)
    send(till, {**note("a", hers.code.value), "at": "2199-01-01T00:00:00Z"}, {**note("b", "X"), "at": "yesterday"})

    assert all(abs(row.noted_at - timezone.now()) < timedelta(minutes=1) for row in TillNote.objects.all())


@pytest.mark.parametrize(
    "body",
    ["", "nonsense", "[]", '{"notes": 5}', '{"notes": [{"id": ""}]}', '{"notes": [{"id": "a", "code": "\\u0000"}]}'],
)
def test_notes_that_are_none_keep_nothing_and_break_nothing(till, body):
    assert till.post("/till/notes/", body, "application/json").status_code in (200, 422)
    assert not TillNote.objects.exists()


def test_a_stranger_leaves_no_notes(client):
    assert client.post("/till/notes/", "{}", "application/json").status_code == 302


def test_the_offline_page_and_its_worker_hold_no_name(client, zoe):
    page, worker = client.get("/till/offline/"), client.get("/till/worker.js")

    assert page.status_code == worker.status_code == 200
    assert "Lyon" not in page.text and "csrf" not in page.text
    assert worker["Content-Type"].startswith("text/javascript") and '"/till/offline/"' in worker.text


# --- on paper ---------------------------------------------------------------------------------------------------


def test_a_papers_lines_are_entered_settled_and_unclear_ones_come_back(client, marie, zoe):
    ann, ben = claims(2)
    redeem(ben.token, place=zoe.place, who=Who("device:9"), key="1")
    client.force_login(marie)
    lines = f"00:01 {codes.display(ann.code.value)} 50,00 A-17\n0:02 {ben.code.value}\nsome time ago\n"
    form = {"press": "paper", "place": zoe.place.pk, "day": timezone.localdate().isoformat(), "lines": lines}

    page = client.post("/admin/social/tillnote/add/", form).text
    client.post("/admin/social/tillnote/add/", form)

    assert "These lines are not clear" in page and "some time ago" in page
    assert Redemption.objects.get(claim=ann).order_reference == "A-17"
    assert sorted(TillNote.objects.values_list("state", flat=True)) == ["collision", "settled"]


def test_a_managers_form_offers_her_shops_only(client, zoe):
    from django.contrib.auth.models import Group

    lea = make_user(username="lea", is_superuser=False)
    lea.groups.add(Group.objects.get(name="place manager"))
    zoe.place.managers.add(lea)
    make_place(slug="paris")
    client.force_login(lea)

    page = client.get("/admin/social/tillnote/add/").text

    assert "Shop Lyon" in page and "Shop Paris" not in page


def test_the_paper_form_can_be_printed(till):
    assert "Initials" in till.get("/till/paper/").text


# --- real tills, both ways ------------------------------------------------------------------------------------


def test_a_nightly_file_goes_out_and_comes_back_with_its_conflicts(tmp_path, zoe):
    ann, ben, eve = claims(3)
    redeem(ben.token, place=make_place(slug="paris"), who=Who("device:9"), key="1")
    out, back = tmp_path / "codes.csv", tmp_path / "till.csv"
    call_command("export_codes", str(out), place="lyon")
    rows = {row["code"]: row for row in csv.DictReader(out.open())}
    assert {rows[one.code.value]["state"] for one in (ann, eve)} == {"assigned"}
    assert rows[ben.code.value]["state"] == "spent" and rows[ann.code.value]["value"] == "20% off"

    at = timezone.now().isoformat()
    back.write_text(
        f"code;at;amount;order\n{ann.code.value};{at};50,00;R-1\n{ben.code.value};{at};;R-2\n"
        f"7K2M9PQRWXG;{at};;R-3\n;{at};;R-4\n{eve.code.value};tomorrow;;R-5\n"
    )
    said = io.StringIO()
    call_command("import_redemptions", str(back), place="lyon", stdout=said)
    again = io.StringIO()
    call_command("import_redemptions", str(back), place="lyon", stdout=again)

    assert "1 redeemed, 0 known before, 2 conflicts, 2 lines not read." in said.getvalue()
    assert "Shop Paris" in said.getvalue() and "This code is not known." in said.getvalue()
    assert "0 redeemed, 3 known before, 0 conflicts" in again.getvalue()
    assert Redemption.objects.get(claim=ann).amount_minor == 5_000


def test_a_long_file_of_unknown_codes_holds_up_no_good_one(tmp_path, zoe):
    (hers,) = claims(1)
    at = timezone.now().isoformat()
    lines = [f"WRONG{number},{at}" for number in range(15)] + [f"{hers.code.value},{at}"]
    path = tmp_path / "till.csv"
    path.write_text("code,at\n" + "\n".join(lines) + "\n")

    call_command("import_redemptions", str(path), place="lyon", stdout=io.StringIO())

    assert Redemption.objects.filter(claim=hers).exists()


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"name,when\na,b\n", b"code,at\n"])
def test_a_file_that_is_no_tills_says_so_or_does_nothing(client, marie, zoe, content):
    client.force_login(marie)
    upload = SimpleUploadedFile("till.csv", content)

    page = client.post("/admin/social/tillnote/add/", {"press": "file", "file": upload})

    assert page.status_code in (200, 302) and not TillNote.objects.exists()


@pytest.mark.parametrize("words", [["nowhere.csv"], ["x.csv", "--place", "nowhere"]])
def test_the_commands_name_what_is_missing(tmp_path, words):
    (tmp_path / "x.csv").write_text("code,at\n")
    with pytest.raises(CommandError, match="There is no"):
        call_command("import_redemptions", str(tmp_path / words[0]), *words[1:])
    with pytest.raises(CommandError, match="There is no place"):
        call_command("export_codes", str(tmp_path / "o.csv"), place="nowhere")


# --- she cannot find her mail -----------------------------------------------------------------------------------


def test_a_card_finds_first_name_and_offers_and_one_press_redeems(till, zoe):
    from contacts import identities

    ann = make_contact(first_name="Ann", last_name="Secret")
    identities.attach(ann, "card", "2000123")
    hers = claim(make_offer(), ann, via="mail")

    page = till.post("/till/find/", {"who": "2000 123"})
    assert "Ann" in page.text and "20% off" in page.text
    assert not {"Secret", "ann@example.com", hers.token, hers.code.value} & set(re.findall(r"[\w@.]+", page.text))
    text = page.context["found"].choices[0].text
    green = till.post("/till/check/", {"code": text})
    key = re.search(r'name="key" value="([^"]+)"', green.text)[1]
    till.post("/till/redeem/", {"code": text, "key": key})

    assert Redemption.objects.get().claim == hers


def test_an_address_finds_the_offers_of_her_mails_but_no_personal_one(till):
    ann, bearer, personal = make_contact(first_name="Ann"), make_offer(), make_offer(name="P", holding="personal")
    mail_with(bearer, contact=ann)
    Delivery.objects.update(sent_at=timezone.now())
    claim(personal, ann, via="mail")

    found = till.post("/till/find/", {"who": "ann@example.com"}).context["found"]

    assert [choice.value for choice in found.choices] == ["20% off"]
    assert till.post("/till/check/", {"code": found.choices[0].text}).status_code == 200


def test_trying_names_is_braked_like_guessing_and_a_found_text_ends(till):
    for _ in range(10):
        assert "Nobody is known by this" in till.post("/till/find/", {"who": "nobody@example.com"}).text
    assert "Too many wrong tries" in till.post("/till/find/", {"who": "nobody@example.com"}).text


def test_a_found_text_is_good_for_a_quarter_of_an_hour_and_cannot_be_forged(till):
    (hers,) = claims(1)
    text = till.post("/till/find/", {"who": "fan0@example.com"}).context["found"].choices[0].text
    assert "This code is not known." in till.post("/till/check/", {"code": text[:-2] + "xx"}).text

    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert "This code is not known." in till.post("/till/check/", {"code": text}).text
    assert hers.state == "open"


# --- frames, enrolment, sign-up ----------------------------------------------------------------------------------


def test_a_follow_seen_on_her_phone_is_noted_by_the_cashier_and_opens_the_offer(till, zoe):
    ann = make_contact(first_name="Ann", language="en")
    _delivery, token = mail_with(make_offer(min_fan_level=3, network="instagram"), contact=ann)
    code = messages.ask(ann, "instagram").code

    assert "/till/fan/" in till.get("/till/").text and "fan code" in till.get("/till/fan/").text
    asked = till.post("/till/fan/", {"code": code.lower()})
    assert "Instagram: does she follow" in asked.text and "Ann" in asked.text and not FanProof.objects.exists()
    noted = till.post("/till/fan/", {"code": code, "seen": "1"})

    proof = FanProof.objects.get()
    assert "Noted" in noted.text and "shown, not verified" in noted.text
    assert (proof.contact, proof.level, proof.method, proof.network) == (ann, 3, "staff", "instagram")
    assert proof.evidence["staff"] == zoe.pk and proof.evidence["place"] == zoe.place.pk
    assert "Claim the offer" in till.get(f"/f/{token}").text
    assert "is not known, used or older" in till.post("/till/fan/", {"code": code, "seen": "1"}).text


def test_wrong_fan_codes_are_sentences_and_ten_stop_the_till(till, client):
    for typed in ["", "ABC-DEFG", "x" * 500, "\x00", "0000000"] * 2:
        page = till.post("/till/fan/", {"code": typed, "seen": "1"})
        assert page.status_code == 422 and "Ask her for the code" in page.text
    assert "Too many wrong tries" in till.post("/till/fan/", {"code": "ABC-DEFG"}).text
    till.post("/till/leave/")
    assert till.get("/till/fan/")["Location"] == "/till/" and not FanProof.objects.exists()


def test_a_settled_note_is_looked_at_and_not_saved(till, marie):
    send(till, note("a", claims(1)[0].code.value))
    client = Client()
    client.force_login(marie)
    page = client.get(f"/admin/social/tillnote/{TillNote.objects.get().pk}/change/").text

    assert 'name="_save"' not in page and 'name="_continue"' not in page
    assert "Settle these" in client.get("/admin/social/tillnote/").text


def test_a_cameras_frame_is_read_by_the_server(till):
    (hers,) = claims(1)
    picture = SimpleUploadedFile("frame.png", qr.png(qr.address(hers.token)), content_type="image/png")

    assert till.post("/till/frame/", {"photo": picture}).json() == {"code": qr.address(hers.token), "error": ""}
    assert till.post("/till/frame/", {"photo": SimpleUploadedFile("f.jpg", b"no")}).status_code == 422
    assert till.post("/till/frame/").status_code == 422


def test_a_managers_qr_code_makes_one_phone_a_till_once(client, zoe, marie):
    client.force_login(marie)
    shown = client.post(f"/admin/social/place/{zoe.place.pk}/till-qr/", {"name": "Counter 2"})
    address = shown.context["address"].partition("/till/")[2]
    phone, other = Client(), Client()

    assert "Shop Lyon" in phone.get(f"/till/{address}").text and "data:image/png" in shown.text
    assert phone.post(f"/till/{address}").status_code == 302
    assert "Who is at the till?" in phone.get("/till/").text
    assert other.post(f"/till/{address}").status_code == 410
    assert Device.objects.filter(name="Counter 2", enrolled_by=marie).count() == 1


def test_a_ticket_ends_after_a_quarter_of_an_hour(client, zoe, marie):
    secret = make_ticket(zoe.place, "Counter 2", marie)

    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert client.get(f"/till/join/{secret}/").status_code == 410
    assert client.get("/till/join/nonsense/").status_code == 410


def test_a_sign_up_at_the_till_carries_the_shop(till, client):
    form = SignupForm.objects.create(brand=make_brand(), slug="news", name="News")
    form.topics.add(make_topic())
    page = till.get("/till/sign-up/")
    assert page.context["address"].endswith("/join/news/?at=lyon")

    shown = client.get("/join/news/?at=lyon").text
    values = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown))
    client.post("/join/news/", {**values, "email": "dan@example.com", "topic": "offers"})

    assert values["at"] == "lyon" and Contact.objects.get(email="dan@example.com").source == "/join/news/@lyon"


# --- goods back, strangers ---------------------------------------------------------------------------------------


def test_goods_come_back_weeks_later_and_the_manager_undoes_with_a_reason(client, marie, zoe):
    (hers,) = claims(1)
    used = redeem(hers.token, place=zoe.place, who=Who("device:9"), key="1")
    client.force_login(marie)

    with time_machine.travel(timezone.now() + timedelta(days=21)):
        client.force_login(marie)
        page = client.post(f"/admin/social/redemption/{used.pk}/undo/", {"reason": "Goods back", "key": "k"})

    assert page.status_code == 302 and Redemption.objects.get(kind="reverse").reason == "Goods back"
    assert reverse and Code.objects.get(pk=hers.code_id).state == "assigned"


def test_guessing_from_many_addresses_is_slowed_alarmed_and_holds_up_nobody_else(till, client, settings):
    import os

    from social.offers.fraud import cases

    many = int(os.environ.get("FANFARE_GUESSES", "120"))
    (hers,) = claims(1)
    answers = []
    for number in range(many):  # three tries of each address: all below their own brake
        address = number % (many // 3)
        stranger = Client(REMOTE_ADDR=f"198.51.{100 + address // 250}.{address % 250}")
        answers.append(stranger.get(f"/Q/{number:026}".replace("1", "Z")).status_code)
    assert set(answers) == {404}
    opened = {case.kind for case in cases.scan()}
    assert opened == {"guessing"} and cases.is_alarmed()

    assert Client(REMOTE_ADDR="198.51.100.7").get("/Q/" + "Z" * 26).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.9").get(f"/q/{hers.token}").status_code == 200
    assert "20% off" in till.post("/till/check/", {"code": hers.code.value}).text
    assert not Attempt.objects.filter(code_fingerprint__contains="Z").exists()
