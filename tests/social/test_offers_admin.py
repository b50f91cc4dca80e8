"""The admin of offers: every list and page opens, states move, ledgers stay, a redemption is undone with a reason."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from campaigns.models import LinkTarget
from social import models, qr
from social.fans import words
from social.models import Code, CodeBatch, Device, FanProof, FanWord, Offer, QRCode, Redemption, StaffMember
from social.offers.redemption import Who, claim, redeem
from social.tills import enrol, sign_in
from tests.make import make_brand, make_contact, make_offer, make_place, make_user
from tests.social.mails import mail_with

pytestmark = pytest.mark.django_db

OURS = [
    "Offer",
    "CodeBatch",
    "Code",
    "Claim",
    "Redemption",
    "Attempt",
    "Place",
    "Device",
    "QRCode",
    "Order",
    "Conversion",
]
OURS += ["FanProof", "FanWord"]


@pytest.fixture
def marie(client):
    user = make_user()
    client.force_login(user)
    return client


@pytest.fixture
def used():
    ann = make_contact(first_name="Ann")
    offer = make_offer(limits={"total": 90})
    mail_with(offer, contact=ann)
    hers = claim(offer, ann, via="mail")
    return redeem(
        hers.token, place=make_place(), who=Who("device:1"), key="1", amount_minor=5_000, order_reference="A-1"
    )


def url(model, page, *args):
    return reverse(f"admin:social_{model.lower()}_{page}", args=args)


@pytest.mark.parametrize("model", OURS)
def test_every_list_and_page_opens(marie, used, model):
    enrol(make_place(), "Counter", make_user(username="lea"))
    words.publish(make_brand(), "instagram", "confetti")
    FanProof.objects.create(
        contact=used.claim.contact, network="x", level=0, method="declared", verified_at=timezone.now()
    )
    CodeBatch.objects.create(offer=used.claim.offer)
    table = getattr(models, model)

    assert marie.get(url(model, "changelist")).status_code == 200
    assert marie.get(url(model, "changelist"), {"q": "ann@example.com"}).status_code == 200
    if row := table.objects.first():
        assert marie.get(url(model, "change", row.pk)).status_code == 200
    if admin.site._registry[table].has_add_permission(marie.get("/").wsgi_request):
        assert marie.get(url(model, "add")).status_code == 200


@pytest.mark.parametrize("model", ["Code", "Claim", "Redemption", "Attempt", "Order", "Conversion"])
def test_ledgers_are_not_written_by_hand(marie, used, model):
    row = getattr(models, model).objects.first()

    assert marie.get(url(model, "add")).status_code == 403
    if row is not None:
        assert marie.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert marie.post(url(model, "change", row.pk), {}).status_code == 403


def form_of(client, model, pk):
    """The page's own form values, as a browser would send them back."""
    page = client.get(url(model, "change", pk))
    form = page.context["adminform"].form
    values = {}
    sources = [
        form,
        *[f for s in page.context["inline_admin_formsets"] for f in (s.formset.management_form, *s.formset)],
    ]
    for source in sources:
        for bound in source:
            value = bound.value()
            if hasattr(value, "pk"):
                value = value.pk
            widget = bound.field.widget
            if hasattr(widget, "decompress") and value is not None:
                parts = widget.decompress(value)
                for number, part in enumerate(parts):
                    values[f"{bound.html_name}_{number}"] = part
            elif value is not None:
                values[bound.html_name] = value
    return values


@pytest.mark.parametrize(
    ("button", "state"), [("save_and_pause", "paused"), ("save_and_end", "ended"), ("save_and_go_live", "live")]
)
def test_the_states_are_buttons(marie, button, state):
    offer = make_offer(state="paused" if state == "live" else "live")

    page = marie.post(
        url("Offer", "change", offer.pk), {**form_of(marie, "Offer", offer.pk), f"social_offer_{button}": "1"}
    )

    assert page.status_code == 302, page.context["errors"]
    offer.refresh_from_db()
    assert offer.state == state and offer.history.first().state == state


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ends_at": timezone.now() - timedelta(hours=1)}, "The offer ended before now."),
        ({"code_mode": "pool"}, "No free code is left."),
        ({"holding": "personal"}, "No mail is switched on that brings the code."),
    ],
)
def test_an_offer_that_is_not_ready_says_why(marie, change, said):
    offer = make_offer(state="draft", **change)

    page = marie.post(
        url("Offer", "change", offer.pk),
        {**form_of(marie, "Offer", offer.pk), "social_offer_save_and_go_live": "1"},
        follow=True,
    )

    assert said in page.text
    offer.refresh_from_db()
    assert offer.state == "draft"


