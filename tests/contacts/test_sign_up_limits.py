from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from contacts import askers, formkeys
from contacts.models import Asking, Contact, SignupForm
from tests.make import make_share_link, make_topic, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def form():
    topic = make_topic(slug="letter")
    form = SignupForm.objects.create(brand=topic.brand, slug="letter", name="Website")
    form.topics.add(topic)
    return form


def sign_up(client, n, ip="192.0.2.7"):
    said = {"email": f"p{n}@example.com", "key": formkeys.make("letter", "join")}
    return client.post("/join/letter/", said, REMOTE_ADDR=ip, headers={"accept-language": "en"})


def test_one_asker_signs_up_so_many_an_hour_and_the_next_hour_again(client, form, monkeypatch):
    monkeypatch.setitem(askers.MOST, "join", 3)
    now = timezone.now().replace(minute=5)
    with time_machine.travel(now, tick=False):
        assert [sign_up(client, n).status_code for n in range(4)] == [303, 303, 303, 429]
        assert "Too many sign-ups" in sign_up(client, 4).content.decode()
        assert sign_up(client, 5, ip="192.0.2.8").status_code == 303
    assert Contact.objects.count() == 4
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert sign_up(client, 6).status_code == 303


def test_the_friends_page_counts_with_the_forms(client, form, monkeypatch):
    monkeypatch.setitem(askers.MOST, "join", 1)
    sign_up(client, 1, ip="127.0.0.1")
    token = make_share_link().link.token
    before = Contact.objects.count()
    answer = client.post(f"/v/{token}", {"email": "dan@example.com", "key": formkeys.make(str(token), "friend")})
    assert answer.status_code == 429 and Contact.objects.count() == before


def test_no_address_of_an_asker_is_kept_and_counts_go_after_a_day(client, form):
    sign_up(client, 1)
    row = Asking.objects.get()
    assert "192" not in row.asker and len(row.asker) == 32
    now = timezone.now()
    assert askers.asker("192.0.2.7", now) != askers.asker("192.0.2.7", now + timedelta(days=1))
    assert askers.asker("2001:db8:1:2::3", now) == askers.asker("2001:db8:1:2:9::9", now)
    assert askers.forget(now) == 0 and askers.forget(now + timedelta(hours=26)) == 1


def test_the_form_for_ones_own_site_needs_no_script_and_leads_on(client, form):
    client.force_login(make_user())
    shown = client.get(reverse("admin:contacts_signupform_change", args=[form.pk])).content.decode()
    assert "/join/letter/&quot; method=&quot;post&quot;" in shown and "&lt;script" not in shown
    answer = client.post("/join/letter/", {"email": "ann@example.com"}, headers={"origin": "https://shop.example"})
    assert answer.status_code == 400 and b'value="ann@example.com"' in answer.content
    assert not Contact.objects.exists()
