"""The way to the shop: whose visit it is, said to our own shop only, and only where clicks are measured."""

from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.text import slugify

from campaigns import links
from campaigns.models import Link
from campaigns.tracking import ingest, references, spool, targets
from campaigns.tracking.front import Front
from campaigns.tracking.tokens import Purpose, make
from contacts.models import Brand
from social.models import ShareLink
from tests.make import make_brand, make_campaign, make_contact, make_delivery, make_letter

SHOP = {"shop.example": ""}
TEMPLATE = "utm_source={network}&utm_medium={medium}&utm_campaign={campaign}"


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


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("https://shop.example/", "?utm_source=newsletter&utm_medium=email&utm_campaign=juin-a-lyon"),
        ("https://shop.example/?utm_source=mine&utm_medium=", "&utm_campaign=juin-a-lyon"),
        ("https://shop.example/?a=1&utm_campaign=x&utm_source=y&utm_medium=z", ""),
        ("https://elsewhere.example/", ""),
    ],
)
def test_the_brands_parameters_are_added_and_what_the_marketer_wrote_stays(target, told):
    stored = references.place(f"{target}#top", {"shop.example": TEMPLATE}, campaign="Juin à Lyon")
    assert references.fill(stored, "") == f"{target}{told}#top"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("utm_id={contact}", "{contact}"),
        ("utm_id={{ contact.id }}", "no parameter"),
        ("utm_source", "no parameter"),
        ("a=b&&c=d", "no parameter"),
        ("ff={network}", "reference"),
    ],
)
def test_a_template_that_would_say_more_is_refused(admin_client, template, said):
    brand = make_brand()
    page = f"/admin/contacts/brand/{brand.pk}/change/"
    form = {"name": brand.name, "slug": brand.slug, "default_language": "en", "colour_primary": "#5b2a86"}
    form |= {"colour_accent": "#d99a00", "font_stack": "Arial", "friend_robots": "all", "link_parameters": template}

    assert said in admin_client.post(page, form).text
    assert admin_client.post(page, form | {"link_parameters": TEMPLATE}).status_code == 302
    brand.refresh_from_db()
    assert brand.link_parameters == TEMPLATE


@pytest.fixture
def link(db):
    make_brand(website="https://www.shop.example/")
    return links.number_for(make_campaign(), None, "b1", "https://shop.example/sale")


@pytest.fixture
def web():
    """Return where the node leads by itself, with the database out of its way."""
    front = Front(lambda environ, start: [])

    def get(path, query=""):
        front.targets.forget()
        said = {}
        hit = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": "GET", "REMOTE_ADDR": "198.51.100.7"}
        front(hit, lambda status, headers: said.update(headers))
        return said["Location"]

    yield get
    front.spool.close()


def followed(token, link, query=""):
    return Client().get(f"/c/{token}/{link.number}{query}")["Location"]


@pytest.mark.django_db
def test_a_measured_click_carries_its_token_and_the_crowds_nothing(link):
    delivery = make_delivery(campaign=link.campaign)
    personal, crowd = make(Purpose.CLICK, link.campaign_id, delivery.pk), make(Purpose.CLICK, link.campaign_id, 0)

    assert followed(personal, link) == f"https://shop.example/sale?ff={personal}"
    assert followed(crowd, link) == "https://shop.example/sale"


@pytest.mark.django_db
def test_the_node_redirects_the_same_way_by_itself(link, web):
    targets.put([link])
    token = make(Purpose.CLICK, link.campaign_id, make_delivery(campaign=link.campaign).pk)
    assert web(f"/c/{token}/{link.number}") == f"https://shop.example/sale?ff={token}"


@pytest.mark.django_db
def test_a_new_template_reaches_the_links_of_mails_already_sent(link, web):
    chores = ingest.Chores(spool.folder())
    chores.sync()
    Brand.objects.update(link_parameters=TEMPLATE)
    chores.sync()
    crowd = f"/c/{make(Purpose.CLICK, link.campaign_id, 0)}/{link.number}"

    name = slugify(link.campaign.name)
    assert web(crowd) == f"https://shop.example/sale?utm_source=newsletter&utm_medium=email&utm_campaign={name}"
    friend = web(crowd, "s=0123456789ABCDEF&n=facebook")
    assert (
        friend
        == f"https://shop.example/sale?utm_source=facebook&utm_medium=social&utm_campaign={name}&ff=0123456789ABCDEF"
    )
    assert "facebook" not in web(crowd, "n=facebook") and "<" not in web(crowd, "s=0123456789ABCDEF&n=<b>")
    code = links.public(Link.Kind.QR, campaign=link.campaign, target="https://shop.example/sale")
    chores.sync()
    assert "utm_source=qr&utm_medium=offline" in web(f"/q/{code.token}")


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
    assert address.endswith(f"?s={link.token}&amp;n=facebook")
    path = unescape(address).removeprefix("http://localhost:8000")
    assert Client().get(path)["Location"] == f"https://shop.example/sale?ff={link.token}"
    Brand.objects.update(link_parameters="utm_source={network}")
    assert Client().get(path)["Location"] == f"https://shop.example/sale?utm_source=facebook&ff={link.token}"
