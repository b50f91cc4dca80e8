from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from contacts import addresses, audit, consent, formkeys, idempotency, identities, manners, suppression
from contacts.models import AuditEntry, Consent, Contact, IdempotencyKey, Identity, Subscription, Suppression
from tests.make import make_contact, make_topic, make_user


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (" Ann@Example.COM ", "ann@example.com"),
        ("o'neil+news@example.com", "o'neil+news@example.com"),
        ("ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("zoé@example.com", "zoé@example.com"),
    ],
)
def test_addresses_have_one_form(raw, stored):
    assert addresses.normalise(raw) == stored
    assert addresses.normalise(stored) == stored


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ann",
        "ann@",
        "@x.org",
        "a b@x.org",
        "a@@x.org",
        "a..b@x.org",
        "a@x",
        "a@-x.org",
        f"{'a' * 65}@x.org",
        "a\n@x.org",
        "a@x.org\x00",
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(raw):
    with pytest.raises(addresses.BadAddress) as refused:
        addresses.normalise(raw)
    assert str(refused.value).endswith(".")
    assert addresses.unsendable(raw) == "invalid"


def test_letters_outside_ascii_before_the_at_are_kept_but_not_written_to(db):
    assert addresses.unsendable("zoé@example.com") == "eai"
    assert make_contact(email="zoé@example.com").unsendable == "eai"


def test_a_suppression_is_a_hash_and_holds_for_every_spelling(db):
    first = suppression.suppress("Ann@Example.com", Suppression.Reason.COMPLAINT)
    again = suppression.suppress("ann@example.com", Suppression.Reason.MANUAL)
    assert first.pk == again.pk and again.reason == "complaint"
    assert suppression.is_suppressed("ANN@example.com") and not suppression.is_suppressed("dan@example.com")
    assert "ann" not in first.address_hash and len(first.address_hash) == 32


def test_erasure_outranks_every_other_reason(db):
    suppression.suppress("ann@example.com", Suppression.Reason.COMPLAINT)
    assert suppression.suppress("ann@example.com", Suppression.Reason.ERASED).reason == "erased"


def test_lifting_needs_a_reason_and_is_audited(db):
    row = suppression.suppress("ann@example.com", Suppression.Reason.MANUAL)
    with pytest.raises(suppression.ReasonMissing):
        suppression.lift(row, " ", "marie")
    suppression.lift(row, "asked by phone", make_user())
    assert not suppression.is_suppressed("ann@example.com")
    assert AuditEntry.objects.get().verb == "lifted suppression"
    suppression.suppress("ann@example.com", Suppression.Reason.MANUAL)
    assert Suppression.objects.count() == 2


def test_people_are_found_by_every_name_they_have(db):
    ann = make_contact(email="ann@example.com")
    identities.attach(ann, "card", "2000 123", "imported", "till")
    identities.attach(ann, "phone", "0033 6 01 02 03 04")
    identities.attach(ann, "handle", "Bluesky:@Ann.Example", "declared")
    for kind, value in [
        ("email", "ANN@example.com"),
        ("card", "2000-123"),
        ("phone", "+33601020304"),
        ("handle", "bluesky:ann.example"),
    ]:
        assert identities.find(kind, value) == ann
    assert identities.find("email", "no address") is None


def test_an_identity_belongs_to_one_person_and_proof_only_grows(db):
    ann, dan = make_contact(email="ann@example.com"), make_contact(email="dan@example.com")
    identities.attach(ann, "card", "1", "confirmed")
    assert identities.attach(ann, "card", "1", "imported").proof == "confirmed"
    for value in ("1", "ann@example.com"):
        with pytest.raises(identities.IdentityTaken):
            identities.attach(dan, "card" if value == "1" else "email", value)
    with pytest.raises(identities.IdentityTaken):
        identities.create("ann@example.com")
    with pytest.raises(identities.BadIdentity):
        identities.attach(dan, "phone", "12")


def test_find_follows_merges(db):
    ann = make_contact(email="ann@example.com")
    old = make_contact(email="old@example.com", merged_into=ann)
    assert identities.find("email", old.email) == ann


def test_who_was_merged_since_the_mail_confirms_as_who_she_is_now(db):
    letter, ann = make_topic(), make_contact(email="ann@example.com")
    old = make_contact(email="old@example.com", merged_into=ann)

    done = consent.confirm(old, {"topics": [letter.slug], "purposes": ["open_tracking"]}, evidence={})

    ann.refresh_from_db()
    assert [row.contact for row in done] == [ann] and ann.open_tracking_at
    confirmed = Identity.objects.get(proof=Identity.Proof.CONFIRMED)
    assert (confirmed.contact, confirmed.value) == (ann, "old@example.com"), "the address the mail went to"


