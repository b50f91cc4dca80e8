"""Pinned pages, what was opened lately, and the help of each page: as a person of the team meets them."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, User

from config import desk, help
from config.team import pins, recent
from config.team.models import PinnedPage, SeenPage
from contacts import privacy
from tests.make import make_campaign, make_contact, make_segment

pytestmark = pytest.mark.django_db
READERS = "/admin/contacts/contact/?language__exact=fr&o=-1"


@pytest.fixture
def head(client):
    head = User.objects.create_superuser("head", password="x")
    client.force_login(head)
    return head


def menu(client):
    """The titles of the first group of the menu."""
    return [str(item["title"]) for item in client.get("/admin/").context["sidebar_navigation"][0]["items"]]


def test_a_list_with_its_filters_is_pinned_stands_in_her_menu_alone_and_leads_back(client, head):
    told = client.post("/admin/pins/", {"do": "pin", "path": READERS, "pin_name": " French readers ", "next": READERS})

    assert told["Location"] == READERS and client.get(READERS).status_code == 200
    assert menu(client) == ["French readers"]
    assert 'value="French readers"' in client.get(READERS).content.decode()
    client.force_login(User.objects.create_superuser("other", password="x"))
    assert menu(client) == ["Home"]


def test_a_pin_is_renamed_and_taken_away(client, head):
    pins.pin(head, READERS, "French readers")

    client.post("/admin/pins/", {"do": "pin", "path": READERS, "pin_name": "Francophones"})
    assert [pin.name for pin in PinnedPage.objects.all()] == ["Francophones"]
    assert "Francophones" in client.get("/admin/pins/").content.decode()

    client.post("/admin/pins/", {"do": "unpin", "path": READERS})
    assert not PinnedPage.objects.exists() and menu(client) == ["Home"]


@pytest.mark.parametrize(
    ("path", "name", "why"),
    [
        (READERS, "  ", "name"),
        ("https://elsewhere.example/admin/", "x", "Only pages of the desk"),
        ("//elsewhere.example/admin/", "x", "Only pages of the desk"),
        ("/till/", "x", "Only pages of the desk"),
        ("/admin/" + "x" * 600, "x", "Only pages of the desk"),
        ("/admin/contacts/contact/?q=ann@example.com", "Ann", "pin her page instead"),
        ("/admin/contacts/contact/?q=Le+Goff", "Ann", "pin her page instead"),
        ("/admin/campaigns/delivery/?q=ann@example.com", "Ann", "pin her page instead"),
        (READERS, "a\x00b", "NUL byte"),
    ],
)
def test_what_cannot_be_pinned_says_why(client, head, path, name, why):
    page = client.post("/admin/pins/", {"do": "pin", "path": path, "pin_name": name}, follow=True)

    assert why in page.content.decode() and not PinnedPage.objects.exists()


def test_where_a_pin_leads_afterwards_is_never_another_site(client, head):
    told = client.post("/admin/pins/", {"do": "pin", "path": READERS, "pin_name": "x", "next": "https://evil.example/"})

    assert told["Location"] == "/admin/pins/"


def test_twenty_pages_fit_and_the_next_says_so(client, head):
    for n in range(pins.MOST):
        pins.pin(head, f"/admin/contacts/contact/?p={n}", f"Page {n}")

    with pytest.raises(pins.CannotPin, match="20 pages"):
        pins.pin(head, READERS, "One more")
    pins.pin(head, "/admin/contacts/contact/?p=3", "Again")


def test_a_persons_pin_goes_with_her(client, head):
    ann, ben = make_contact(email="ann@example.com"), make_contact(email="ben@example.com")
    for one in (ann, ben):
        pins.pin(head, f"/admin/contacts/contact/{one.pk}/profile/", str(one))

    privacy.erase_contact(ann)

    assert [pin.contact_id for pin in PinnedPage.objects.all()] == [ben.pk]


def test_home_says_where_she_was_newest_first_and_under_todays_names(client, head):
    ann, segment, campaign = make_contact(first_name="Ann", last_name="Le Goff"), make_segment(), make_campaign()
    client.get(f"/admin/contacts/contact/{ann.pk}/profile/")
    client.get(f"/admin/contacts/segment/{segment.pk}/change/")
    client.get(f"/admin/campaigns/campaign/{campaign.pk}/change/")
    client.get(f"/admin/contacts/contact/{ann.pk}/profile/")
    type(campaign).objects.update(name="Renamed since")

    latest = recent.latest(head)

    assert [one.name for one in latest] == ["Ann Le Goff", "Renamed since", str(segment)]
    home = client.get("/admin/").content.decode()
    assert "Where you were" in home and latest[0].url in home and "Renamed since" in home
    privacy.erase_contact(ann)
    assert "Le Goff" not in client.get("/admin/").content.decode()


def test_of_what_was_opened_twelve_are_remembered_and_none_that_was_refused(client, head):
    for n in range(recent.KEPT + 3):
        client.get(f"/admin/contacts/segment/{make_segment(name=f'No. {n}').pk}/change/")
    client.get("/admin/contacts/segment/999999/change/")

    assert SeenPage.objects.count() == recent.KEPT


def test_what_she_may_not_see_any_more_is_not_named_on_her_home(client):
    cashier = User.objects.create_user("till", is_staff=True)
    cashier.groups.add(Group.objects.get(name="cashier"))
    recent.note(cashier, "contacts.contact", make_contact(first_name="Ann").pk, "/admin/contacts/contact/1/profile/")
    client.force_login(cashier)

    assert recent.latest(cashier) == [] and "Ann" not in client.get("/admin/").content.decode()


def test_every_page_of_the_menu_says_what_it_is_for_and_its_pages_within_do_too(client, head):
    silent = [item.url_name for _title, items in desk.MENU for item in items if help.of(item.url_name) is None]
    inside = client.get(f"/admin/contacts/segment/{make_segment().pk}/change/").content.decode()

    assert silent == [] and "A segment is a question about people" in inside
    for page in ("/admin/account/", "/admin/invite/", "/admin/pins/", "/admin/password_change/", "/admin/"):
        assert "fan-help" in client.get(page).content.decode(), page


def test_help_is_in_the_readers_language(client, head):
    client.cookies["django_language"] = "fr"

    words = unescape(re.sub(r"<[^>]+>", " ", client.get("/admin/contacts/segment/").content.decode()))

    assert "Un segment est une question sur les personnes" in words and "À quoi sert cette page ?" in words
