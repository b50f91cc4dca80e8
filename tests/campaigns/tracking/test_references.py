"""The way to the shop: whose visit it is, said to our own shop only, and only where clicks are measured."""

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import links
from campaigns.models import Link
from campaigns.tracking import references, targets
from campaigns.tracking.front import Front
from campaigns.tracking.tokens import Purpose, make
from contacts.models import Brand
from social.models import ShareLink
from tests.make import make_brand, make_campaign, make_contact, make_delivery, make_letter

SHOP = {"shop.example"}


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("https://shop.example/", "https://shop.example/?ff=REF"),
        ("https://www.shop.example/a?size=m", "https://www.shop.example/a?size=m&ff=REF"),
        ("https://fr.shop.example/a#top", "https://fr.shop.example/a?ff=REF#top"),
        ("https://shop.example.evil.example/", "https://shop.example.evil.example/"),
        ("https://myshop.example/", "https://myshop.example/"),
        ("https://[broken/", "https://[broken/"),
    ],
)
def test_only_our_own_shop_is_told(target, told):
    stored = references.place(target, SHOP)
    assert references.fill(stored, "REF") == told
    assert references.fill(stored, "") == target


@pytest.fixture
def link(db):
    make_brand(website="https://www.shop.example/")
    return links.number_for(make_campaign(), None, "b1", "https://shop.example/sale")


def followed(token, link, query=""):
    return Client().get(f"/c/{token}/{link.number}{query}")["Location"]


@pytest.mark.django_db
def test_a_measured_click_carries_its_token_and_the_crowds_nothing(link):
    delivery = make_delivery(campaign=link.campaign)
    personal, crowd = make(Purpose.CLICK, link.campaign_id, delivery.pk), make(Purpose.CLICK, link.campaign_id, 0)

    assert followed(personal, link) == f"https://shop.example/sale?ff={personal}"
    assert followed(crowd, link) == "https://shop.example/sale"


@pytest.mark.django_db
def test_the_node_redirects_the_same_way_by_itself(link):
    targets.put([link])
    token = make(Purpose.CLICK, link.campaign_id, make_delivery(campaign=link.campaign).pk)
    said = {}

    def start_response(status, headers):
        said.update(headers)

    front = Front(lambda environ, start: [])
    hit = {"PATH_INFO": f"/c/{token}/{link.number}", "REQUEST_METHOD": "GET", "REMOTE_ADDR": "198.51.100.7"}
    front(hit, start_response)
    assert said["Location"] == f"https://shop.example/sale?ff={token}"


@pytest.mark.django_db
def test_friends_carry_the_share_they_came_by():
    Brand.objects.all().delete()
    make_brand(website="https://shop.example/")
    text = {"id": "b3", "type": "text", "html": '<p><a href="https://shop.example/sale">The sale</a></p>'}
    campaign = make_letter(blocks=[text], started_at=timezone.now())
    link = links.public(Link.Kind.SHARE, campaign=campaign)
    ShareLink.objects.create(link=link, contact=make_contact(), campaign=campaign, network="facebook")

    letter = Client().get(f"/v/{link.token}/mail").content.decode()

    address = letter.split('href="')[1].split('"')[0]
    assert address.endswith(f"?s={link.token}")
    landed = Client().get(address.removeprefix("http://localhost:8000"))["Location"]
    assert landed == f"https://shop.example/sale?ff={link.token}"