def test_codes_are_made_in_bulk_and_downloaded(marie):
    offer = make_offer(code_mode="pool")
    marie.post(url("CodeBatch", "add"), {"offer": offer.pk, "name": "Printer", "make": "250"})

    batch = CodeBatch.objects.get()
    assert batch.codes.count() == 250 and batch.name == "Printer"
    answer = marie.post(url("CodeBatch", "changelist"), {"action": "download", "_selected_action": [batch.pk]})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 251 and lines[0] == "code,printed,state"


def test_who_only_looks_gets_no_codes(marie, client):
    from django.contrib.auth.models import Group

    marie.post(url("CodeBatch", "add"), {"offer": make_offer(code_mode="pool").pk, "name": "Printer", "make": "3"})
    ana = make_user(username="ana", is_superuser=False)
    ana.groups.add(Group.objects.get(name="analyst"))
    client.force_login(ana)

    chosen = {"action": "download", "_selected_action": [CodeBatch.objects.get().pk]}
    answer = client.post(url("CodeBatch", "changelist"), chosen)

    assert client.get(url("CodeBatch", "changelist")).status_code == 200
    assert "csv" not in answer["Content-Type"]


def test_a_partners_codes_are_pasted(marie):
    offer = make_offer(code_mode="pool")

    page = marie.post(url("CodeBatch", "add"), {"offer": offer.pk, "own": "AB-1\nab1\nCD2\n"}, follow=True)

    assert set(Code.objects.values_list("value", flat=True)) == {"AB1", "CD2"}
    assert "1 line was left out" in page.text


@pytest.mark.parametrize(
    "given", [{}, {"make": "5", "own": "A"}, {"make": "0"}, {"make": "1000001"}, {"make": "5", "pattern": "A-#"}]
)
def test_a_batch_wants_one_of_both(marie, given):
    page = marie.post(url("CodeBatch", "add"), {"offer": make_offer(code_mode="pool").pk, **given})

    assert page.status_code == 200 and not CodeBatch.objects.exists()


def test_a_redemption_is_undone_with_a_reason(marie, used):
    page = url("Redemption", "undo", used.pk)
    assert marie.get(page).status_code == 200 and not Redemption.objects.filter(kind="reverse").exists()
    assert marie.post(page, {"reason": " ", "key": "k"}).status_code == 422

    marie.post(page, {"reason": "Brought back", "key": "k"})

    assert Redemption.objects.get(kind="reverse").reason == "Brought back"


def test_a_shops_manager_sees_her_shop_only(client, used):
    lea = make_user(username="lea", is_superuser=False)
    lea.groups.add(Group.objects.get(name="place manager"))
    client.force_login(lea)
    assert client.get(url("Redemption", "undo", used.pk)).status_code == 404, "she manages no shop yet"
    assert "Shop Lyon" not in client.get(url("Place", "changelist")).text

    make_place(slug="paris").managers.add(lea)
    assert client.get(url("Redemption", "undo", used.pk)).status_code == 404
    assert "Shop Lyon" not in client.get(url("Place", "changelist")).text
    make_place().managers.add(lea)
    assert client.get(url("Redemption", "undo", used.pk)).status_code == 200


def test_a_shops_manager_sees_and_makes_codes_of_her_shop_only(client):
    lea = make_user(username="lea", is_superuser=False)
    lea.groups.add(Group.objects.get(name="place manager"))
    lyon, paris = make_place(), make_place(slug="paris")
    paris.managers.add(lea)
    form = {"placement": "poster", "target": "https://brand.example/a"}
    client.force_login(make_user(username="marketer"))
    client.post(url("QRCode", "add"), {**form, "name": "Lyon's", "place": lyon.pk})
    theirs = QRCode.objects.get()

    client.force_login(lea)
    for place in ("", lyon.pk):
        assert client.post(url("QRCode", "add"), {**form, "name": "Mine", "place": place}).status_code == 200
    client.post(url("QRCode", "add"), {**form, "name": "Mine", "place": paris.pk})

    assert QRCode.objects.exclude(pk=theirs.pk).get().place == paris
    listed = client.get(url("QRCode", "changelist")).text
    assert "Mine" in listed and "Lyon&#x27;s" not in listed
    client.post(url("QRCode", "change", theirs.pk), {**form, "name": "Taken", "place": paris.pk})
    theirs.refresh_from_db()
    assert theirs.name == "Lyon's"
    assert client.get(reverse("admin:social_qrcode_file", args=[theirs.pk, "png"])).status_code == 404


