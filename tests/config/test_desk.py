import re

import pytest
from django.contrib.auth.models import Group, User

from campaigns.models import Campaign
from config import desk
from contacts.models import Contact

pytestmark = pytest.mark.django_db


def lines(request):
    return {str(item["title"]): item for group in desk.navigation(request) for item in group["items"]}


def request_of(rf, user, path="/admin/"):
    request = rf.get(path)
    request.user = user
    return request


def test_the_menu_leads_nowhere_that_does_not_answer(client):
    head = User.objects.create_superuser("head", password="x")
    client.force_login(head)

    for group in client.get("/admin/").context["sidebar_navigation"]:
        for item in group["items"]:
            refused_till = 403 if item["link"] == "/till/" else 200  # this browser is no till: the page says what to do
            assert client.get(item["link"]).status_code in (200, 302, refused_till), item["link"]


def test_the_menu_goes_by_job_in_the_order_of_work(rf):
    head = User.objects.create_superuser("head", password="x")

    titles = [str(group["title"]) for group in desk.navigation(request_of(rf, head))]

    assert titles == ["", "People", "Campaigns", "Social", "Offers", "Results", "Settings"]


def test_a_cashier_sees_only_what_she_may(rf):
    cashier = User.objects.create_user("till", is_staff=True)
    cashier.groups.add(Group.objects.get(name="cashier"))

    seen = lines(request_of(rf, cashier))

    assert "Offers" in seen and "Redemptions" in seen
    assert "Contacts" not in seen and "Team" not in seen


def test_the_menu_marks_where_one_is(rf):
    head = User.objects.create_superuser("head", password="x")

    seen = lines(request_of(rf, head, "/admin/contacts/contact/7/change/"))

    assert [title for title, line in seen.items() if line["active"]] == ["Contacts"]


def test_a_page_inside_another_is_marked_alone(rf):
    head = User.objects.create_superuser("head", password="x")

    seen = lines(request_of(rf, head, "/admin/campaigns/campaign/calendar/"))

    assert [title for title, line in seen.items() if line["active"]] == ["Calendar"]


def test_ctrl_k_finds_people_by_the_beginning_of_address_or_name_and_campaigns_by_any_part(rf):
    head = User.objects.create_superuser("head", password="x")
    Contact.objects.create(email="ann@example.org", first_name="Ann", last_name="Le Goff")
    Campaign.objects.create(name="The autumn letter")

    def found(term):
        return [result.title for result in desk.find(request_of(rf, head), term)]

    assert found("ANN@ex") == ["Ann Le Goff"]
    assert found("ann le") == ["Ann Le Goff"]
    assert found("le goff") == ["Ann Le Goff"]
    assert found("tumn") == ["The autumn letter"]


def test_ctrl_k_shows_nobody_what_they_may_not_see(rf):
    Contact.objects.create(email="ann@example.org", first_name="Ann")

    assert desk.find(request_of(rf, User.objects.create_user("x", is_staff=True)), "ann") == []


def test_an_empty_list_says_what_will_stand_there_and_leads_on(client):
    client.force_login(User.objects.create_superuser("head", password="x"))

    page = client.get("/admin/social/qrcode/").content.decode()

    assert "Nothing here yet" in page and "One code for each poster" in page
    assert 'href="/admin/social/qrcode/add/"' in page and "No results found" not in page


def test_a_search_without_a_hit_leads_back_to_all(client):
    client.force_login(User.objects.create_superuser("head", password="x"))

    page = client.get("/admin/social/qrcode/?q=nowhere").content.decode()

    assert "No results found" in page and 'href="?"' in page and "Nothing here yet" not in page


def test_a_field_of_a_list_is_named_by_its_column_and_its_row(client):
    client.force_login(User.objects.create_superuser("head", password="x"))

    page = client.get("/admin/social/fraudrule/").content.decode()

    assert 'aria-label="On: Codes are being guessed"' in page and 'aria-label="From: Codes are being guessed"' in page


def test_the_columns_of_the_fraud_rules_are_a_switch_and_a_number_in_french(client):
    client.force_login(User.objects.create_superuser("head", password="x"))

    page = client.get("/admin/social/fraudrule/", headers={"accept-language": "fr"}).content.decode()

    assert (
        'aria-label="Activée: On devine des codes"' in page and 'aria-label="À partir de: On devine des codes"' in page
    )


def test_ctrl_k_finds_pages_and_presses_in_the_readers_language_and_only_those_she_may_open(rf):
    head = User.objects.create_superuser("head", password="x")
    cashier = User.objects.create_user("till", is_staff=True)
    cashier.groups.add(Group.objects.get(name="cashier"))

    def found(user, term):
        return [(result.title, result.description) for result in desk.find(request_of(rf, user), term)]

    assert ("Calendar", "Campaigns") in found(head, "calen")
    assert ("Invite somebody", "Action") in found(head, "INVITE")
    assert found(cashier, "calen") == [] and found(cashier, "invite") == []


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/admin/config/apikey/", ["Settings", "API keys"]),
        ("/admin/campaigns/campaign/calendar/", ["Campaigns", "Calendar"]),
        ("/admin/social/offer/add/", ["Offers", "Offers"]),
    ],
)
def test_the_way_to_a_page_is_told_in_the_words_of_the_menu(client, path, way):
    client.force_login(User.objects.create_superuser("head", password="x"))

    page = client.get(path).content.decode()

    header = page.partition('id="header-inner"')[2].partition("</div>")[0]
    told = re.findall(r'tracking-tight">([^<]+)<', header)
    assert told[:2] == way and "Configuration" not in header
