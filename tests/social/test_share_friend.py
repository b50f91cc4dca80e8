"""The friend's page: tags for robots, an advantage and a form for people, nothing of the sponsor without consent."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image

from campaigns.models import Event
from contacts import consent, formkeys
from contacts.models import Contact, Notice, SignupForm, Subscription
from social import sharing, visits
from social.models import EarnedVisit, Offer, Referral, ShareLink
from tests.make import make_brand, make_contact, make_letter, make_offer, make_program, make_share_link
from tests.social.test_networks_robots import ROBOTS

pytestmark = pytest.mark.django_db


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.meta, self.links = {}, {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "meta":
            self.meta[given.get("property") or given.get("name")] = given.get("content")
        if tag == "link":
            self.links[given.get("rel")] = given.get("href")


@pytest.fixture
def link():
    make_program(brand=make_brand(website="https://maison.example"))
    return make_share_link()


def path(share_link):
    return f"/v/{share_link.link.token}"


def sign_up(client, share_link, **fields):
    fields.setdefault("key", formkeys.make(share_link.link.token, "friend"))
    fields.setdefault("email", "dan@example.com")
    return client.post(path(share_link), fields)


@pytest.mark.parametrize("agent", ROBOTS)
def test_every_networks_robot_finds_the_tags_in_the_first_32_kilobytes(client, link, agent):
    page = client.get(path(link), headers={"user-agent": agent})

    tags = Tags(page.content[:32_768].decode())
    assert page.status_code == 200
    assert tags.meta["og:url"] == sharing.address(link.link)
    assert tags.meta["og:title"] == "Roses for May"
    assert tags.meta["og:description"] == "20 % for our fans"
    assert tags.meta["og:image"].startswith("http") and tags.meta["og:image:width"] == "1200"
    assert tags.meta["og:image:height"] == "630" and tags.meta["og:image:alt"]
    assert tags.meta["twitter:card"] == "summary_large_image"
    assert "noindex" in tags.meta["robots"]
    assert tags.links["canonical"] == "https://maison.example"
    assert EarnedVisit.objects.count() == 0


def test_the_picture_is_a_jpeg_below_300_kilobytes_that_may_be_kept(client, link):
    address = Tags(client.get(path(link)).content.decode()).meta["og:image"]
    picture = client.get(address.removeprefix("http://localhost:8000"))

    image = Image.open(BytesIO(picture.content))
    assert (image.size, image.format) == ((1200, 630), "JPEG")
    assert int(picture["Content-Length"]) == len(picture.content) < 300_000
    assert "immutable" in picture["Cache-Control"]
    assert picture["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("name", ["0" * 32, "abc", "..%2f..%2fsecret", "a" * 31 + "-"])
def test_an_unknown_picture_is_a_404(client, name):
    assert client.get(f"/card/{name}.jpg").status_code == 404


def test_a_robot_gets_the_sharers_language_and_a_friend_her_own(client, link):
    link.contact.language = "fr"
    link.contact.save()

    robot = client.get(path(link), headers={"user-agent": "Twitterbot/1.0", "accept-language": "en"})
    friend = client.get(path(link), headers={"user-agent": "Safari", "accept-language": "en"})

    assert Tags(robot.content.decode()).meta["og:title"] == "Des roses en mai"
    assert Tags(friend.content.decode()).meta["og:title"] == "Roses for May"


def test_a_get_changes_nothing_and_sets_no_cookie(client, link):
    page = client.get(path(link))

    assert not page.cookies
    assert page["Referrer-Policy"] == "no-referrer"
    assert (Contact.objects.count(), Event.objects.count(), EarnedVisit.objects.count()) == (1, 0, 0)


def test_the_sponsors_first_name_shows_only_while_she_consents(client, link):
    before = client.get(path(link)).content.decode()
    consent.give(link.contact, "public_name", method="preferences")
    during = client.get(path(link)).content.decode()
    consent.withdraw(link.contact, "public_name", method="preferences")
    after = client.get(path(link)).content.decode()

    assert "Ann" not in before and "Ann" not in after
    assert "Ann thought of you" in during
    assert "Ann" not in during[: during.index("<body")]


def test_the_page_holds_no_address_or_code_of_the_sponsor(client, link):
    consent.give(link.contact, "public_name", method="preferences")
    page = client.get(path(link)).content.decode() + client.get(f"{path(link)}/mail").content.decode()

    assert "ann@example.com" not in page
    assert "/f/" not in page and "/s/" not in page and "/u/" not in page and "qr.png" not in page


def test_the_letter_is_framed_with_its_own_strict_policy(client, link):
    page = client.get(f"{path(link)}/mail")

    assert "Roses for May" in page.content.decode()
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy and "script-src 'none'" in policy


def test_two_taps_sign_a_friend_up_and_ask_her_to_confirm(client, link):
    answer = sign_up(client, link, first_name="Dan")

    dan = Contact.objects.get(email="dan@example.com")
    assert answer.status_code == 200 and not answer.cookies
    assert (dan.first_name, dan.referred_by, dan.source) == ("Dan", link.contact, f"share:bluesky:{link.pk}")
    assert Notice.objects.get(kind="confirm_subscription").payload["topics"] == []
    assert not Subscription.objects.filter(contact=dan).exists()
    assert Referral.objects.get().state == "pending"


def test_the_letter_is_asked_for_by_its_own_box_that_is_not_ticked(client, link):
    page = client.get(path(link)).content.decode()
    box = re.search(r'<input type="checkbox" name="newsletter"[^>]*>', page)[0]
    assert "checked" not in box

    sign_up(client, link, newsletter="1")

    notice = Notice.objects.get(kind="confirm_subscription")
    assert notice.payload["topics"] == ["offers"]
    assert "Yes, write me: Offers" in notice.payload["wording"]
    assert Subscription.objects.get(contact__email="dan@example.com").state == "pending"


def test_without_an_advantage_one_signs_up_for_the_letter_itself(client):
    link = make_share_link()
    page = client.get(path(link)).content.decode()

    sign_up(client, link)

    assert 'name="newsletter"' not in page and "You subscribe to" in page
    assert Notice.objects.get(kind="confirm_subscription").payload["topics"] == ["offers"]


def test_the_answer_is_the_same_for_newcomers_customers_and_the_sponsor_herself(client, link):
    make_contact(email="ben@example.com")

    answers = [sign_up(client, link, email=f"{name}@example.com").content.decode() for name in ("dan", "ben", "ann")]

    assert len({text.replace(f"{name}@", "…@") for text, name in zip(answers, ("dan", "ben", "ann"), strict=True)}) == 1
    assert Referral.objects.count() == 1


def test_a_bad_address_keeps_what_was_typed(client, link):
    page = sign_up(client, link, email="dan@@example", first_name="Dan", newsletter="1")

    text = page.content.decode()
    assert page.status_code == 400
    assert 'value="dan@@example"' in text and 'value="Dan"' in text
    assert re.search(r'name="newsletter" value="1" checked', text)
    assert Contact.objects.filter(email__contains="dan").count() == 0


def test_a_program_that_fills_every_field_signs_nobody_up(client, link):
    page = sign_up(client, link, website="https://spam.example")

    assert page.status_code == 200
    assert not Contact.objects.filter(email="dan@example.com").exists()


def test_an_old_form_keeps_what_was_typed(client, link):
    page = sign_up(client, link, key="1-abc", first_name="Dan")

    assert page.status_code == 400 and 'value="Dan"' in page.content.decode()
    assert not Referral.objects.exists()


def test_her_own_link_says_so_on_the_device_that_pressed(client, link):
    visits.mark_sharer(link, "127.0.0.1", "Mozilla/5.0 (iPhone)")

    own = client.get(path(link), headers={"user-agent": "Mozilla/5.0 (iPhone) Safari"}).content.decode()
    other = client.get(path(link), headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0)"}).content.decode()

    assert "This is your own link." in own
    assert "This is your own link." not in other


def test_an_expired_link_is_kind(client, link):
    link.link.expires_at = timezone.now() - timedelta(minutes=1)
    link.link.save()

    page = client.get(path(link))

    assert page.status_code == 410
    assert "https://maison.example" in page.content.decode()
    assert sign_up(client, link).status_code == 410
    assert not Referral.objects.exists()


def test_an_advantage_that_is_over_is_said_and_no_longer_promised(client, link):
    Offer.objects.update(starts_at=timezone.now() - timedelta(days=9), ends_at=timezone.now() - timedelta(days=1))

    page = client.get(path(link)).content.decode()

    assert "ended on" in page
    assert "Send me my advantage" not in page
    assert Tags(page).meta["og:description"] != "20 % for our fans"


def test_a_sponsor_who_is_gone_leaves_a_page_that_works(client, link):
    link.contact.delete()

    page = client.get(path(link)).content.decode()
    sign_up(client, link)

    assert "So that you know" not in page
    assert Referral.objects.get().sponsor is None


@pytest.mark.parametrize("token", ["ZZZZZZZZZZZZZZZZ", "abc", "0" * 40, "ZZZZZZZZZZZZZZ%00"])
def test_an_unknown_token_gets_the_plain_404(client, db, token):
    make_letter()

    assert client.get(f"/v/{token}").status_code == 404
    assert client.get(f"/v/{token}/mail").status_code == 404
    assert client.post(f"/v/{token}", {"email": "dan@example.com"}).status_code == 404


def test_a_token_may_be_typed_in_any_case(client, link):
    assert client.get(path(link).lower().replace("/v/", "/v/")).status_code == 200


def test_the_campaigns_own_offer_is_the_advantage_when_it_has_words_for_friends(client):
    offer = make_offer()
    offer.texts.update(friend_title="10 % for friends")
    campaign = make_letter(blocks=[{"id": "b5", "type": "offer", "offer": offer.pk}])

    page = client.get(path(make_share_link(campaign=campaign))).content.decode()

    assert "10 % for friends" in page
    assert "20 % for our fans" not in page[: page.index("<iframe")]


def test_a_friend_shares_on_and_her_link_is_of_the_next_generation(client, link):
    page = client.get(f"{path(link)}/on")
    key = formkeys.make(link.link.token, "on")

    press = client.post(f"{path(link)}/on", {"key": key, "network": "telegram", "text": "For you"})
    again = client.post(f"{path(link)}/on", {"key": key, "network": "telegram", "text": "For you"})

    child = ShareLink.objects.get(parent=link)
    assert page.status_code == 200 and "You get" not in page.content.decode()
    assert press.status_code == 303 and press["Location"].startswith("https://t.me/share/url")
    assert child.link.token in press["Location"] and child.link.token in again["Location"]
    assert (child.contact, child.generation, child.network) == (None, 2, "telegram")
    assert Event.objects.get(kind="share_intent").contact is None


def test_sharing_on_asks_for_a_press_on_a_fresh_page_of_a_live_network(client, link):
    client.get(f"{path(link)}/on")
    stale = client.post(f"{path(link)}/on", {"key": "1-abc", "network": "telegram"})
    closed = client.post(f"{path(link)}/on", {"key": formkeys.make(link.link.token, "on"), "network": "googleplus"})

    assert stale.status_code == closed.status_code == 400
    assert client.get("/v/ZZZZZZZZZZZZZZZZ/on").status_code == 404
    assert not ShareLink.objects.filter(parent=link).exists()


def test_an_over_invitation_leads_to_the_sign_up_page_and_is_not_shared_on(client, link):
    form = SignupForm.objects.create(brand=link.campaign.topic.brand, slug="letters", name="Letters")
    link.link.expires_at = timezone.now() - timedelta(minutes=1)
    link.link.save()

    assert f'href="/join/{form.slug}/"' in client.get(path(link)).content.decode()
    assert client.get(f"{path(link)}/on").status_code == 410


def test_a_sign_up_on_the_sharers_device_hears_that_a_person_looks_at_it(client, link):
    visits.mark_sharer(link, "127.0.0.1", "")

    page = sign_up(client, link).content.decode()

    assert "from this very device" in page and f"{path(link)}/on" in page
    assert "A customer already?" in page
