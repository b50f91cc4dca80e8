"""From deliveries to bytes on the wire: headers, parts, consent, queries, poison."""

import email
import email.policy
import re

import pytest

from campaigns.content import batch, compiled, versions
from campaigns.models import Campaign, ContentBody, Link
from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose
from tests.make import make_contact, make_delivery, make_mail, make_sender, make_topic

pytestmark = pytest.mark.django_db

BLOCKS = [
    {"type": "heading", "text": "Bonjour {{ contact.first_name | default: 'à vous' }}"},
    {"type": "text", "html": '<p>See <a href="https://shop.example/?a=1&amp;b=2">the shop</a>.</p>'},
    {"type": "button", "label": "Go", "link": "https://shop.example/{{ contact.attributes.city }}"},
    {"type": "footer"},
]


def parsed(message):
    return email.message_from_bytes(message, policy=email.policy.default)


def one(campaign, **contact):
    delivery = make_delivery(campaign=campaign, contact=make_contact(topic=campaign.topic, **contact))
    return delivery, batch.messages(campaign, [delivery])[0]


def test_every_header_is_as_the_wire_wants_it(settings):
    settings.TRACKING_URL = "https://go.brand.example"
    campaign = make_mail(subject="Été {{ contact.first_name }}")
    delivery, made = one(campaign, first_name="Zoé")

    mail = parsed(made.message)
    token = tokens.make(Purpose.BOUNCE, campaign.pk, delivery.pk)
    leave = tokens.make(Purpose.UNSUBSCRIBE, campaign.pk, delivery.pk)
    assert made.error == "" and made.recipient == "ann@example.com"
    assert made.envelope_from == f"b+{token}@mail.brand.example" and len(made.envelope_from.split("@")[0]) <= 64
    assert mail["From"] == "Maison <news@mail.brand.example>"
    assert mail["To"] == "ann@example.com"
    assert mail["Subject"] == "Été Zoé"
    assert mail["Message-ID"] == f"<{token}@mail.brand.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Precedence"] == "bulk" and mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["Feedback-ID"].count(":") == 3 and 5 <= len(mail["Feedback-ID"].split(":")[3]) <= 15
    raw = made.message.partition(b"\r\n\r\n")[0]
    assert f"List-Unsubscribe: <https://go.brand.example/u/{leave}>\r\n".encode() in raw + b"\r\n"
    assert len(f"https://go.brand.example/u/{leave}") <= 72
    assert b'List-Id: "Offers"\r\n <offers.mail.brand.example>' in raw
    assert len(mail.keys()) == len({name.lower() for name in mail})
    assert b"Bcc" not in raw and b"Auto-Submitted" not in raw


def test_a_topics_name_writes_no_header():
    brand = make_sender().brand
    topic = make_topic(slug="offers", name="Offers\r\nBcc: eve@evil.example", brand=brand)
    _delivery, made = one(make_mail(topic=topic))

    raw = made.message.partition(b"\r\n\r\n")[0]
    assert b"Bcc" not in raw and b"List-Id: <offers.mail.brand.example>" in raw


def test_no_integer_id_stands_in_message_id_or_feedback_id():
    campaign = make_mail()
    Campaign.objects.filter(pk=campaign.pk).update(name="x")
    _delivery, made = one(campaign)

    mail = parsed(made.message)
    assert re.fullmatch(r"<[0-9a-f]{32}@mail\.brand\.example>", mail["Message-ID"])
    assert re.fullmatch(r"[0-9a-f]{10}:offers:campaign:[a-z0-9]+", mail["Feedback-ID"])


def test_a_retry_has_the_same_bytes_but_for_the_date():
    campaign = make_mail(blocks=BLOCKS_PLAIN)
    delivery, made = one(campaign)
    again = batch.messages(campaign, [delivery])[0]

    def undated(message):
        return re.sub(rb"Date: [^\r]+", b"", message)

    assert undated(made.message) == undated(again.message)


BLOCKS_PLAIN = [block for block in BLOCKS if block["type"] != "button"]


def test_both_parts_are_quoted_printable_and_carry_the_same_links(settings):
    campaign = make_mail(blocks=BLOCKS_PLAIN)
    _delivery, made = one(campaign)

    mail = parsed(made.message)
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert [part["Content-Transfer-Encoding"] for part in mail.iter_parts()] == ["quoted-printable"] * 2
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    links = set(re.findall(rf"{settings.TRACKING_URL}/[cup]/[0-9a-f]{{32}}(?:/\d+)?", html))
    assert links and links <= set(re.findall(rf"{settings.TRACKING_URL}/\w/[0-9a-f]{{32}}(?:/\d+)?", text))


