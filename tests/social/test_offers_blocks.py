"""The offer card and the QR block in a real mail: hers in the mail, nobody's for friends, honest before sending."""

import email
import email.policy
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.content import batch, compiled, web
from campaigns.content.blocks import CompileEnv, registry
from campaigns.models import Delivery
from campaigns.tracking.hits import Batch, Hit
from campaigns.tracking.tokens import Purpose, make
from contacts.segments import predicate
from contacts.segments.sql import people
from social import qr, scans
from social.conversions import record_order
from social.fans import declared
from social.offers import reports, timeline
from social.offers.redemption import Who, claim, redeem
from tests.make import make_contact, make_mail, make_offer, make_place

pytestmark = pytest.mark.django_db


def mail_of(*blocks):
    """A campaign whose mail has these blocks, ready to be built."""
    body = [{"id": "b1", "type": "heading", "text": "Hello"}, *blocks, {"id": "b9", "type": "footer"}]
    return make_mail(blocks=body)


def built(campaign, *people_):
    version = campaign.content_version
    rows = [
        Delivery.objects.create(campaign=campaign, contact=person, content_version=version, language="en")
        for person in people_
    ]
    return rows, [
        email.message_from_bytes(one.message, policy=email.policy.default) for one in batch.messages(campaign, rows)
    ]


def parts(message):
    return message.get_body(("html",)).get_content(), message.get_body(("plain",)).get_content()


def test_each_mail_carries_its_own_offer_page_and_qr():
    campaign = mail_of({"id": "b4", "type": "offer", "offer": make_offer().pk})
    ann, dan = make_contact(email="a1@example.com"), make_contact(email="d1@example.com")

    rows, mails = built(campaign, ann, dan)

    for row, mail in zip(rows, mails, strict=True):
        page, text = parts(mail)
        hers = make(Purpose.OFFER, campaign.pk, row.pk)
        assert f"/f/{hers}" in page and f"/f/{hers}/qr.png" in page and f"/f/{hers}" in text
        assert set(re.findall(r"/f/([0-9a-f]{32})", page)) == {hers}
        assert "20 % for our fans" in page and "Once each." in page


def test_the_pictures_address_gives_the_code_of_that_mail(client):
    campaign = mail_of({"id": "b4", "type": "offer", "offer": make_offer().pk})
    rows, (mail,) = built(campaign, make_contact(email="a1@example.com"))
    page, _text = parts(mail)
    path = re.search(r'src="[^"]*(/f/[0-9a-f]{32}/qr\.png)"', page)[1]

    picture = client.get(path)

    assert qr.read_photo(picture.content) == [qr.address(make(Purpose.OFFER, campaign.pk, rows[0].pk))]


def test_a_second_offer_names_its_block():
    first, second = make_offer(), make_offer(name="Second")
    campaign = mail_of({"id": "b4", "type": "offer", "offer": first.pk}, {"id": "b5", "type": "qr", "offer": second.pk})

    rows, (mail,) = built(campaign, make_contact(email="a1@example.com"))

    page, _text = parts(mail)
    hers = make(Purpose.OFFER, campaign.pk, rows[0].pk)
    assert f"/f/{hers}/b5/qr.png" in page and f'/f/{hers}"' in page


@pytest.mark.parametrize("fields", [{"holding": "personal"}, {"min_fan_level": 0}])
def test_no_qr_where_it_would_not_work_alone(fields):
    card = registry()["offer"]
    offer = make_offer(**fields)
    env = CompileEnv(brand=offer.brand, language="en")

    assert "mj-image" not in card.mjml({"id": "b4", "type": "offer", "offer": offer.pk}, env)
    codes = {found.code for found in registry()["qr"].check({"id": "b5", "offer": offer.pk}, "en")}
    assert "qr.not_alone" in codes


