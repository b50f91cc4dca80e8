"""The mail as a page: hers, a friend's, everybody's."""

import pytest

from campaigns.content import targets, web
from campaigns.models import ContentBody
from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose
from tests.make import make_brand, make_campaign, make_contact, make_delivery, make_mail

pytestmark = pytest.mark.django_db
BLOCKS = [
    {"type": "heading", "text": "Hello {{ contact.first_name | default: 'friend' }}"},
    {"type": "text", "html": '<p><a href="https://shop.example/">shop</a> {{ contact.email }}</p>'},
    {"type": "footer"},
]


def sent():
    campaign = make_mail(blocks=BLOCKS)
    ann = make_contact(topic=campaign.topic, first_name="Ann")
    return campaign, make_delivery(campaign=campaign, contact=ann, tracks_clicks=True)


@pytest.mark.parametrize("audience", ["public", "friend"])
def test_friends_and_the_public_see_no_name_and_no_personal_token(audience):
    campaign, delivery = sent()

    page = web.html(campaign, delivery=delivery, audience=audience)

    assert "Hello friend" in page and "ann@example.com" not in page and "Ann" not in page
    for purpose in Purpose:
        assert tokens.make(purpose, campaign.pk, delivery.pk) not in page
    assert tokens.make(Purpose.CLICK, campaign.pk, 0) in page and "/o/" not in page and "/u/" not in page


def test_she_sees_her_own_mail():
    campaign, delivery = sent()

    page = web.html(campaign, delivery=delivery, audience="self")

    assert "Hello Ann" in page and tokens.make(Purpose.UNSUBSCRIBE, campaign.pk, delivery.pk) in page


def test_without_a_delivery_ones_own_page_is_a_preview_without_tokens():
    campaign, _delivery = sent()

    page = web.html(campaign, audience="self")

    assert "Hello friend" in page and "/c/" not in page and "/o/" not in page


def test_a_campaign_without_a_mail_says_so():
    with pytest.raises(web.BadContent):
        web.html(make_campaign())


def test_a_preview_needs_nothing_saved():
    made = web.preview(ContentBody(language="fr", subject="Été {{ contact.first_name }}", blocks=BLOCKS), make_brand())

    assert made.subject == "Été " and "Hello friend" in made.html and made.size == len(made.html.encode()) and made.text


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "https://x.example/{{ contact.first_name }}?m={{ contact.email }}",
            "https://x.example/Ann?m=ann%40example.com",
        ),
        ("https://x.example/?q={{ contact.attributes.evil }}", "https://x.example/?q=%26a%3D1%23%2F..%2F"),
        ("{{ contact.attributes.site }}", "https://own.example/page"),
        ("{{ contact.attributes.script }}", ""),
        ("https://x.example/{% if contact.language == 'fr' %}fr{% else %}en{% endif %}", "https://x.example/fr"),
        ("https://x.example/{{ broken", ""),
    ],
)
def test_a_target_with_tags_is_filled_in_when_followed(target, expected):
    campaign = make_campaign()
    attributes = {"evil": "&a=1#/../", "site": "https://own.example/page", "script": "javascript:alert(1)"}
    ann = make_contact(first_name="Ann", language="fr", attributes=attributes)
    delivery = make_delivery(campaign=campaign, contact=ann)

    assert targets.resolve(target, campaign, delivery) == expected


def test_for_the_crowd_a_target_is_filled_with_nothing():
    assert targets.resolve("https://x.example/?n={{ contact.first_name }}", make_campaign()) == "https://x.example/?n="