def test_lines_are_short_end_in_crlf_and_never_start_with_a_dot():
    campaign = make_mail(blocks=[{"type": "text", "html": "<p>{{ contact.first_name }}</p>"}, {"type": "footer"}])
    _delivery, made = one(campaign, first_name=".\n.\n..hello")

    lines = made.message.split(b"\r\n")
    assert max(map(len, lines)) <= 98  # List-Unsubscribe, which must not be folded; all else stays within 78
    assert all(len(line) <= 78 for line in lines if not line.startswith(b"List-Unsubscribe:"))
    assert not any(line.startswith(b".") for line in lines)
    assert b"\n" not in made.message.replace(b"\r\n", b"") and b"\r" not in made.message.replace(b"\r\n", b"")
    assert made.message.isascii()


def test_transactional_mail_says_so_and_offers_no_list_to_leave():
    campaign = make_mail(kind="transactional", trigger="welcome", state="sending")
    delivery = make_delivery(campaign=campaign, contact=make_contact(), occasion="a", context={"code": "X"})

    mail = parsed(batch.messages(campaign, [delivery])[0].message)

    assert mail["Auto-Submitted"] == "auto-generated"
    assert not {"List-Unsubscribe", "List-Id", "Precedence", "X-Auto-Response-Suppress"} & set(mail.keys())


def test_an_international_domain_goes_out_in_ascii():
    campaign = make_mail()
    make_sender(from_email="news@mail.brand.example")
    _delivery, made = one(campaign, email="ann@exämple.example")

    assert made.recipient == "ann@xn--exmple-cua.example" and b"To: <ann@xn--exmple-cua.example>" in made.message


def test_two_contacts_without_consent_get_the_same_mail_but_for_names_and_services():
    campaign = make_mail(blocks=BLOCKS_PLAIN, subject="Hi")
    rows = [
        make_delivery(
            campaign=campaign, contact=make_contact(email=f"{name}@example.com", first_name=name, topic=campaign.topic)
        )
        for name in ("ann", "dan")
    ]

    made = batch.messages(campaign, rows)

    def masked(outgoing, row, name):
        message = outgoing.message.replace(name.encode(), b"NAME")
        for purpose in (Purpose.BOUNCE, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.WEB):
            message = message.replace(tokens.make(purpose, campaign.pk, row.pk).encode(), b"TOKEN")
        return re.sub(rb"Date: [^\r]+", b"", message)

    assert masked(made[0], rows[0], "ann") == masked(made[1], rows[1], "dan")


def test_with_consent_the_tokens_are_hers_and_without_the_crowds():
    campaign = make_mail(blocks=BLOCKS_PLAIN)
    ann = make_delivery(
        campaign=campaign, contact=make_contact(topic=campaign.topic), tracks_opens=True, tracks_clicks=True
    )
    dan = make_delivery(campaign=campaign, contact=make_contact(email="dan@example.com"))

    hers, his = batch.messages(campaign, [ann, dan])

    for purpose in (Purpose.OPEN, Purpose.CLICK):
        own, crowd = (tokens.make(purpose, campaign.pk, pk).encode() for pk in (ann.pk, 0))
        assert own in hers.message and crowd not in hers.message
        assert crowd in his.message and tokens.make(purpose, campaign.pk, dan.pk).encode() not in his.message


def test_a_campaign_that_counts_the_crowd_only_ignores_consent():
    campaign = make_mail(blocks=BLOCKS_PLAIN, tracking="crowd")
    ann = make_delivery(
        campaign=campaign, contact=make_contact(topic=campaign.topic), tracks_opens=True, tracks_clicks=True
    )

    made = batch.messages(campaign, [ann])[0]

    assert tokens.make(Purpose.CLICK, campaign.pk, 0).encode() in made.message
    assert tokens.make(Purpose.OPEN, campaign.pk, ann.pk).encode() not in made.message


def test_a_campaign_that_measures_nothing_has_plain_links_and_no_pixel():
    campaign = make_mail(blocks=BLOCKS_PLAIN, tracking="none")
    _delivery, made = one(campaign)

    html = parsed(made.message).get_body(("html",)).get_content()
    assert 'href="https://shop.example/?a=1&amp;b=2"' in html and "/c/" not in html and "/o/" not in html
    assert not Link.objects.exists()