def test_consent_is_a_ledger_and_the_contact_holds_how_it_stands(db):
    ann = make_contact()
    first = consent.give(ann, "open_tracking", method="form", wording="Measure me", language="en")
    consent.give(ann, "open_tracking", method="preferences")
    ann.refresh_from_db()
    assert ann.open_tracking_at == first.at and len(first.wording_hash) == 64
    assert consent.tracking_allowed(ann, "open_tracking", timezone.now())
    assert not consent.tracking_allowed(ann, "open_tracking", first.at - timedelta(seconds=1))

    consent.withdraw(ann, "open_tracking", method="preferences")
    ann.refresh_from_db()
    assert ann.open_tracking_at is None and not consent.tracking_allowed(ann, "open_tracking", timezone.now())
    assert list(Consent.objects.order_by("pk").values_list("is_given", flat=True)) == [True, True, False]


def test_subscribing_twice_writes_once_and_needs_a_basis(db):
    ann, topic = make_contact(), make_topic()
    for _ in range(2):
        consent.subscribe(ann, topic, basis="consent", method="form")
    assert Subscription.objects.get().state == "subscribed" and Consent.objects.count() == 1
    with pytest.raises(consent.NoBasis):
        consent.subscribe(ann, topic, basis="none", method="form")


def test_leaving_one_topic_keeps_the_other_and_leaving_all_suppresses(db):
    ann, offers, letter = make_contact(), make_topic(slug="offers"), make_topic(slug="letter")
    for topic in (offers, letter):
        consent.subscribe(ann, topic, basis="consent", method="form")
    assert consent.unsubscribe(ann, offers, method="one_click", reason="too often") == 1
    assert Subscription.objects.get(topic=letter).state == "subscribed"
    assert consent.unsubscribe(ann, None, method="one_click") == 1
    assert consent.unsubscribe(ann, None, method="one_click") == 0
    assert suppression.find(ann.email).reason == "unsubscribed_all"
    consent.subscribe(ann, letter, basis="consent", method="preferences")
    assert suppression.find(ann.email) is None


def test_a_form_key_holds_an_hour_for_its_token_and_purpose():
    with time_machine.travel("2026-05-01T09:00:00Z", tick=False) as clock:
        key = formkeys.make("abc", "unsubscribe")
        assert formkeys.check(key, "abc", "unsubscribe")
        assert not formkeys.check(key, "abd", "unsubscribe") and not formkeys.check(key, "abc", "preferences")
        clock.shift(timedelta(minutes=59))
        assert formkeys.check(key, "abc", "unsubscribe")
        clock.shift(timedelta(minutes=2))
        assert not formkeys.check(key, "abc", "unsubscribe")
    for bad in ("", "-", "x-y", "99999999999999-1", "²-1"):
        assert not formkeys.check(bad, "abc", "unsubscribe")


def test_a_repeated_request_acts_once_and_gets_the_same_answer(db):
    acts = []

    def act():
        acts.append(1)
        return 409, {"why": "used up", "at": timezone.now()}

    first = idempotency.once("till", "k1", {"code": "A"}, act)
    assert idempotency.once("till", "k1", {"code": "A"}, act) == first and len(acts) == 1
    with pytest.raises(idempotency.Conflict):
        idempotency.once("till", "k1", b"other", act)
    idempotency.once("shop", "k1", {"code": "A"}, act)
    assert len(acts) == 2


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_undone_keeps_its_answer_and_nothing_else():
    acts = []

    def act():
        acts.append(Contact.objects.create(email="ann@example.com"))
        raise idempotency.Undone(409, {"why": "used up"})

    first = idempotency.once("till", "k1", {"code": "A"}, act)
    assert first == (409, {"why": "used up"}) == idempotency.once("till", "k1", {"code": "A"}, act)
    assert len(acts) == 1 and not Contact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_keeps_no_key():
    def act():
        Contact.objects.create(email="ann@example.com")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        idempotency.once("till", "k1", {}, act)
    assert not IdempotencyKey.objects.exists() and not Contact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_batch_commits_at_once_and_rolls_back_whole():
    with manners.write_batch():
        make_contact(email="ann@example.com")
        assert transaction.get_connection().in_atomic_block
    with pytest.raises(RuntimeError), manners.write_batch():
        make_contact(email="ben@example.com")
        raise RuntimeError
    assert Contact.objects.count() == 1
    assert abs(manners.database_now() - timezone.now()) < timedelta(seconds=5)


def test_audit_names_the_actor_in_words(db):
    ann, marie = make_contact(), make_user()
    assert audit.record(marie, "exported contact", ann, rows=3).actor_label == "marie"
    assert audit.record("import 3", "created").actor is None
    assert audit.record(AnonymousUser(), "tried", ann).subject_kind == "contact"
    assert Identity.objects.count() == 0
