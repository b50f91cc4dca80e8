"""The check before sending, and what is said on save: what, where, what to do."""

import pytest
from django.urls import reverse
from django.utils import translation

from campaigns.content import checks, lint, versions
from campaigns.content.findings import BadContent
from campaigns.models import AudienceExclusion, ContentBody, ContentVersion, EmailContent
from contacts import consent
from tests.make import make_attribute, make_brand, make_campaign, make_contact, make_mail, make_user

pytestmark = pytest.mark.django_db
FOOTER = {"type": "footer"}
TEXT = {"type": "text", "html": "<p>Hello</p>"}


def codes(campaign, level="error"):
    return {finding.code for finding in checks.check(campaign) if finding.level == level}


def found(*blocks, **fields):
    body = ContentBody(**{"language": "en", "subject": "Hi", "blocks": versions.with_ids(list(blocks)), **fields})
    return {finding.code: finding for finding in lint.body_findings(body, make_brand())}


def ready(**fields):
    campaign = make_mail(**fields)
    make_contact(topic=campaign.topic)
    return campaign


def test_a_whole_campaign_may_go():
    assert codes(ready()) == set()


def test_errors_come_first_and_each_has_a_remedy():
    campaign = make_campaign(sender=None)

    findings = checks.check(campaign)

    assert [finding.level for finding in findings] == sorted(
        (finding.level for finding in findings), key=checks.ORDER.get
    )
    assert all(finding.remedy and finding.message.endswith(".") for finding in findings if finding.level == "error")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"sender": None}, "sender.missing"),
        ({"topic": None}, "topic.missing"),
        ({"everyone_reason": ""}, "audience.unchosen"),
        ({"content": None, "content_version": None}, "content.missing"),
    ],
)
def test_what_is_missing_stops_the_campaign(spoil, code):
    campaign = ready()
    for name, value in spoil.items():
        setattr(campaign, name, value)
    campaign.save()

    assert code in codes(campaign)


def test_nobody_to_write_to_is_an_error():
    assert "audience.empty" in codes(make_mail())


def test_no_basis_is_an_error():
    campaign = make_mail()
    contact = make_contact(topic=campaign.topic)
    contact.subscriptions.update(basis="none")

    assert {"audience.empty", "basis.missing"} <= codes(campaign)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_why_people_are_left_out_is_said_in_the_readers_language(language, client):
    campaign = make_mail()
    make_contact(topic=campaign.topic).subscriptions.update(basis="none")
    client.force_login(make_user())

    page = client.get(
        reverse("admin:campaigns_campaign_check", args=[campaign.pk]), headers={"Accept-Language": language}
    )
    with translation.override(language):
        reason = str(AudienceExclusion.Reason.NO_BASIS.label)
        (empty,) = [one for one in checks.check(campaign) if one.code == "audience.empty"]

    assert f"{reason}: 1" in empty.remedy and "no_basis" not in page.text
    assert page.text.count(reason) >= 2 and (language == "en") == (reason == "no consent and no other basis")


def test_a_missing_postal_address_is_an_error():
    campaign = ready()
    campaign.topic.brand.postal_address = " "
    campaign.topic.brand.save()

    assert "address.missing" in codes(campaign)


def test_every_language_needs_a_way_out_and_an_address():
    bodies = [
        ContentBody(language="en", subject="x", blocks=[dict(TEXT), dict(FOOTER)]),
        ContentBody(language="fr", subject="x", blocks=[dict(TEXT)]),
    ]
    campaign = ready(bodies=bodies)

    errors = [(finding.code, finding.where) for finding in checks.check(campaign) if finding.level == "error"]

    assert ("unsubscribe.missing", "fr") in errors and ("address.unseen", "fr") in errors
    assert not [where for _code, where in errors if where == "en"]


def test_a_transactional_mail_needs_no_way_to_leave():
    campaign = make_mail(kind="transactional", trigger="welcome", blocks=[dict(TEXT), dict(FOOTER)])

    assert codes(campaign) == set()


def test_a_language_of_the_brand_that_is_missing_is_a_warning():
    campaign = ready()
    campaign.topic.brand.languages = ["en", "fr"]
    campaign.topic.brand.save()

    assert "language.missing" in codes(campaign, "warning")


def test_an_unknown_merge_name_is_found_with_line_and_remedy():
    finding = found({"type": "text", "html": "<p>Hello\nyou\n{{ contact.frist_name }}</p>"}, FOOTER)["merge.unknown"]

    assert "contact.frist_name" in finding.message and "{{ contact.first_name }}" in finding.remedy
    assert finding.where == "en, block 1 (Text), line 3"


def test_an_unknown_name_in_the_subject_is_found_there():
    assert found(TEXT, FOOTER, subject="Hi {{ nobody }}")["merge.unknown"].where == "en, subject, line 1"


