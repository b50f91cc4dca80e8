"""French is whole: every string of ours is translated, keeps its placeholders, and is compiled."""

import io

from babel.messages import mofile

from tests import translations


def test_strings_of_python_and_templates_are_found():
    found = {translations.first(message) for message in translations.template()}
    assert {"Contacts", "e-mail"} <= found and len(found) > 200


def test_every_string_of_ours_is_translated_and_none_is_fuzzy():
    assert translations.missing() == [], "python -m tests.translations update, then write the French"


def test_translations_keep_placeholders_and_tags():
    assert translations.odd_placeholders() == []


def test_the_compiled_file_is_up_to_date():
    compiled = mofile.read_mo(io.BytesIO(translations.MO.read_bytes()))
    fresh = mofile.read_mo(io.BytesIO(translations.compiled(translations.french())))
    pairs = [{(str(one.id), one.context): one.string for one in catalog} for catalog in (compiled, fresh)]
    assert {key: text for key, text in pairs[0].items() if key[0]} == {key: t for key, t in pairs[1].items() if key[0]}


def test_templates_are_read_with_plural_context_and_trimmed_blocks():
    text = (
        "{% load i18n %}{% trans 'One' %} {% blocktrans trimmed %}\n  Two\n  lines {{ x }}\n{% endblocktrans %}"
        "{% blocktrans count n=n %}a fan{% plural %}{{ n }} fans{% endblocktrans %}"
        "{% translate 'May' context 'month' %}"
    )
    found = [(keyword, words) for _line, keyword, words, _ in translations.from_template(text, "x.html")]
    assert ("gettext", ("One",)) in found or ("_", ("One",)) in found
    assert any(words == ("Two lines %(x)s",) for _k, words in found)
    assert any(keyword == "ngettext" and words[:2] == ("a fan", "%(n)s fans") for keyword, words in found)
    assert any(keyword == "pgettext" and words == ("month", "May") for keyword, words in found)