def test_a_batch_takes_the_same_queries_for_one_and_for_twenty(django_assert_num_queries):
    campaign = make_mail(blocks=BLOCKS_PLAIN)
    rows = [
        make_delivery(campaign=campaign, contact=make_contact(email=f"p{k}@example.com", topic=campaign.topic))
        for k in range(20)
    ]
    batch.messages(campaign, rows[:1])

    with django_assert_num_queries(2):
        assert len(batch.messages(campaign, rows[:1])) == 1
    with django_assert_num_queries(2):
        assert not any(made.error for made in batch.messages(campaign, rows))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "Ann\x0b"),
        ("first_name", "Ann\r\nBcc: evil@example.com"),
        ("first_name", "\u2028"),
        ("last_name", "\x00"),
        ("attributes", {"city": "\ud800"}),
    ],
)
def test_a_poison_row_fails_alone(field, value):
    campaign = make_mail(subject="Hi {{ contact.first_name }}{{ contact.last_name }}")
    html = "{{ contact.attributes.city }}"
    ann = make_delivery(campaign=campaign, contact=make_contact(topic=campaign.topic))
    bad = make_delivery(campaign=campaign, contact=make_contact(email="bad@example.com", topic=campaign.topic))
    compiled.forget()
    mail = compiled.load(campaign, campaign.content_version, "en")
    person = batch.recipient_of(bad, bad.contact, campaign)
    setattr(person, field, value)
    mail.html_source = mail.html_source.replace("Hello", html)
    del mail.__dict__["html"], mail.__dict__["parts"]

    failed = batch._one(mail, campaign, person, {}, batch.Makers(mail, campaign.pk))
    fine = batch.messages(campaign, [ann])[0]

    assert failed.error and failed.message == b"" and fine.error == ""


def test_an_address_few_servers_take_fails_alone():
    campaign = make_mail()
    ann = make_delivery(campaign=campaign, contact=make_contact(topic=campaign.topic))
    odd = make_delivery(campaign=campaign, contact=make_contact(email="jlópez@example.mx", topic=campaign.topic))

    made = batch.messages(campaign, [odd, ann])

    assert [bool(outgoing.error) for outgoing in made] == [True, False]
    assert "jlópez" not in made[0].error


def test_a_contact_who_was_erased_fails_alone():
    campaign = make_mail()
    ann = make_delivery(campaign=campaign, contact=make_contact(topic=campaign.topic))
    gone = make_delivery(campaign=campaign, contact=None)

    assert [bool(outgoing.error) for outgoing in batch.messages(campaign, [gone, ann])] == [True, False]


def test_each_contact_gets_her_language_else_the_brands():
    bodies = [
        ContentBody(
            language=language, subject=language, blocks=[{"type": "heading", "text": language}, {"type": "footer"}]
        )
        for language in ("en", "fr")
    ]
    campaign = make_mail(bodies=bodies)
    rows = [
        make_delivery(campaign=campaign, contact=make_contact(email=f"p{k}@example.com", language=language))
        for k, language in enumerate(("fr", "en", ""))
    ]

    subjects = [parsed(made.message)["Subject"] for made in batch.messages(campaign, rows)]

    assert subjects == ["fr", "en", "en"]


def test_a_retry_keeps_its_version_while_others_take_the_new_one():
    campaign = make_mail(subject="First")
    first = campaign.content_version
    second = versions.new_version(
        campaign.content, [ContentBody(language="en", subject="Second", blocks=[{"type": "footer"}])]
    )
    versions.publish(second)
    Campaign.objects.filter(pk=campaign.pk).update(content_version=second)
    old = make_delivery(campaign=campaign, contact=make_contact(), content_version=first)
    new = make_delivery(campaign=campaign, contact=make_contact(email="dan@example.com"))

    assert [parsed(made.message)["Subject"] for made in batch.messages(campaign, [old, new])] == ["First", "Second"]


def test_a_new_version_keeps_the_number_of_the_same_link_in_the_same_block():
    campaign = make_mail(blocks=BLOCKS_PLAIN)
    one(campaign)
    changed = [dict(block) for block in BLOCKS_PLAIN]
    changed[0]["text"] = "Other words"
    second = versions.new_version(campaign.content, [ContentBody(language="en", subject="x", blocks=changed)])
    versions.publish(second)

    compiled.load(campaign, second, "en")

    assert Link.objects.filter(campaign=campaign).count() == 1


def test_a_sender_changed_live_is_seen_in_the_next_batch():
    campaign = make_mail()
    delivery, _made = one(campaign)
    campaign.sender.from_name = "Brûlerie"
    campaign.sender.save()

    assert parsed(batch.messages(campaign, [delivery])[0].message)["From"].startswith("Brûlerie")


def test_the_topic_of_another_alphabet_leaves_the_list_id_bare():
    topic = make_topic(slug="promos", name="Été à Lyon")
    campaign = make_mail(topic=topic)
    _delivery, made = one(campaign)

    assert b"List-Id: <promos.mail.brand.example>\r\n" in made.message