@pytest.mark.parametrize("audience", ["friend", "public"])
def test_friends_see_their_own_advantage_and_no_key(audience):
    offer = make_offer()
    offer.texts.update(friend_title="A first espresso for you")
    campaign = mail_of({"id": "b4", "type": "offer", "offer": offer.pk}, {"id": "b5", "type": "qr", "offer": offer.pk})

    page = web.html(campaign, language="en", audience=audience)

    assert "A first espresso for you" in page
    assert "/f/" not in page and "qr.png" not in page and "20 % for our fans" not in page


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": "ended"}, "offer.over"),
        ({"ends_at": timezone.now() - timedelta(hours=1)}, "offer.over"),
        ({"state": "draft"}, "offer.not_live"),
        ({"state": "paused"}, "offer.not_live"),
        ({"starts_at": timezone.now() + timedelta(days=1)}, "offer.starts_later"),
        ({"holding": "personal"}, "offer.code_mail"),
        ({"min_fan_level": 2}, "offer.fans"),
    ],
)
def test_the_check_says_what_is_wrong(fields, code):
    found = registry()["offer"].check({"id": "b4", "offer": make_offer(**fields).pk}, "en, block 2")

    assert code in {one.code for one in found} and all(one.remedy and one.where for one in found)


@pytest.mark.parametrize("offer", [None, 0, 999_999, "7", True])
def test_a_card_without_an_offer_is_an_error(offer):
    block = {"id": "b4", "offer": offer}

    assert [one.code for one in registry()["offer"].check(block, "en")] == ["offer.missing"]
    assert registry()["offer"].valid_until(block) is None


def test_missing_words_and_terms_are_named_by_language():
    offer = make_offer()
    offer.brand.languages = ["en", "fr"]
    offer.brand.save()
    offer.texts.filter(language="fr").delete()
    offer.texts.update(terms="")

    codes = [one.code for one in registry()["offer"].check({"id": "b4", "offer": offer.pk}, "en")]

    assert codes == ["offer.terms", "offer.language"]


def test_the_offers_end_is_the_mails_end():
    offer = make_offer()
    assert registry()["offer"].valid_until({"offer": offer.pk}) == offer.ends_at
    assert registry()["qr"].references({"offer": offer.pk}) == [("social.Offer", offer.pk)]


def test_a_batch_asks_a_constant_number_of_queries(django_assert_max_num_queries):
    campaign = mail_of({"id": "b4", "type": "offer", "offer": make_offer().pk})
    built(campaign, make_contact(email="warm@example.com"))
    crowd = [make_contact(email=f"p{number}@example.com") for number in range(40)]
    rows = [
        Delivery.objects.create(
            campaign=campaign, contact=person, content_version=campaign.content_version, language="en"
        )
        for person in crowd
    ]

    with django_assert_max_num_queries(12):
        assert all(one.message for one in batch.messages(campaign, rows))


# --- what the other floors borrow ------------------------------------------------------------------------------------


def bought(contact, campaign=None):
    offer = make_offer()
    hers = claim(offer, contact, via="mail", campaign=campaign)
    place = make_place()
    redeem(
        hers.token, place=place, who=Who("device:1"), key=f"k{contact.pk}", amount_minor=5_000, order_reference="A-1"
    )
    return offer, place


def test_the_timeline_tells_claim_redemption_order_and_proof():
    ann = make_contact()
    bought(ann)
    declared.declare(ann, "instagram")

    told = timeline.entries(ann.pk, before=timezone.now() + timedelta(seconds=1), limit=50)

    assert sorted(entry.kind for entry in told) == ["claim", "fan_proof", "order", "redeem"]
    assert all(entry.url.startswith("/admin/social/") for entry in told)
    assert [panel.rows for panel in timeline.panels(ann.pk)] != [[], []]
    assert timeline.entries(make_contact(email="dan@example.com").pk, before=timezone.now(), limit=5) == []


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("claimed", "did", {}),
        ("redeemed", "did", {}),
        ("fan", "did", {"network": "instagram"}),
        ("ordered", "did", {"days": 30}),
        ("net_spend_minor", "gte", 5_000),
        ("net_spend_minor", "between", [1, 9_000]),
        ("last_ordered", "in_last_days", 3),
        ("last_redeemed", "in_last_days", 3),
    ],
)
def test_segments_find_ann_by_what_she_did_and_not_dan(field, op, value):
    ann, dan = make_contact(), make_contact(email="dan@example.com")
    bought(ann)
    declared.declare(ann, "instagram")
    rule = {"all": [{"field": field, "op": op, "value": value}]}
    ann.refresh_from_db()

    assert list(people(rule)) == [ann]
    assert predicate.matches(rule, ann) and not predicate.matches(rule, dan)


