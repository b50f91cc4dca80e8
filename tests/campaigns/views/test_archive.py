"""The public archive: what was put there, for everybody, and nothing of anybody."""

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from tests.make import make_brand, make_contact, make_delivery, make_mail

pytestmark = pytest.mark.django_db
BLOCKS = [
    {"type": "text", "html": "<p>Dear {{ contact.first_name }}, the news</p>"},
    {"type": "text", "html": "<p>For you alone</p>", "for": "self"},
    {"type": "footer"},
]


def sent(**fields):
    fields = {"state": Campaign.State.FINISHED, "started_at": timezone.now(), "in_archive": True, **fields}
    return make_mail(subject="News, {{ contact.first_name }}", blocks=BLOCKS, **fields)


def test_a_letter_of_the_archive_is_read_by_everybody_without_a_name(client):
    campaign = sent()
    make_delivery(campaign=campaign, contact=make_contact(first_name="Ann", topic=campaign.topic))

    listed = client.get("/archive/maison/", headers={"Accept-Language": "en"})
    assert listed.status_code == 200 and not listed.cookies
    path = listed.text.split('href="/w/')[1].split('"')[0].replace("&amp;", "&")
    page = client.get(f"/w/{path}")

    assert ">News</a>" in listed.text and "Ann" not in listed.text + page.text
    assert "the news" in page.text and "For you alone" not in page.text
    assert "/u/" not in page.text and "/p/" not in page.text
    assert (
        page["Content-Security-Policy"].startswith("sandbox")
        and "default-src 'none'" in page["Content-Security-Policy"]
    )


@pytest.mark.parametrize(
    "fields", [{"in_archive": False}, {"state": "draft"}, {"state": "cancelled"}, {"started_at": None}]
)
def test_what_was_not_put_there_or_not_sent_is_not_in_it(client, fields):
    sent(**fields)

    assert "/w/" not in client.get("/archive/maison/").text


def test_an_empty_archive_says_so_and_an_unknown_brand_is_not_found(client):
    make_brand()

    assert "Come back after the next letter" in client.get("/archive/maison/", headers={"Accept-Language": "en"}).text
    assert client.get("/archive/nobody/").status_code == 404 and client.post("/archive/maison/").status_code == 405