def test_a_name_of_an_attribute_is_known_once_it_exists():
    block = {"type": "text", "html": "<p>{{ contact.attributes.favourite_shop }}</p>"}
    assert "merge.unknown" in found(block, FOOTER)

    make_attribute(name="favourite_shop")

    assert "merge.unknown" not in found(block, FOOTER)


@pytest.mark.parametrize(
    "html", ["<p>{{ contact.first_name</p>", "<p>{% if contact.email %}x</p>", "<p>{{ x | nofilter }}</p>"]
)
def test_a_broken_tag_is_found_with_its_place(html):
    bad = found(TEXT, {"type": "text", "html": html}, FOOTER)

    assert bad["merge.syntax"].level == "error" and bad["merge.syntax"].where.startswith("en, block 2")


@pytest.mark.parametrize(
    ("block", "code", "level"),
    [
        ({"type": "button", "label": "Go", "link": ""}, "link.empty", "error"),
        ({"type": "button", "label": "Go", "link": "shop.example"}, "link.address", "error"),
        ({"type": "button", "label": "", "link": "https://x.example"}, "block.empty", "error"),
        ({"type": "button", "label": "Go", "link": "http://x.example"}, "link.http", "warning"),
        ({"type": "text", "html": "<p> </p>"}, "block.empty", "error"),
        ({"type": "text", "html": '<p><a href="">x</a></p>'}, "link.empty", "error"),
        ({"type": "heading", "text": ""}, "block.empty", "error"),
        ({"type": "image", "image": 4711, "alt": "x"}, "block.reference", "error"),
        ({"type": "image", "image": 4711, "alt": ""}, "image.alt", "warning"),
        ({"type": "nonsense"}, "block.unknown", "error"),
    ],
)
def test_a_block_that_is_not_right_is_found(block, code, level):
    finding = found(block, FOOTER)[code]

    assert finding.level == level and finding.where.startswith("en")


def test_a_long_subject_is_a_warning_and_an_empty_one_an_error():
    assert found(TEXT, subject="x" * 80)["subject.long"].level == "warning"
    assert found(TEXT, subject=" ")["subject.missing"].level == "error"
    assert found(TEXT, subject="a\nb")["subject.control"].level == "error"


def test_a_mail_of_a_hundred_kilobytes_is_refused():
    assert found({"type": "text", "html": "<p>" + "words " * 20_000 + "</p>"})["size"].level == "error"


def test_what_is_wrong_is_not_saved():
    content = EmailContent.objects.create(name="x", brand=make_brand())

    with pytest.raises(BadContent) as caught:
        versions.new_version(content, [ContentBody(language="en", subject="", blocks=[{"type": "button"}])])

    assert {"subject.missing", "link.empty"} <= {finding.code for finding in caught.value.findings}
    assert not ContentVersion.objects.exists()


def test_versions_count_up_and_a_published_one_never_changes():
    content = EmailContent.objects.create(name="x", brand=make_brand())
    first = versions.new_version(content, [ContentBody(language="en", subject="a", blocks=[dict(TEXT)])])
    second = versions.new_version(content, [ContentBody(language="en", subject="b", blocks=[dict(TEXT)])])
    versions.publish(first)
    at = first.published_at
    versions.publish(first)

    body = first.bodies.get()
    assert (first.number, second.number) == (1, 2) and first.published_at == at
    with pytest.raises(versions.PublishedVersion):
        versions.save_body(body)


def test_writing_on_goes_into_a_draft_of_its_own():
    content = EmailContent.objects.create(name="x", brand=make_brand())
    first = versions.new_version(content, [ContentBody(language="en", subject="a", blocks=[dict(TEXT)])])
    assert versions.draft_of(content) == first
    versions.publish(first)

    draft = versions.draft_of(content)

    assert draft.number == 2 and draft.bodies.get().subject == "a" and draft.bodies.get().pk != first.bodies.get().pk
    assert versions.draft_of(content) == draft


def test_blocks_without_an_id_get_one_and_doubles_are_told_apart():
    blocks = versions.with_ids(
        [{"type": "a"}, {"id": "x", "type": "b"}, {"id": "x", "type": "c"}, {"id": "1;", "type": "d"}]
    )

    ids = [block["id"] for block in blocks]
    assert len(set(ids)) == 4 and ids[1] == "x" and all(one.isidentifier() for one in ids)


def test_a_template_as_the_mail_is_warned_of():
    campaign = ready()
    assert "content.template" not in codes(campaign, "warning")

    campaign.content.is_template = True

    assert "content.template" in codes(campaign, "warning")


def test_the_check_says_how_many_are_measured_one_by_one_and_how_many_as_a_crowd():
    campaign = ready()
    consent.give(make_contact(email="bea@example.com", topic=campaign.topic), "open_tracking", method="form")

    def said():
        return next(f.message for f in checks.check(campaign) if f.code == "tracking.split")

    assert "opens of 1, clicks of 0 of 2 people" in said()
    campaign.tracking = "crowd"
    assert "opens of 0, clicks of 0 of 2 people" in said()
    campaign.tracking = "none"
    assert "Nothing is measured" in said()
