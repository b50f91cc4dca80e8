"""The share page: a GET shows, a press counts once and opens the composer."""

import re
from urllib.parse import unquote

import pytest
from django.test import Client

from campaigns.models import Engagement, Event
from campaigns.tracking import tokens
from contacts import formkeys
from social import sharing
from social.models import EarnedVisit, NetworkSetting, ShareLink
from tests.make import make_brand, make_contact, make_delivery, make_letter, make_program

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"


@pytest.fixture
def ann():
    campaign = make_letter()
    return make_delivery(campaign=campaign, contact=make_contact(first_name="Ann", topic=campaign.topic))


def token_of(delivery):
    return tokens.make(tokens.Purpose.SHARE, delivery.campaign_id, delivery.pk)


def press(client, token, network, **fields):
    fields.setdefault("key", formkeys.make(token, "share"))
    return client.post(f"/s/{token}", {"network": network, **fields}, headers={"user-agent": PHONE})


def test_opening_the_page_shares_nothing_and_sets_no_cookie(client, ann):
    page = client.get(f"/s/{token_of(ann)}/bluesky?b=b6")

    assert page.status_code == 200
    assert not page.cookies
    assert ShareLink.objects.count() == 0
    assert Event.objects.count() == 0


def test_a_scanner_that_follows_every_link_makes_no_intent(client, ann):
    page = client.get(f"/s/{token_of(ann)}").content.decode()
    for link in {f"/s/{token_of(ann)}/{key}" for key in re.findall(r'name="network" value="(\w+)"', page)}:
        client.get(link)
        client.head(link)

    assert ShareLink.objects.count() == 0
    assert not Event.objects.filter(kind="share_intent").exists()


def test_the_networks_stand_in_order_and_the_dead_are_gone(client, ann):
    page = client.get(f"/s/{token_of(ann)}").content.decode()
    keys = re.findall(r'name="network" value="(\w+)"', page)

    assert keys[:3] == ["whatsapp", "facebook", "email"]
    assert "copy" in keys
    assert not {"googleplus", "viadeo", "foursquare", "tumblr"} & set(keys)


def test_the_marketer_orders_switches_off_and_renames_networks(client, ann):
    brand = ann.campaign.topic.brand
    NetworkSetting.objects.create(brand=brand, network="mastodon", position=1, label={"en": "Our Mastodon"})
    NetworkSetting.objects.create(brand=brand, network="facebook", is_enabled=False)
    NetworkSetting.objects.create(brand=brand, network="tumblr", position=2)

    page = client.get(f"/s/{token_of(ann)}").content.decode()

    assert re.findall(r'name="network" value="(\w+)"', page)[:2] == ["mastodon", "tumblr"]
    assert "Our Mastodon" in page
    assert 'value="facebook"' not in page


def test_a_retired_network_stays_hidden_even_when_switched_on(ann):
    NetworkSetting.objects.create(brand=ann.campaign.topic.brand, network="googleplus", is_enabled=True)

    assert "googleplus" not in [one.key for one in sharing.offered(ann.campaign.topic.brand, "en")]


def test_a_press_makes_one_link_one_intent_and_opens_the_composer(client, ann):
    answer = press(client, token_of(ann), "bluesky", text="Look 🌹 & see", b="b6")

    link = ShareLink.objects.get()
    assert answer.status_code == 303
    assert unquote(answer["Location"]).endswith(f"?text=Look 🌹 & see {sharing.address(link.link)}")
    assert (link.contact, link.network, link.block, link.generation) == (ann.contact, "bluesky", "b6", 1)
    intent = Event.objects.get(kind="share_intent")
    assert (intent.contact, intent.campaign, intent.network, intent.link) == (
        ann.contact,
        ann.campaign,
        "bluesky",
        link.link,
    )
    assert intent.contact.last_shared_at is not None
    assert link.intended_at is not None and link.composed_at is None
    assert len(link.link.token) == 16


def test_pressing_again_changes_nothing(client, ann):
    for _ in range(3):
        press(client, token_of(ann), "bluesky")

    assert ShareLink.objects.count() == 1
    assert Event.objects.filter(kind="share_intent").count() == 1


def test_a_place_in_the_letter_that_is_no_text_is_no_place(client, ann):
    token = token_of(ann)
    assert client.get(f"/s/{token}?b=%00").status_code == 200
    assert press(client, token, "bluesky", b="x\0").status_code == 303


def test_two_bars_of_one_letter_make_two_links_but_one_intent_per_network(client, ann):
    press(client, token_of(ann), "bluesky", b="b6")
    press(client, token_of(ann), "bluesky", b="b2")
    press(client, token_of(ann), "x", b="b6")

    assert ShareLink.objects.count() == 3
    assert Event.objects.filter(kind="share_intent").count() == 2
    assert Engagement.objects.get(kind="share_intent").contact == ann.contact


