import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from contacts import jobs, retention
from contacts.models import Job
from social.models import Conversion, Order, OrderLine
from tests.api.conftest import Partner
from tests.make import make_contact, make_user

pytestmark = pytest.mark.django_db
ORDERS = int(os.environ.get("PAST_ORDERS", "60"))  # 10000 to prove the figure


def test_past_orders_come_in_with_their_lines_once_and_without_credit(tmp_path, capsys):
    ann = make_contact(email="ann@example.com")
    path = tmp_path / "orders.csv"
    rows = ["order number;order date;email;category;quantity;returned;unit price"]
    for n in range(ORDERS):
        rows += [f"A-{n};2024-0{n % 9 + 1}-05;ann@example.com;knitwear;2;1;10,50", f"A-{n};2024-01-05;;shoes;1;0;40"]
    path.write_text("\n".join([*rows, "B;someday;;;1;0;1", "C;2024-01-01;;;1;0;much"]))

    for _ in range(2):
        call_command("import_orders", str(path), source="shop", currency="EUR")

    out, lines = capsys.readouterr().out, 2 * ORDERS + 2
    assert f"{ORDERS} new orders, 0 changed, 0 as before, from {lines} lines; 2 lines rejected." in out
    assert f"0 new orders, 0 changed, {ORDERS} as before, from {lines} lines; 2 lines rejected." in out
    assert "is no date" in out and "is no amount" in out
    assert (
        Order.objects.filter(contact=ann, is_attributed=False, amount_minor=6100, returned_minor=1050).count() == ORDERS
    )
    ann.refresh_from_db()
    assert ann.last_ordered_at.year == 2024 and not retention.silent_since(timezone.now()).exists()  # a customer
    assert OrderLine.objects.count() == 2 * ORDERS and not Conversion.objects.exists()


def upload(text):
    return SimpleUploadedFile("orders.csv", text.encode())


FILE = "order number,order date,email,unit price\nA-1,2024-01-05,ann@example.com,1200\nA-2,2024-01-06,,5\n,,,\n"


def test_the_desk_loads_past_orders_by_a_job_and_refuses_what_is_none(client):
    client.force_login(make_user())
    make_contact(email="ann@example.com")
    address, said = reverse("admin:social_order_import"), {"source": "shop", "currency": "jpy"}

    wrong = client.post(address, {"file": upload("colour\nred\n"), **said})
    started = client.post(address, {"file": upload(FILE), **said})
    jobs.run(Job.objects.get().pk)

    assert "order number" in wrong.context["form"].errors["file"][0]
    assert "Past orders of orders.csv" in client.get(started["Location"]).content.decode()
    assert dict(Order.objects.values_list("reference", "amount_minor")) == {"A-1": 1200, "A-2": 5}  # yen have no cents
    assert Order.objects.get(reference="A-1").contact.email == "ann@example.com"


def test_a_partner_sends_past_orders_and_a_suppression_list_as_files():
    partner = Partner("conversions:write", "conversions:read", "contacts:write", "contacts:read")

    def send(path, **fields):
        return partner.client.post(f"/api/v1/{path}/", fields, headers=partner.headers())

    orders = send("order-imports", file=upload(FILE), source="shop", currency="EUR")
    listed = send("suppression-imports", file=upload("email\nben@example.com\n"), reason="complaint")
    for answer in (orders, listed):
        assert answer.status_code == 202, answer.content
        jobs.run(answer.json()["id"])

    done = partner.get(f"/api/v1/order-imports/{orders.json()['id']}/").json()
    assert done["counts"] == {"lines": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert partner.get(f"/api/v1/suppression-imports/{listed.json()['id']}/").json()["counts"]["created"] == 1
    assert partner.get(f"/api/v1/imports/{listed.json()['id']}/").status_code == 404
    assert send("order-imports", file=upload("a\n"), source="s", currency="EUR").status_code == 422
    assert send("suppression-imports", file=upload("a\nb\n"), reason="erased").status_code == 422
