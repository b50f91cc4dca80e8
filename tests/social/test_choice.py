"""Which networks one sees: the more particular choice wins, and a rewarded share says so in its words."""

from urllib.parse import unquote

import pytest
from django.db import IntegrityError, transaction

from campaigns.tracking.tokens import Purpose, make
from contacts import formkeys
from social import sharing
from social.admin.networks import NetworkForm
from social.models import NetworkSetting
from social.networks import registry
from tests.make import make_brand, make_contact, make_delivery, make_letter, make_program, make_segment

pytestmark = pytest.mark.django_db


def chosen(network="bluesky", **fields):
    return NetworkSetting.objects.create(brand=make_brand(), network=network, **fields)


def keys(language="en", **who):
    return [one.key for one in sharing.offered(make_brand(), language, **who)]


def test_a_campaign_a_language_and_a_segment_each_have_their_say():
    may = make_letter()
    ann, ben = make_contact(language="fr"), make_contact(email="ben@example.com", language="en")
    chosen("bluesky", position=1)
    chosen("bluesky", language="fr", is_enabled=False)
    chosen("vk", campaign=may, position=2)
    chosen("facebook", segment=make_segment(), is_enabled=False)

    assert "bluesky" in keys("en") and "bluesky" not in keys("fr")
    assert "vk" not in keys("en") and "vk" in keys("en", campaign=may)
    assert "facebook" not in keys("fr", contact=ann) and "facebook" in keys("en", contact=ben)
    assert "facebook" in keys("en"), "a mail's bar is everybody's"


def test_words_left_empty_come_from_the_less_particular_choice():
    may = make_letter()
    chosen(label={"en": "Sky"}, text={"en": "Look up"})
    chosen(campaign=may, text={"en": "Roses up there"})

    (one,) = [one for one in sharing.offered(make_brand(), "en", campaign=may) if one.key == "bluesky"]

    assert (one.label, one.text) == ("Sky", "Roses up there")


def test_a_choice_is_made_once():
    chosen()

    with pytest.raises(IntegrityError), transaction.atomic():
        chosen()
    chosen(language="fr")


def share(client, network, **typed):
    campaign = make_letter()
    delivery = make_delivery(campaign=campaign)
    raw = make(Purpose.SHARE, campaign.pk, delivery.pk)
    typed = {"key": formkeys.make(raw, "share"), "network": network, **typed}
    return client.get(f"/s/{raw}/{network}").content.decode(), unquote(client.post(f"/s/{raw}", typed)["Location"])


def test_a_network_has_words_of_its_own_until_she_writes(client):
    chosen(text={"en": "Blue words"})

    page, composer = share(client, "bluesky", text="Roses for May 🌹", was="Roses for May 🌹")
    assert ">Blue words</textarea>" in page
    assert "text=Blue words https" in composer or "text=Blue words http" in composer


def test_what_she_wrote_goes_out_as_she_wrote_it(client):
    chosen(text={"en": "Blue words"})

    assert "text=Mine http" in share(client, "bluesky", text="Mine", was="Blue words")[1]


def test_a_rewarded_share_says_so_in_its_words_and_another_does_not(client):
    assert "I get something" not in share(client, "x")[0]


def test_the_words_of_a_rewarded_share_end_with_the_disclosure_even_when_cut(client):
    make_program()
    long = "word " * 100
    told = "(I get something for it too.)"

    page, composer = share(client, "x", text=f"{long.strip()} {told}", was="")

    assert f"Roses for May 🌹 {told}</textarea>" in page
    text = composer.split("text=")[1].split("&url=")[0]
    assert text.endswith(f"… {told}")
    assert registry.remaining("x", text, sharing.SAMPLE) >= 0


def test_the_desk_refuses_words_that_are_too_long_or_pay_for_the_press():
    form = {"brand": make_brand().pk, "position": 1, "is_enabled": True}

    long = NetworkForm({**form, "network": "x", "text_en": "a" * 300})
    paid = NetworkForm({**form, "network": "threads", "text_en": "Share this and win a bag"})
    good = NetworkForm({**form, "network": "threads", "text_en": "Roses", "text_fr": "Des roses"})

    assert "44 characters too long" in str(long.errors["text_en"])
    assert "forbids a reward" in str(paid.errors["text_en"])
    assert good.is_valid(), good.errors
    assert good.save().text == {"en": "Roses", "fr": "Des roses"}
