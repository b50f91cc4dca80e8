"""Every number of a report opens its people; campaigns stand side by side; the mail wears its clicks."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from campaigns import links
from campaigns.models import Campaign, Delivery
from campaigns.reports import Column, Money, Rate, Table, campaign_report
from campaigns.reports.comparison import compare
from campaigns.reports.workbook import workbook
from campaigns.tracking import events
from contacts.models import AuditEntry, Contact, Segment
from contacts.segments.sql import people as matching
from tests.campaigns.test_reports import sent_to
from tests.make import make_campaign, make_letter, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    hour_ago = timezone.now() - timedelta(hours=1)
    return make_campaign(name="Spring", state="sending", started_at=hour_ago, audience_at=hour_ago)


def page_of(name, campaign, *more):
    return reverse(f"admin:{name}", args=[campaign.pk, *more])


def test_a_number_opens_the_people_behind_it_latest_first(client, campaign):
    client.force_login(make_user())
    ann, ben, _cara = sent_to(campaign, 3)
    events.record("click", key="a", contact=ann, campaign=campaign, at=timezone.now() - timedelta(minutes=5))
    events.record("click", key="b", contact=ben, campaign=campaign)

    step = next(step for step in campaign_report(campaign).funnel if step.key == "click")
    text = client.get(step.url).content.decode()

    assert "2 people" in text and text.index(ben.email) < text.index(ann.email)
    assert _cara.email not in text


def test_the_people_of_one_link_become_a_segment_of_exactly_them(client, campaign):
    client.force_login(make_user())
    ann, ben, cara = sent_to(campaign, 3)
    Contact.objects.update(click_tracking_at=timezone.now())
    first = links.number_for(campaign, None, "b1", "https://shop.example/1")
    second = links.number_for(campaign, None, "b2", "https://shop.example/2")
    for person, link in ((ann, first), (ben, first), (cara, second)):
        events.record("click", key=f"c{person.pk}", contact=person, campaign=campaign, link=link)
    address = page_of("campaigns_report_segment", campaign, "click") + f"?link={first.number}"

    for _press in range(2):
        assert client.post(address).status_code == 302

    segment = Segment.objects.get()
    assert set(matching(segment.rules)) == {ann, ben}
    assert client.get(address).status_code == 405, "a GET never acts"


@pytest.mark.parametrize("kind", ["open", "redeem"])
def test_people_of_any_act_become_a_segment(client, campaign, kind):
    client.force_login(make_user())
    ann, _ben = sent_to(campaign, 2)
    Contact.objects.update(open_tracking_at=timezone.now())
    events.record(kind, key="x", contact=ann, campaign=campaign)
    client.post(page_of("campaigns_report_segment", campaign, kind))
    assert set(matching(Segment.objects.get().rules)) == {ann}


def test_who_takes_the_people_with_them_stands_in_the_audit_log(client, campaign):
    client.force_login(make_user())
    ann = sent_to(campaign, 1)[0]
    Contact.objects.filter(pk=ann.pk).update(first_name="=HYPERLINK(1)")
    events.record("click", key="a", contact=ann, campaign=campaign)

    answer = client.get(page_of("campaigns_report_csv", campaign, "click"))

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2 and ann.email in lines[1] and ",'=HYPERLINK(1)," in lines[1]
    assert AuditEntry.objects.get(verb="exported people of report").subject_id == campaign.pk


@pytest.mark.parametrize(("kind", "link"), [("nonsense", ""), ("click", "99"), ("click", "1x"), ("click", "²")])
def test_an_act_or_a_link_that_is_none_is_not_found(client, campaign, kind, link):
    client.force_login(make_user())
    address = page_of("campaigns_report_people", campaign, kind) + (f"?link={link}" if link else "")
    assert client.get(address).status_code == 404


def test_people_are_for_those_who_may_see_people(client, campaign):
    analyst = make_user(username="analyst", is_superuser=False)
    analyst.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    client.force_login(analyst)
    assert client.get(page_of("campaigns_campaign_report", campaign)).status_code == 200
    for name in ("campaigns_report_people", "campaigns_report_csv"):
        assert client.get(page_of(name, campaign, "click")).status_code == 403


def test_two_campaigns_are_compared_and_chance_is_called_chance():
    hour_ago = timezone.now() - timedelta(hours=1)
    one, two, three = (make_campaign(name=name, state="sending", started_at=hour_ago) for name in "ABC")
    for campaign, clicked in ((one, 60), (two, 58), (three, 10)):
        for i, person in enumerate(sent_to(campaign, 200)[:clicked]):
            events.record("click", key=f"{campaign.pk}-{i}", contact=person, campaign=campaign)

    def verdict(*campaigns):
        rows = compare(campaigns).rows
        return next(row for row in rows if row.label == "clicked").verdict

    assert verdict(one, two) == "no difference is shown"
    assert verdict(three, one).startswith("A is ahead by ")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_of_the_comparison_answers(client, campaign, language):
    client.force_login(make_user())
    other = make_campaign(name="Autumn", state="sending", started_at=timezone.now())
    sent_to(campaign, 40), sent_to(other, 40)
    address = reverse("admin:campaigns_report_compare")
    page = client.get(f"{address}?c={campaign.pk}&c={other.pk}", headers={"accept-language": language})
    assert page.status_code == 200 and "Autumn" in page.content.decode()
    book = client.get(f"{address}?c={campaign.pk}&c={other.pk}&format=xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows[1:3]] == ["Spring", "Autumn"]
    assert client.get(f"{address}?c={campaign.pk}&c=x").status_code == 302


def test_the_report_is_a_spreadsheet_with_numbers_as_numbers(client, campaign):
    client.force_login(make_user())
    for i, person in enumerate(sent_to(campaign, 40)[:10]):
        events.record("open", key=f"o{i}", contact=person, campaign=campaign)
    book = client.get(page_of("campaigns_campaign_report_xlsx", campaign))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    opened = next(row for row in rows if row[0] == "opened")
    assert opened[1:4] == [10, 40, 0.25]


def test_a_spreadsheet_runs_nothing_and_splits_rates_and_money():
    columns = [Column("a"), Column("b", "rate"), Column("c", "money")]
    content = workbook(
        [Table("t", "A [very]: long / title " * 3, columns, [["=1+1", Rate(5, 10), Money(1250, "JPY")]])]
    )
    head, row = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert head == ["a", "b", "b ≥", "b ≤", "c", ""]
    assert row[0] == "=1+1" and row[1] == 0.5 and row[4:] == [1250, "JPY"]


def test_the_mail_wears_its_clicks_and_looking_is_no_click(client):
    text = {"id": "b3", "type": "text", "html": '<p><a href="https://shop.example/sale">The sale</a></p>'}
    campaign = make_letter(name="Mapped", blocks=[text], started_at=timezone.now())
    people = sent_to(campaign, 40)
    client.force_login(make_user())
    address = page_of("campaigns_report_clicks_mail", campaign)
    client.get(address)
    link = campaign.links.get(target="https://shop.example/sale")
    for i, person in enumerate(people[:10]):
        events.record("click", key=f"c{i}", contact=person, campaign=campaign, link=link)

    page = client.get(address)

    text = page.content.decode()
    assert "10 · 25.0" in text and f"/report/people/click/?link={link.number}" in text
    assert "/c/" not in text.split("<body")[1], "a press in the map never goes through the tracking address"
    policy = page["Content-Security-Policy"]
    assert "sandbox " in policy and "allow-scripts" not in policy and page["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get(page_of("campaigns_report_clicks", campaign)).status_code == 200
    assert Delivery.objects.filter(campaign=campaign).count() == 40


def test_one_press_under_a_number_writes_to_exactly_its_people(client, campaign):
    client.force_login(make_user())
    ann, _ben, _cara = sent_to(campaign, 3)
    events.record("click", key="a", contact=ann, campaign=campaign)
    address = page_of("campaigns_report_write", campaign, "click")

    client.post(address)

    written = Campaign.objects.exclude(pk=campaign.pk).get()
    assert written.state == "draft"
    assert list(matching(written.segments.get().rules)) == [ann]
    analyst = make_user(username="ana", is_superuser=False)
    analyst.user_permissions.set(Permission.objects.filter(codename__in=["view_contact", "add_segment"]))
    client.force_login(analyst)
    assert client.post(address).status_code == 403