def test_the_page_may_be_redirected_to_composers(client, ann):
    policy = client.get(f"/s/{token_of(ann)}").headers["Content-Security-Policy"]

    assert "form-action 'self' https: mailto:" in policy
    assert "script-src 'self'" in policy and "unsafe" not in policy


def test_copying_shows_a_field_that_needs_no_script(client, ann):
    page = press(client, token_of(ann), "copy", text="Roses").content.decode()
    link = sharing.address(ShareLink.objects.get().link)

    assert f'readonly value="{link}"' in page
    assert f"Roses\n{link}" in page


def test_mail_and_messages_are_opened_by_a_link_of_our_page(client, ann):
    page = press(client, token_of(ann), "email", text="Roses").content.decode()

    assert 'href="mailto:?subject=Roses%20for%20May&amp;body=Roses%0D%0A%0D%0Ahttp' in page


def test_the_share_sheet_gets_link_and_words(ann, client):
    token = token_of(ann)
    answer = client.post(
        f"/s/{token}",
        {"network": "webshare", "key": formkeys.make(token, "share"), "text": "Roses"},
        headers={"accept": "application/json"},
    )

    link = ShareLink.objects.get()
    assert answer.json() == {"url": sharing.address(link.link), "text": "Roses", "title": "Roses for May"}
    assert (link.network, Event.objects.get(kind="share_intent").network) == ("webshare", "webshare")


@pytest.mark.parametrize("network", ["googleplus", "myspace", ""])
def test_a_network_that_is_gone_is_answered_with_the_others(client, ann, network):
    page = press(client, token_of(ann), network, text="My own words")

    assert page.status_code == 400
    assert "My own words" in page.content.decode()
    assert ShareLink.objects.count() == 0


def test_an_old_form_key_asks_to_press_once_more_and_keeps_the_words(client, ann):
    page = press(client, token_of(ann), "x", key="1-abc", text="My own words")

    assert page.status_code == 400
    assert "My own words" in page.content.decode()
    assert ShareLink.objects.count() == 0


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1] + "0" * (t[-1] != "0") + "1" * (t[-1] == "0"), lambda t: t[:20], str.swapcase]
)
def test_a_forged_or_cut_token_gets_the_plain_404(client, ann, spoil):
    token = token_of(ann)
    spoilt = spoil(token)

    assert client.get(f"/s/{spoilt}").status_code == (200 if spoilt.lower() == token else 404)


def test_a_token_of_another_purpose_shares_nothing(client, ann):
    other = tokens.make(tokens.Purpose.UNSUBSCRIBE, ann.campaign_id, ann.pk)

    assert client.get(f"/s/{other}").status_code == 404
    assert press(client, other, "x").status_code == 404


def test_a_forwarded_share_page_says_nothing_about_its_owner(client, ann):
    page = client.get(f"/s/{token_of(ann)}").content.decode()

    assert "Ann" not in page and "ann@example.com" not in page


def test_a_crowd_token_shares_for_nobody_in_particular(client, ann):
    token = tokens.make(tokens.Purpose.SHARE, ann.campaign_id)

    press(client, token, "x")
    press(client, token, "x")

    assert ShareLink.objects.get().contact is None
    assert Event.objects.get(kind="share_intent").contact is None


def test_an_erased_contact_leaves_a_page_that_still_works(client, ann):
    token = token_of(ann)
    ann.contact.delete()

    assert client.get(f"/s/{token}").status_code == 200
    assert press(client, token, "x").status_code == 303


def test_the_page_speaks_the_contacts_language(client, ann):
    ann.contact.language = "fr"
    ann.contact.save()

    assert "Des roses en mai" in client.get(f"/s/{token_of(ann)}").content.decode()
    assert "Roses for May" in client.get(f"/s/{token_of(ann)}?lang=en").content.decode()


def test_the_page_says_what_sponsor_and_friend_get(client, ann):
    make_program(brand=make_brand())

    page = client.get(f"/s/{token_of(ann)}").content.decode()

    assert page.count("20 % for our fans") >= 2
    assert "when a friend has signed up and confirmed" in page


def test_a_text_too_long_is_cut_for_the_composer(client, ann):
    answer = press(client, token_of(ann), "x", text="word " * 200)

    assert "%E2%80%A6&url=http" in answer["Location"]


def test_the_press_marks_the_sharers_own_device_for_today(client, ann):
    press(client, token_of(ann), "x")
    press(client, token_of(ann), "bluesky")

    assert EarnedVisit.objects.filter(is_sharer=True).count() == 2
    assert not ShareLink.objects.filter(visited_at__isnull=False).exists()


def test_the_press_needs_no_csrf_cookie(ann):
    assert press(Client(enforce_csrf_checks=True), token_of(ann), "x").status_code == 303


def test_the_page_asks_the_database_a_constant_number_of_times(client, ann, django_assert_max_num_queries):
    client.get(f"/s/{token_of(ann)}")

    with django_assert_max_num_queries(14):
        client.get(f"/s/{token_of(ann)}")
