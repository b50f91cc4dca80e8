"""The people ticked in the list: a press asks with their number, does it, and says what changed."""

import pytest
from django.contrib.auth.models import Permission

from contacts import several
from contacts.models import AuditEntry, Consent, Contact, ContactTag, Subscription, Tag
from tests.make import make_contact, make_topic, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/contacts/contact/"


@pytest.fixture
def people():
    topic = make_topic()
    return [make_contact(email=f"fan{n}@example.org", topic=topic) for n in range(3)]


@pytest.fixture
def desk(client):
    client.force_login(make_user())
    return client


def press(client, action, people, **more):
    asked = {"action": action, "_selected_action": [one.pk for one in people], **more}
    return client.post(LIST, asked, follow=True).content.decode()


def test_a_tag_is_put_on_those_who_have_it_not_yet(desk, people):
    page = press(desk, "put_tag_on", people[:2])
    assert "2 people are chosen." in page and "Put it on 2 people" in page and not ContactTag.objects.exists()

    assert "2 people have the tag now who had not." in press(
        desk, "put_tag_on", people[:2], apply="1", chosen=" Regulars "
    )
    assert "1 person has the tag now who had not." in press(desk, "put_tag_on", people, apply="1", chosen="Regulars")
    assert Tag.objects.get().name == "Regulars" and ContactTag.objects.count() == 3
    assert AuditEntry.objects.filter(verb="tagged people", detail__n=2).exists()


def test_all_that_match_are_meant_when_all_are_ticked(desk, people):
    ticked = press(desk, "put_tag_on", people[:1], select_across="1", apply="1", chosen="all")
    assert "3 people have the tag now" in ticked and ContactTag.objects.count() == 3


def test_a_tag_is_taken_off(desk, people):
    press(desk, "put_tag_on", people, apply="1", chosen="old")
    tag = Tag.objects.get()
    assert "Taken off 2 people." in press(desk, "take_tag_off", people[:2], apply="1", chosen=str(tag.pk))
    assert list(ContactTag.objects.values_list("contact", flat=True)) == [people[2].pk]


def test_a_topic_is_left_with_a_line_in_each_ledger_and_no_import_brings_them_back(desk, people):
    page = press(desk, "end_subscription", people[:2])
    assert "Unsubscribe 2 people" in page and "no import brings her back" in page

    topic = make_topic()
    assert "2 subscriptions ended." in press(desk, "end_subscription", people[:2], apply="1", chosen=str(topic.pk))
    assert Subscription.objects.filter(state="unsubscribed").count() == 2
    assert Consent.objects.filter(method="admin", is_given=False).count() == 2
    assert "0 subscriptions ended." in press(desk, "end_subscription", people[:2], apply="1", chosen=str(topic.pk))


@pytest.mark.parametrize(
    ("action", "chosen", "says"),
    [
        ("put_tag_on", "  ", "one to eighty characters"),
        ("put_tag_on", "x" * 81, "one to eighty characters"),
        ("take_tag_off", "999", "Choose one from the list."),
        ("end_subscription", "1; drop", "Choose one from the list."),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(desk, people, action, chosen, says):
    assert says in press(desk, action, people, apply="1", chosen=chosen)
    assert not ContactTag.objects.exists() and not Subscription.objects.filter(state="unsubscribed").exists()


def test_more_than_a_press_should_change_is_refused(desk, people, monkeypatch):
    monkeypatch.setattr(several, "MOST", 2)
    monkeypatch.setattr(several, "MOST_LEAVING", 1)
    assert "More than 2 people at once" in press(desk, "put_tag_on", people, apply="1", chosen="x")
    leaving = press(desk, "end_subscription", people[:2], apply="1", chosen=str(make_topic().pk))
    assert "More than 1 people at once" in leaving
    assert not ContactTag.objects.exists() and not Subscription.objects.filter(state="unsubscribed").exists()


def test_who_may_not_change_people_has_no_such_press(client, people):
    user = make_user(username="paul", is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename="view_contact"))
    client.force_login(user)
    press(client, "put_tag_on", people, apply="1", chosen="x")
    assert not ContactTag.objects.exists() and Contact.objects.count() == 3
