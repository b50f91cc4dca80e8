"""The offer's page: every state has words and a next step; a GET never claims."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.tracking.tokens import Purpose, make
from contacts import formkeys
from contacts.models import Notice
from social import qr
from social.fans import words
from social.models import Attempt, Claim, FanProof
from social.offers.redemption import Who, claim, redeem
from tests.make import make_contact, make_offer, make_place, make_segment
from tests.social.mails import mail_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_contact(first_name="Ann", last_name="Secret", language="en")


def press(client, token, **fields):
    return client.post(f"/f/{token}", {"key": formkeys.make(token, "offer"), **fields}, follow=True)


def test_a_get_shows_the_offer_and_claims_nothing(client, ann):
    _delivery, token = mail_with(make_offer(), contact=ann)

    page = client.get(f"/f/{token}")

    assert page.status_code == 200 and "20 % for our fans" in page.text and "Claim the offer" in page.text
    assert not Claim.objects.exists() and not page.cookies
    assert page["Cache-Control"] == "no-store" and page["Referrer-Policy"] == "no-referrer"


def test_a_press_claims_and_shows_code_and_qr_headed_with_her_first_name(client, ann):
    delivery, token = mail_with(make_offer(), contact=ann)

    page = press(client, token)

    hers = Claim.objects.get()
    assert (hers.contact, hers.delivery, hers.via) == (ann, delivery, "mail")
    assert hers.code.value[:5] + "-" in page.text and "data:image/png;base64," in page.text
    assert "For Ann" in page.text and "Secret" not in page.text and "ann@" not in page.text
    assert page.redirect_chain and not page.cookies


def test_a_second_press_and_a_reload_make_no_second_claim(client, ann):
    _delivery, token = mail_with(make_offer(), contact=ann)
    press(client, token)
    press(client, token)
    client.get(f"/f/{token}")

    assert Claim.objects.count() == 1


def test_the_printed_address_in_capitals_works_too(client, ann):
    _delivery, token = mail_with(make_offer(), contact=ann)

    assert client.get(f"/Q/{token.upper()}", follow=True).status_code == 200


@pytest.mark.parametrize("key", ["", "nonsense", "1-abc"])
def test_a_form_without_our_key_claims_nothing(client, ann, key):
    _delivery, token = mail_with(make_offer(), contact=ann)

    page = client.post(f"/f/{token}", {"key": key})

    assert "Press the button again" in page.text and not Claim.objects.exists()


def test_a_form_older_than_an_hour_asks_for_another_press(client, ann):
    _delivery, token = mail_with(make_offer(), contact=ann)
    key = formkeys.make(token, "offer")

    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert "more than an hour" in client.post(f"/f/{token}", {"key": key}).text
    assert not Claim.objects.exists()


def test_a_personal_offer_never_shows_its_code_behind_the_mails_link(client, ann):
    _delivery, token = mail_with(make_offer(holding="personal"), contact=ann)

    page = press(client, token)

    hers = Claim.objects.get()
    assert hers.code.value[:5] not in page.text and hers.token not in page.text and "data:image" not in page.text
    assert "Ann" not in page.text and "a•••@…" in page.text
    fresh = Notice.objects.get().payload["url"]
    assert hers.code.value[:5] in client.get(fresh[fresh.index("/q/") :]).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"starts_at": timezone.now() + timedelta(days=2)}, "The offer starts on"),
        ({"state": "draft"}, "The offer starts on"),
        ({"state": "paused"}, "The offer is paused"),
        ({"ends_at": timezone.now() - timedelta(minutes=1)}, "The offer ended on"),
        ({"state": "ended"}, "The offer"),
        ({"budget_minor": 1, "cost_minor": 2}, "Others were faster"),
        ({"min_fan_level": 4}, "our list of followers"),
        ({"min_fan_level": 2, "network": "instagram"}, "The word in our latest post on Instagram"),
        ({"min_fan_level": 0, "network": "facebook"}, "I follow you on Facebook"),
    ],
)
def test_each_state_has_its_words_and_a_next_step(client, ann, fields, said):
    _delivery, token = mail_with(make_offer(**fields), contact=ann)

    page = client.get(f"/f/{token}")

    assert page.status_code == 200 and said in page.text
    assert "Claim the offer" not in page.text
    press(client, token)
    assert not Claim.objects.exists()


def test_an_offer_of_others_says_so(client, ann):
    _delivery, token = mail_with(make_offer(segment=make_segment()), contact=ann)

    assert "The offer is for other customers." in client.get(f"/f/{token}").text


def test_all_gone_is_said_before_she_presses(client, ann):
    offer = make_offer(limits={"total": 1})
    _delivery, token = mail_with(offer, contact=ann)
    dans = claim(offer, make_contact(email="dan@example.com"), via="mail")
    redeem(dans.token, place=make_place(), who=Who("device:1"), key="1")

    assert "All of them are gone" in client.get(f"/f/{token}").text


def test_a_used_voucher_says_where_and_when(client, ann):
    offer = make_offer()
    _delivery, token = mail_with(offer, contact=ann)
    redeem(claim(offer, ann, via="mail").token, place=make_place(), who=Who("device:1"), key="1")

    page = client.get(f"/f/{token}").text

    assert "This voucher has been used." in page and "Shop Lyon" in page and "data:image" not in page


def test_the_word_of_the_post_is_the_proof(client, ann):
    offer = make_offer(min_fan_level=2, network="instagram")
    words.publish(offer.brand, "instagram", "Confetti")
    _delivery, token = mail_with(offer, contact=ann)

    wrong = press(client, token, word="lanterns")
    right = press(client, token, word=" #CONFETTI ")

    assert "This is not the word of the post." in wrong.text and 'value="lanterns"' in wrong.text
    assert Claim.objects.get().proof.level == 2 and "shown, not verified" in right.text
    assert Attempt.objects.get().reason == "WORD_UNKNOWN"


def test_her_own_statement_is_called_declared(client, ann):
    _delivery, token = mail_with(make_offer(min_fan_level=0, network="facebook"), contact=ann)

    page = press(client, token, declare="1")

    assert FanProof.objects.get().level == 0 and "Fan: declared" in page.text


def test_a_statement_is_not_enough_for_a_higher_level(client, ann):
    _delivery, token = mail_with(make_offer(min_fan_level=2, network="facebook"), contact=ann)

    press(client, token, declare="1")

    assert not FanProof.objects.exists() and not Claim.objects.exists()


def test_an_unknown_network_is_not_declared(client, ann):
    _delivery, token = mail_with(make_offer(min_fan_level=0), contact=ann)

    press(client, token, declare="1", network="myspace")

    assert not FanProof.objects.exists()


def test_the_crowds_link_shows_the_offer_and_claims_nothing(client, ann):
    delivery, _token = mail_with(make_offer(), contact=ann)
    token = make(Purpose.OFFER, delivery.campaign_id)

    page = client.get(f"/f/{token}")
    press(client, token)

    assert "20 % for our fans" in page.text and "in your own mail" in page.text
    assert not Claim.objects.exists()


def test_a_mail_with_two_offers_has_a_page_for_each(client, ann):
    first, second = make_offer(), make_offer(name="Second", percent=50)
    second.texts.filter(language="en").update(title="Half price")
    _delivery, token = mail_with(first, second, contact=ann)

    assert f'href="/f/{token}/b5"' in client.get(f"/f/{token}").text
    client.post(f"/f/{token}/b5", {"key": formkeys.make(token, "offer")})
    assert Claim.objects.get().offer == second


@pytest.mark.parametrize("token", ["f" * 32, "0" * 31, "x" * 32, "é" * 10, make.__name__])
def test_forged_and_cut_tokens_get_the_same_plain_page(client, token):
    make_place()
    page = client.get(f"/f/{token}")

    assert page.status_code == 404 and "This page is not here" in page.text
    assert client.get(f"/f/{token}/qr.png").status_code == 404


def test_a_token_of_another_purpose_opens_nothing(client, ann):
    delivery, _token = mail_with(make_offer(), contact=ann)

    assert client.get(f"/f/{make(Purpose.CLICK, delivery.campaign_id, delivery.pk)}").status_code == 404


def test_the_page_speaks_her_language_and_the_one_she_chooses(client):
    marie = make_contact(email="marie@example.com", language="fr")
    _delivery, token = mail_with(make_offer(), contact=marie)

    assert 'lang="fr"' in client.get(f"/f/{token}").text and "20 % pour nos fans" in client.get(f"/f/{token}").text
    assert "20 % for our fans" in client.get(f"/f/{token}?lang=en").text


def test_the_mails_picture_is_the_printed_address_and_writes_nothing(client, ann, django_assert_max_num_queries):
    _delivery, token = mail_with(make_offer(), contact=ann)
    client.get(f"/f/{token}/qr.png")

    with django_assert_max_num_queries(6) as captured:
        picture = client.get(f"/f/{token}/qr.png")

    assert qr.read_photo(picture.content) == [qr.address(token)]
    assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)
    assert not picture.cookies


def test_a_marketers_words_are_text_not_markup(client, ann):
    offer = make_offer()
    offer.texts.update(title="<script>alert(1)</script>", body="{{ settings.SECRET_KEY }}<b>")
    _delivery, token = mail_with(offer, contact=ann)

    page = client.get(f"/f/{token}").text

    assert "<script>alert" not in page and "{{ settings" in page and "<b>" not in page
