"""Pages to follow, and how many friends came."""

import pytest

from campaigns.content.blocks import CompileEnv, registry
from campaigns.content.compiled import compile_body
from campaigns.content.recipients import NOBODY, Recipient
from campaigns.content.web import sample_values
from campaigns.models import ContentBody
from social.models import Referral
from tests.make import make_brand, make_campaign, make_contact

pytestmark = pytest.mark.django_db


def made(block, audience="self"):
    body = ContentBody(language="en", subject="Hi", blocks=[{"id": "b1", **block}, {"id": "f", "type": "footer"}])
    return compile_body(body, CompileEnv(make_brand(), "en", None, audience))


def test_pages_to_follow_are_known_by_their_host():
    links = "https://www.instagram.com/maison\nhttps://bsky.app/profile/x\nhttps://social.maison.example/@us"
    mail = made({"type": "follow", "links": links})

    for name in ("Instagram", "Bluesky", "social.maison.example"):
        assert f">{name}</a>" in mail.html_source.replace("/>" + name, ">" + name), name
    assert "fanfare/icons/bluesky.png" in mail.html_source and "- Instagram: https://www.instagram" in mail.text_source


def test_a_page_to_follow_needs_a_whole_address():
    block = {"id": "b1", "type": "follow", "links": "instagram.com/us"}

    assert [finding.code for finding in registry()["follow"].check(block, "")] == ["link.address"]
    assert registry()["follow"].check({"links": " "}, "")[0].code == "block.empty"


def test_progress_counts_approved_friends_in_one_query(django_assert_num_queries):
    ann, eve = make_contact(), make_contact(email="eve@example.com")
    for n in range(2):
        Referral.objects.create(sponsor=ann, friend=make_contact(email=f"f{n}@x.example"), state="approved")
    Referral.objects.create(sponsor=ann, friend=make_contact(email="p@x.example"), state="pending")
    block, campaign = {"id": "b1", "type": "progress", "goal": 3, "reward": "tea"}, make_campaign()
    people = [Recipient(1, ann.pk, ""), Recipient(2, eve.pk, "")]

    with django_assert_num_queries(1):
        hers, none = registry()["progress"].values(block, campaign, people)

    assert hers == {"friends": 2, "left": 1, "percent": 66, "rest": 34}
    assert none == {"friends": 0, "left": 3, "percent": 0, "rest": 100}


def test_progress_says_how_far_it_is_and_friends_see_nothing():
    block = {"type": "progress", "goal": 3, "reward": "a bag of coffee"}
    mail = made(block)

    words = mail.plain(sample_values(mail, NOBODY))
    assert "2 of 3 friends came. 1 to go: a bag of coffee." in words
    assert "bag of coffee" not in made(block, "friend").html_source + made(block, "public").html_source
