import os

import pytest
from django.core.management import call_command

from social.models import Conversion, Order, OrderLine
from tests.make import make_contact

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

    assert f"{ORDERS} orders with {2 * ORDERS} lines; 2 lines rejected." in capsys.readouterr().out
    assert (
        Order.objects.filter(contact=ann, is_attributed=False, amount_minor=6100, returned_minor=1050).count() == ORDERS
    )
    assert OrderLine.objects.count() == 2 * ORDERS and not Conversion.objects.exists()
