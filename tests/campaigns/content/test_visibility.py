"""Who sees a block: its reader, friends, or contacts of one segment alone."""

import pytest
from django.utils import timezone

from campaigns.content import batch, lint, versions, web
from campaigns.content.blocks import CompileEnv
from campaigns.content.compiled import compile_body
from campaigns.models import Campaign, ContentBody, EmailContent
from tests.make import make_brand, make_campaign, make_contact, make_delivery, make_segment

pytestmark = pytest.mark.django_db


def body(*blocks):
    rows = [{"id": f"b{n}", "type": "text", **block} for n, block in enumerate(blocks, 1)]
    return ContentBody(language="en", subject="Hi", blocks=[*rows, {"id": "f", "type": "footer"}])


def page(content, audience):
    return compile_body(content, CompileEnv(make_brand(), "en", None, audience)).html_source


def test_a_block_for_the_reader_and_one_for_friends_take_each_others_place():
    written = body({"html": "Your turn", "for": "self"}, {"html": "Her turn", "for": "friend"})

    assert "Your turn" in page(written, "self") and "Her turn" not in page(written, "self")
    for audience in ("friend", "public"):
        assert "Her turn" in page(written, audience) and "Your turn" not in page(written, audience)


def test_a_block_with_a_segment_reaches_its_contacts_alone(django_assert_num_queries):
    french = make_segment()
    content = EmailContent.objects.create(name="May", brand=make_brand())
    written = body({"html": "For all"}, {"html": "For the French", "when": french.pk})
    version = versions.new_version(content, [written])
    versions.publish(version)
    campaign = make_campaign(content_version=version, state=Campaign.State.SENDING, audience_at=timezone.now())
    people = [make_contact(email=f"{n}@x.example", language="fr" if n % 2 else "en") for n in range(6)]
    deliveries = [make_delivery(campaign=campaign, contact=person) for person in people]
    batch.messages(campaign, deliveries[:1])

    with django_assert_num_queries(6):
        made = batch.messages(campaign, deliveries)

    assert [b"For the French" in mail.message for mail in made] == [False, True] * 3
    assert all(b"For all" in mail.message and not mail.error for mail in made)


def test_friends_never_see_what_a_segment_sees():
    written = body({"html": "For the French", "when": make_segment().pk})

    assert "For the French" not in page(written, "friend") + page(written, "public")


def test_a_preview_as_a_contact_asks_the_segment_and_as_nobody_shows_all():
    from campaigns.content.recipients import Recipient

    written = body({"html": "For the French", "when": make_segment().pk})
    ann = make_contact(language="en")
    seen_by_ann = web.preview(written, make_brand(), recipient=Recipient(0, ann.pk, "ann@example.com"))

    assert "For the French" not in seen_by_ann.html + seen_by_ann.text
    assert "For the French" in web.preview(written, make_brand()).html


def test_a_segment_that_is_gone_is_found_and_shows_the_block_to_nobody():
    written = body({"html": "For the French", "when": 999})

    codes = [finding.code for finding in lint.body_findings(written, make_brand())]

    assert codes == ["block.reference"]
