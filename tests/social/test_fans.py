"""Fan proofs: said, or shown by the word of a post; never called verified without being so."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from social.fans import declared, networks, proofs, words
from social.models import Attempt, FanProof, FanWord
from social.models.fans import FanLevel
from social.offers.reasons import Reason, Refused
from tests.make import make_brand, make_contact

pytestmark = pytest.mark.django_db


def reason_of(raw, contact, brand, **fields):
    with pytest.raises(Refused) as why:
        words.use(raw, contact, brand, **fields)
    return why.value.reason


def test_nothing_is_known_of_a_stranger():
    assert proofs.level_of(make_contact(), "", timezone.now()) is None


def test_a_statement_is_level_0_and_made_once():
    ann = make_contact()
    first, again = declared.declare(ann, "instagram"), declared.declare(ann, "instagram")

    assert first == again
    assert proofs.level_of(ann, "instagram", timezone.now()) == FanLevel.DECLARED == 0
    assert proofs.level_of(ann, "facebook", timezone.now()) is None


def test_a_statement_does_not_hide_a_better_proof():
    ann, brand = make_contact(), make_brand()
    words.publish(brand, "instagram", "confetti")
    shown = words.use("confetti", ann, brand)

    assert declared.declare(ann, "instagram") == shown


@pytest.mark.parametrize("typed", ["confetti", " Confetti ", "#CONFETTI", "# confetti"])
def test_the_word_is_understood_as_people_type_it(typed):
    ann, brand = make_contact(), make_brand()
    words.publish(brand, "instagram", "Confetti", post_url="https://instagram.example/p/1")

    proof = words.use(typed, ann, brand)

    assert (proof.level, proof.network, proof.method) == (2, "instagram", "word")
    assert proof.evidence == {"post": "https://instagram.example/p/1"}


def test_the_same_word_twice_is_one_proof_and_counts_once():
    ann, brand = make_contact(), make_brand()
    words.publish(brand, "instagram", "confetti", cap=5)

    assert words.use("confetti", ann, brand) == words.use("confetti", ann, brand)
    assert FanWord.objects.get().used == 1 == FanProof.objects.count()


def test_the_cap_is_the_last_one():
    brand = make_brand()
    words.publish(brand, "instagram", "confetti", cap=2)
    people = [make_contact(email=f"p{n}@example.com") for n in range(3)]
    for person in people[:2]:
        words.use("confetti", person, brand)

    assert reason_of("confetti", people[2], brand) == Reason.WORD_USED_UP
    assert words.use("confetti", people[0], brand)
    with pytest.raises(IntegrityError), transaction.atomic():
        FanWord.objects.update(used=3)


@pytest.mark.parametrize(
    "dates",
    [
        {"starts_at": timezone.now() + timedelta(days=1)},
        {"ends_at": timezone.now() - timedelta(seconds=1), "starts_at": timezone.now() - timedelta(days=1)},
    ],
)
def test_a_word_outside_its_days_is_not_known(dates):
    brand = make_brand()
    words.publish(brand, "instagram", "confetti", **dates)

    assert reason_of("confetti", make_contact(), brand) == Reason.WORD_UNKNOWN


def test_the_old_word_explains_itself_and_the_new_one_works():
    ann, dan, brand = make_contact(), make_contact(email="dan@example.com"), make_brand()
    old = words.publish(brand, "instagram", "confetti", cap=10)
    before = words.use("confetti", ann, brand)

    words.rotate(old, "Lanterns")

    assert reason_of("confetti", dan, brand) == Reason.WORD_ROTATED
    assert words.use("lanterns", dan, brand).level == 2
    assert words.use("confetti", ann, brand) == before
    assert FanWord.objects.get(word="lanterns").cap == 9


def test_a_word_of_another_brand_or_network_is_not_known():
    ann, brand = make_contact(), make_brand()
    words.publish(make_brand(slug="other"), "instagram", "confetti")
    words.publish(brand, "facebook", "lanterns")

    assert reason_of("confetti", ann, brand) == Reason.WORD_UNKNOWN
    assert reason_of("lanterns", ann, brand, network="instagram") == Reason.WORD_UNKNOWN


def test_guessing_words_is_slowed_for_this_contact_only():
    ann, dan, brand = make_contact(), make_contact(email="dan@example.com"), make_brand()
    words.publish(brand, "instagram", "confetti")
    for number in range(10):
        assert reason_of(f"guess {number}", ann, brand) == Reason.WORD_UNKNOWN

    assert reason_of("confetti", ann, brand) == Reason.TOO_MANY_ATTEMPTS
    assert words.use("confetti", dan, brand)
    assert Attempt.objects.filter(reason="WORD_UNKNOWN").count() == 10


@pytest.mark.parametrize("raw", ["", "   ", "#", "\x00", "x" * 5_000])
def test_what_is_no_word_is_not_known(raw):
    assert reason_of(raw, make_contact(), make_brand()) == Reason.WORD_UNKNOWN


@pytest.mark.parametrize("change", [{"expires_at": timezone.now()}, {"revoked_at": timezone.now()}])
def test_a_proof_that_ended_holds_no_more(change):
    ann = make_contact()
    declared.declare(ann, "instagram")
    FanProof.objects.update(**change)

    assert proofs.level_of(ann, "instagram", timezone.now()) is None
    assert proofs.had(ann, "instagram", 0)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (None, ""),
        (0, "declared"),
        (2, "shown, not verified"),
        (3, "shown, not verified"),
        (4, "verified"),
        (5, "verified"),
    ],
)
def test_only_the_two_best_levels_are_called_verified(level, said):
    assert proofs.words_for(level) == said
    assert proofs.is_verified(level) == (said == "verified")


def test_networks_to_follow_include_those_one_cannot_share_to():
    assert {"facebook", "instagram", "tiktok", "bluesky"} <= set(networks.names())
    assert "googleplus" not in networks.names()
    assert networks.name_of("instagram") == "Instagram" and networks.name_of("gone") == "gone"