def test_who_bought_nothing_spent_0():
    ann, dan = make_contact(), make_contact(email="dan@example.com")
    bought(ann)

    assert list(people({"all": [{"field": "net_spend_minor", "op": "lt", "value": 1}]})) == [dan]


def test_the_report_counts_people_orders_and_net_money():
    campaign = mail_of({"id": "b4", "type": "offer", "offer": make_offer().pk})
    ann = make_contact(email="a1@example.com")
    bought(ann, campaign)
    record_order(
        "till:lyon", "A-1", amount_minor=5_000, returned_minor=1_000, currency="EUR", ordered_at=timezone.now()
    )

    section = reports.section(campaign)

    numbers = {step.key: step.n for step in section.steps}
    assert numbers == {"claim": 1, "redeem": 1, "orders": 1}
    assert section.steps[2].money.minor == 4_000
    assert section.tables[0].rows == [["Twenty for fans", "Shop Lyon", 1, 1, 0]]


def test_a_campaign_without_offers_has_no_such_section():
    assert reports.section(mail_of()) is None


def test_a_scan_counts_for_the_campaign_and_for_nobody():
    campaign = mail_of({"id": "b4", "type": "offer", "offer": make_offer().pk})
    rows, _mails = built(campaign, make_contact(email="a1@example.com"))
    hers = claim(make_offer(), make_contact(email="x@example.com"), via="mail", campaign=campaign)
    shown = [make(Purpose.OFFER, campaign.pk, rows[0].pk), hers.token, "A" * 26, "B" * 16]
    hits = [Hit(kind="q", at=timezone.now(), key=f"spool:{n}", token=token) for n, token in enumerate(shown)]
    hits.append(Hit(kind="q", at=timezone.now(), key="spool:head", token=hers.token, flags="h"))
    collected = Batch()

    scans.handle(hits, collected)

    assert [(act.kind, act.campaign_id, act.contact_id) for act in collected.acts] == [
        ("qr_scan", campaign.pk, None)
    ] * 2


def test_a_mail_sent_later_shows_the_offers_words_and_end_of_that_moment():
    offer = make_offer()
    campaign = mail_of({"id": "b4", "type": "offer", "offer": offer.pk})
    _rows, (first,) = built(campaign, make_contact(email="a1@example.com"))

    offer.texts.update(title="A quarter off")
    _rows, (second,) = built(campaign, make_contact(email="d1@example.com"))
    offer.percent, offer.ends_at = 25, offer.ends_at + timedelta(days=400)
    offer.save()
    _rows, (third,) = built(campaign, make_contact(email="e1@example.com"))

    assert "20 % for our fans" in parts(first)[0]
    assert "A quarter off" in parts(second)[0] and "20 % for our fans" not in parts(second)[0]
    assert str(offer.ends_at.year) in parts(third)[0]


def test_an_offer_that_did_not_change_is_compiled_once():
    campaign = mail_of({"id": "b4", "type": "offer", "offer": make_offer().pk})
    first = compiled.load(campaign, campaign.content_version, "en")

    assert compiled.load(campaign, campaign.content_version, "en") is first


@pytest.mark.parametrize("kind", ["offer", "qr"])
def test_the_codes_white_ground_is_its_own_picture_not_the_card_which_is_dark_at_night(kind):
    offer = make_offer()
    source = registry()[kind].mjml({"id": "b4", "offer": offer.pk}, CompileEnv(brand=offer.brand, language="en"))

    assert "mj-image" in source and "container-background-color" not in source
