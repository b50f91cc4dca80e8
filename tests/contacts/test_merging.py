import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Delivery
from contacts import consent, duplicates, identities, merging, privacy, suppression
from contacts.models import AuditEntry, Contact, ContactTag, Identity, Subscription, Tag
from social.models import Order
from tests.make import make_campaign, make_contact, make_delivery, make_topic, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def two():
    ann = make_contact(email="ann@example.com", first_name="Ann", attributes={"size": "M"})
    double = make_contact(email="ann+shop@example.com", last_name="Lee", attributes={"size": "L", "city": "Lyon"})
    return ann, double


def order(contact, reference="1042"):
    return Order.objects.create(
        contact=contact, source="shop", reference=reference, amount_minor=3600, currency="EUR",
        ordered_at=timezone.now(),
    )  # fmt: skip


def test_a_merge_moves_every_floor_fills_gaps_and_logs_what_moved(two):
    ann, double = two
    identities.attach(double, "card", "2000123", "imported", "shop")
    bought, tag = order(double), Tag.objects.create(name="vip")
    ContactTag.objects.create(contact=double, tag=tag)
    dan = make_contact(email="dan@example.com", referred_by=double)

    seen = merging.preview(double, ann)
    assert Order.objects.get().contact == double, "a preview changes nothing"
    done = merging.merge(double, ann, by="marie")

    assert seen.moves == done.moves and done.moves["social.order"] == 1
    ann.refresh_from_db()
    dan.refresh_from_db()
    double.refresh_from_db()
    assert (ann.first_name, ann.last_name, ann.attributes) == ("Ann", "Lee", {"size": "M", "city": "Lyon"})
    assert dan.referred_by == ann and double.merged_into == ann and double.email is None
    assert Order.objects.get().contact == ann and list(ann.tags.all()) == [tag]
    assert identities.find("card", "2000123") == identities.find("email", "ann+shop@example.com") == ann
    log = AuditEntry.objects.get(verb="merged contact").detail
    assert log["contact"] == double.pk and log["rows"]["social.order"] == [bought.pk]


def test_nothing_that_a_walk_of_the_models_finds_is_left_with_the_double(two):
    ann, double = two
    consent.subscribe(double, make_topic(), basis="consent", method="form")
    make_delivery(contact=double)
    order(double)
    merging.merge(double, ann, by="marie")
    left = {one.label: one.rows(double).count() for one in privacy.personal_models() if one.is_direct}
    assert not any(left.values()), left


def test_what_would_stand_twice_stays_behind_and_is_told(two):
    ann, double = two
    campaign = make_campaign()
    for one in two:
        make_delivery(campaign=campaign, contact=one)
    done = merging.merge(double, ann, by="marie")
    assert done.kept_back == {"campaigns.delivery": 1}
    assert Delivery.objects.filter(contact=double).count() == 1


def test_the_newer_word_on_a_topic_and_a_purpose_holds(two):
    ann, double = two
    topic = make_topic()
    consent.subscribe(ann, topic, basis="consent", method="form")
    consent.give(ann, "open_tracking", method="form")
    consent.subscribe(double, topic, basis="consent", method="form")
    consent.unsubscribe(double, topic, method="one_click")
    consent.withdraw(double, "open_tracking", method="preferences")

    merging.merge(double, ann, by="marie")

    ann.refresh_from_db()
    assert Subscription.objects.get().state == "unsubscribed" and ann.open_tracking_at is None


def test_who_left_everything_at_one_address_has_left_at_both(two):
    ann, double = two
    consent.unsubscribe(double, None, method="one_click")
    merging.merge(double, ann, by="marie")
    assert suppression.is_suppressed("ann@example.com")


def test_one_person_and_a_merged_one_are_refused(two):
    ann, double = two
    with pytest.raises(merging.CannotMerge):
        merging.merge(ann, ann, by="marie")
    merging.merge(double, ann, by="marie")
    with pytest.raises(merging.CannotMerge, match="merged already"):
        merging.merge(double, ann, by="marie")


def test_duplicates_are_proposed_by_mailbox_phone_and_card(two):
    ann, double = two
    dot = make_contact(email="a.n.n@gmail.com")
    nodot = make_contact(email="ann@googlemail.com")
    make_contact(email="other@gmail.com")
    for contact, kind, value in (
        (ann, "phone", "+33612345678"), (dot, "phone", "0612345678"), (ann, "card", "0077"), (nodot, "card", "77"),
    ):  # fmt: skip
        identities.attach(contact, kind, value)

    found = {frozenset((one.older, one.newer)) for one in duplicates.proposals()}

    assert found == {
        frozenset((ann, double)), frozenset((dot, nodot)), frozenset((ann, dot)), frozenset((ann, nodot)),
    }  # fmt: skip
    assert {one.newer for one in duplicates.of(ann)} == {double, dot, nodot}


def test_the_desk_proposes_previews_and_merges(client, two):
    ann, double = two
    client.force_login(make_user())
    assert b"same mailbox" in client.get(reverse("admin:contacts_contact_pairs")).content
    where = reverse("admin:contacts_contact_merge", args=[ann.pk])
    page = client.get(where, {"who": f"#{double.pk}"})
    assert b"cannot be undone" in page.content and Contact.objects.filter(merged_into=None).count() == 2
    client.post(where, {"who": f"#{double.pk}", "sure": "1"})
    assert Contact.objects.get(pk=double.pk).merged_into == ann
    assert b"Merged with contact" in client.get(reverse("admin:contacts_contact_profile", args=[ann.pk])).content


def test_two_cards_on_one_address_stay_one_contact_and_the_page_says_so(client, two):
    ann, _double = two
    for card in ("1", "2"):
        identities.attach(ann, Identity.Kind.CARD, card)
    client.force_login(make_user())
    assert b"two people may share it" in client.get(reverse("admin:contacts_contact_profile", args=[ann.pk])).content
    assert AuditEntry.objects.filter(verb="looked at contact", subject_id=ann.pk).exists()
