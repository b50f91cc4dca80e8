"""Orders that shops post: signed or refused, in three ways of saying the same, once."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.tracking.tokens import Purpose, make
from contacts.models import AuditEntry, Contact
from social import postback
from social.conversions import BadOrder
from social.models import Conversion, Order, OrderSource
from tests.make import make_contact, make_delivery, make_user

OURS = {"reference": "1042", "amount_minor": 5990, "currency": "EUR", "ordered_at": "2026-05-02T10:15:00Z"}
SHOPIFY = {
    "id": 820982911946154508,
    "created_at": "2026-05-02T10:15:00+02:00",
    "currency": "EUR",
    "total_price": "75.00",
    "email": "ann@example.com",
    "customer": {"id": 7, "email": "ann@example.com"},
    "note_attributes": [{"name": "gift", "value": "yes"}],
    "landing_site": "/collections/knitwear?utm_source=fanfare",
    "line_items": [
        {"id": 1, "sku": "K-1", "title": "Scarf", "variant_title": "M", "quantity": 2, "price": "25.00"},
        {"id": 2, "sku": "K-2", "title": "Hat", "quantity": 1, "price": "25.00"},
    ],
}
WOO = {
    "id": 727,
    "status": "processing",
    "currency": "EUR",
    "total": "29.35",
    "date_created_gmt": "2026-05-02T08:15:00",
    "customer_id": 0,
    "billing": {"email": "ann@example.com"},
    "meta_data": [],
    "line_items": [{"name": "Woo Album", "sku": "W-1", "quantity": 2, "total": "24.00"}],
}


@pytest.fixture
def shop(db):
    return OrderSource.objects.create(slug="boutique", name="Boutique")


def post(shop, said, header="X-Fanfare-Signature", *, secret=None, raw=None):
    body = raw if raw is not None else json.dumps(said).encode()
    made = hmac.new((secret or shop.secret).encode(), body, hashlib.sha256).digest()
    signature = f"sha256={made.hex()}" if header == "X-Fanfare-Signature" else base64.b64encode(made).decode()
    address = f"/postback/{shop.slug}/"
    return Client(enforce_csrf_checks=True).post(address, body, "application/json", headers={header: signature})


def test_a_signed_order_in_our_words_is_kept_once(shop):
    ann = make_contact()
    for _again in range(2):
        assert post(shop, {**OURS, "email": "ann@example.com"}).status_code == 204
    order = Order.objects.get()
    assert (order.source, order.reference, order.contact, order.amount_minor) == ("boutique", "1042", ann, 5990)
    shop.refresh_from_db()
    assert shop.last_at is not None


def test_shopifys_order_brings_lines_and_the_reference_of_the_visit(shop):
    delivery = make_delivery(state="sent", sent_at=timezone.now() - timedelta(days=1))
    Contact.objects.update(click_tracking_at=timezone.now())
    reference = make(Purpose.CLICK, delivery.campaign_id, delivery.pk)
    said = {**SHOPIFY, "landing_site": f"/collections/knitwear?utm_source=fanfare&ff={reference}"}

    assert post(shop, said, "X-Shopify-Hmac-Sha256").status_code == 204

    order = Order.objects.get()
    assert (order.amount_minor, order.matched_by, order.contact) == (7_500, "reference", delivery.contact)
    lines = [(line.sku, line.size, line.quantity, line.unit_minor) for line in order.lines.order_by("number")]
    assert lines == [("K-1", "M", 2, 2_500), ("K-2", "", 1, 2_500)]


def test_one_of_three_articles_sent_back_at_shopify_moves_the_net(shop):
    make_contact()
    post(shop, SHOPIFY, "X-Shopify-Hmac-Sha256")
    refunds = [{"refund_line_items": [{"line_item_id": 1, "quantity": 1}]}]

    post(shop, {**SHOPIFY, "refunds": refunds, "current_total_price": "50.00"}, "X-Shopify-Hmac-Sha256")

    assert Conversion.objects.get().net_minor == 5_000
    assert Order.objects.get().lines.get(sku="K-1").returned_quantity == 1


def test_woocommerces_order_and_its_refund(shop):
    make_contact()
    assert post(shop, WOO, "X-WC-Webhook-Signature").status_code == 204
    order = Order.objects.get()
    assert (order.reference, order.amount_minor, order.lines.get().unit_minor) == ("727", 2_935, 1_200)
    assert order.ordered_at.isoformat() == "2026-05-02T08:15:00+00:00"
    post(shop, {**WOO, "status": "refunded"}, "X-WC-Webhook-Signature")
    assert Conversion.objects.get().net_minor == 0


def test_strangers_learn_nothing_and_change_nothing(shop):
    wrong = post(shop, OURS, secret="another")
    unsigned = Client().post("/postback/boutique/", json.dumps(OURS), "application/json")
    unknown = Client().post("/postback/nobody/", json.dumps(OURS), "application/json")
    OrderSource.objects.update(is_active=False)
    ended = post(shop, OURS)

    assert {answer.status_code for answer in (wrong, unsigned, unknown, ended)} == {401}
    assert wrong.content == unsigned.content == unknown.content == ended.content
    assert not Order.objects.exists()


def test_a_body_signed_for_one_shop_is_worth_nothing_at_another(shop):
    other = OrderSource.objects.create(slug="other", name="Other")
    assert post(other, OURS, secret=shop.secret).status_code == 401


@pytest.mark.parametrize(
    ("raw", "status", "words"),
    [
        (b"{", 422, "no JSON"),
        (b"[1]", 422, "no JSON object"),
        (b"[" * 100_000, 422, "no JSON"),
        (json.dumps({**OURS, "currency": "euro"}).encode(), 422, "currency"),
        (json.dumps({**OURS, "surprise": 1}).encode(), 422, "surprise"),
        (json.dumps({**OURS, "returned_minor": 6_000}).encode(), 422, "More came back"),
        (b" " * (postback.LARGEST + 1), 413, "longer"),
    ],
)
def test_what_is_no_order_is_refused_with_a_sentence(shop, raw, status, words):
    answer = post(shop, None, raw=raw)
    assert answer.status_code == status and words in answer.json()["detail"]
    assert not Order.objects.exists()


def test_a_get_is_no_order(shop):
    assert Client().get("/postback/boutique/").status_code == 405


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([(postback.shopify, SHOPIFY), (postback.woocommerce, WOO)]), st.data())
def test_a_mangled_order_is_read_or_refused_never_a_crash(which, data):
    read, said = which
    mangled = {**said, data.draw(st.sampled_from(sorted(said))): data.draw(anything)}
    if isinstance(mangled.get("line_items"), list) and mangled["line_items"] and data.draw(st.booleans()):
        item = mangled["line_items"][0]
        if isinstance(item, dict) and item:
            mangled["line_items"] = [{**item, data.draw(st.sampled_from(sorted(item))): data.draw(anything)}]
    try:
        read(mangled)
    except BadOrder as why:
        assert str(why)


def test_the_desk_shows_address_and_secret_and_renews_it(client, shop):
    client.force_login(make_user())
    page = client.get(f"/admin/social/ordersource/{shop.pk}/change/").content.decode()
    assert "/postback/boutique/" in page and shop.secret in page
    client.post("/admin/social/ordersource/", {"action": "renew", "_selected_action": [shop.pk]})
    assert OrderSource.objects.get().secret != shop.secret
    assert AuditEntry.objects.filter(verb="renewed shop secret").exists()