def test_a_cashier_gets_her_pin_on_the_places_page(marie):
    place = make_place()
    values = form_of(marie, "Place", place.pk)
    values |= {"staff-TOTAL_FORMS": "1", "staff-0-name": "Zoe", "staff-0-is_active": "on", "staff-0-place": place.pk}

    assert "A new cashier needs a PIN" in marie.post(url("Place", "change", place.pk), values).text
    assert marie.post(url("Place", "change", place.pk), {**values, "staff-0-pin": "12a4"}).status_code == 200
    assert marie.post(url("Place", "change", place.pk), {**values, "staff-0-pin": "1234"}).status_code == 302

    device, _secret = enrol(place, "Counter", make_user(username="lea"))
    assert sign_in(device, "Zoe", "1234") == StaffMember.objects.get()
    assert "1234" not in StaffMember.objects.get().pin_hash


def test_a_till_is_ended(marie):
    device, _secret = enrol(make_place(), "Counter", make_user(username="lea"))

    marie.post(url("Device", "changelist"), {"action": "revoke", "_selected_action": [device.pk]})

    assert Device.objects.get().revoked_at is not None


def test_a_posters_code_is_made_downloaded_and_led_elsewhere(marie):
    form = {"name": "Window", "placement": "poster", "target": "https://brand.example/a"}
    marie.post(url("QRCode", "add"), form)
    code = QRCode.objects.select_related("link").get()

    png = marie.get(reverse("admin:social_qrcode_file", args=[code.pk, "png"]))
    svg = marie.get(reverse("admin:social_qrcode_file", args=[code.pk, "svg"]))

    assert qr.read_photo(png.content) == [qr.address(code.link.token)]
    assert svg.content.startswith(b"<svg") and 'filename="window.svg"' in svg["Content-Disposition"]
    marie.post(url("QRCode", "change", code.pk), {**form, "target": "https://brand.example/b"})
    assert marie.get(f"/q/{code.link.token}")["Location"] == "https://brand.example/b"
    assert LinkTarget.objects.get().target == "https://brand.example/a"


@pytest.mark.parametrize("target", ["", "javascript:alert(1)", "brand.example", "ftp://x.example/"])
def test_a_code_leads_to_a_web_address_only(marie, target):
    marie.post(url("QRCode", "add"), {"name": "Window", "placement": "poster", "target": target})

    assert not QRCode.objects.exists()


def test_a_word_is_normalised_and_replaced(marie):
    brand = make_brand()
    now = timezone.now()
    values = {
        "brand": brand.pk,
        "network": "instagram",
        "word": " #Confetti ",
        "starts_at_0": now.date(),
        "starts_at_1": "08:00:00",
        "burst_limit": 30,
    }
    marie.post(url("FanWord", "add"), values)
    word = FanWord.objects.get()
    assert word.word == "confetti"

    marie.post(url("FanWord", "change", word.pk), {**values, "successor": "Lanterns"})

    word.refresh_from_db()
    assert word.rotated_at is not None and FanWord.objects.filter(word="lanterns", network="instagram").exists()


def test_nobody_is_verified_by_hand(marie):
    ann = make_contact()
    marie.post(url("FanProof", "add"), {"contact": ann.pk, "network": "instagram", "level": 5})
    assert not FanProof.objects.exists()

    marie.post(url("FanProof", "add"), {"contact": ann.pk, "network": "instagram", "level": 4})
    assert FanProof.objects.get().method == "staff"


def test_lists_ask_a_constant_number_of_queries(marie, used, django_assert_max_num_queries):
    offer = used.claim.offer
    for number in range(12):
        hers = claim(offer, make_contact(email=f"p{number}@example.com"), via="mail")
        if number < 8:
            redeem(hers.token, place=used.place, who=Who("device:1"), key=f"k{number}")
    for model in ("Claim", "Redemption", "Order", "Code"):
        with django_assert_max_num_queries(14):
            marie.get(url(model, "changelist"))


def test_an_offer_with_claims_is_not_deleted(marie, used):
    assert marie.post(url("Offer", "delete", used.claim.offer_id), {"post": "yes"}).status_code == 403
    assert Offer.objects.exists()
