"""Codes: typed by anybody, wrong ones found without a look-up."""

import pytest

from social.models import Code
from social.offers import codes, pools
from tests.make import make_offer


def test_a_code_has_ten_random_characters_and_a_check_character():
    made = {codes.make() for _ in range(2_000)}

    assert len(made) == 2_000
    assert all(len(code) == 11 and codes.is_valid(code) for code in made)


def test_a_code_is_shown_in_groups():
    code = codes.make()

    assert codes.display(code) == f"{code[:5]}-{code[5:10]}-{code[10]}"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("7k2m9-pqrwx-g", "7K2M9PQRWXG"),
        (" 7K2M9 PQRWX G ", "7K2M9PQRWXG"),
        ("OIL00", "01100"),
        ("o-i l", "011"),
        ("7K2M9–PQRWX\u00a0G", "7K2M9PQRWXG"),
    ],
)
def test_what_people_type_is_understood(typed, read):
    assert codes.normalise(typed) == read


def test_every_single_wrong_character_is_found():
    code = "7K2M9PQRWX"
    code += codes.check_character(code)
    for place, right in enumerate(code):
        for wrong in codes.ALPHABET.replace(right, ""):
            assert not codes.is_valid(code[:place] + wrong + code[place + 1 :])


def test_every_swap_of_two_characters_is_found():
    code = "7K2M9PQRWX"
    code += codes.check_character(code)
    for a in range(len(code) - 1):
        for b in range(a + 1, len(code)):
            if code[a] != code[b] and b != len(code) - 1:
                letters = list(code)
                letters[a], letters[b] = letters[b], letters[a]
                assert not codes.is_valid("".join(letters))


@pytest.mark.parametrize("bad", ["", "7K2M9", "7K2M9PQRWXU", "ÉÉÉÉÉÉÉÉÉÉÉ", "7K2M9PQRWX\x00"])
def test_what_is_no_code_is_not_valid(bad):
    assert not codes.is_valid(bad)


def test_the_fingerprint_knows_a_code_again_and_does_not_show_it():
    assert codes.fingerprint("7k2m9-pqrwx-g") == codes.fingerprint("7K2M9PQRWXG")
    assert "7K2M9" not in codes.fingerprint("7K2M9PQRWXG")


def test_a_partners_code_keeps_its_letters():
    assert codes.squeeze(" summer oil-20 ") == "SUMMEROIL20"
    assert codes.display("SUMMER") == "SUMMER"


@pytest.mark.django_db
def test_a_batch_makes_as_many_codes_as_asked():
    offer = make_offer(code_mode="pool")

    batch = pools.make_batch(offer, 2_500, name="Printer")

    assert Code.objects.filter(batch=batch, state="free").count() == 2_500 == batch.n


@pytest.mark.django_db
def test_imported_codes_come_once_each_and_the_rest_is_counted():
    offer = make_offer(code_mode="pool")

    batch, left_out = pools.import_batch(offer, ["AB-12", "ab12", "", "X" * 41, "CD 34"])

    assert sorted(batch.codes.values_list("value", flat=True)) == ["AB12", "CD34"]
    assert left_out == 3
