import pytest

from social.models import Conversion, Order
from tests.api.conftest import Partner
from tests.make import make_contact

pytestmark = pytest.mark.django_db

ORDER = {
    "source": "shop",
    "reference": "1042",
    "amount_minor": 5990,
    "currency": "EUR",
    "ordered_at": "2026-05-02T10:15:00Z",
    "email": "ANN@example.com",
    "lines": [{"sku": "K-7", "title": "Scarf", "category": "knitwear", "quantity": 1, "unit_minor": 5990}],
}


def test_an_order_is_matched_to_its_contact_and_counted_once(partner):
    ann = make_contact()

    first = partner.post("/api/v1/conversions/", ORDER)
    again = partner.post("/api/v1/conversions/", ORDER)

    assert (first.status_code, again.status_code) == (201, 200)
    assert Order.objects.count() == Conversion.objects.count() == 1
    answer = again.json()
    assert (answer["contact"], answer["matched_by"], answer["net_minor"]) == (ann.pk, "email", 5990)
    assert Order.objects.get().lines.get().category == "knitwear"


def test_a_return_reported_later_moves_the_net_amount(partner):
    make_contact()
    partner.post("/api/v1/conversions/", ORDER)

    returned = partner.post("/api/v1/conversions/", {**ORDER, "returned_minor": 1990})

    assert returned.json()["net_minor"] == 4000


def test_an_order_of_nobody_we_know_is_kept_unmatched(partner):
    stranger = partner.post("/api/v1/conversions/", {**ORDER, "email": "nobody@example.com"})

    assert (stranger.status_code, stranger.json()["matched_by"], stranger.json()["contact"]) == (201, "", None)


def test_amounts_that_contradict_each_other_are_refused_with_a_sentence(partner):
    more_back_than_paid = partner.post("/api/v1/conversions/", {**ORDER, "returned_minor": 9990})
    no_currency = partner.post("/api/v1/conversions/", {**ORDER, "currency": "euro"})

    assert (more_back_than_paid.status_code, more_back_than_paid.json()["code"]) == (422, "bad_order")
    assert no_currency.json()["errors"][0]["pointer"] == "/currency"
    assert not Order.objects.exists()


def test_a_redeem_only_partner_reads_no_contact():
    till = Partner("conversions:write")

    assert till.get("/api/v1/contacts/").status_code == 403
    assert till.get("/api/v1/conversions/").status_code == 403
