"""Names in the language of the mail, and words for those who have none."""

import pytest

from campaigns.content import fallbacks, lint, merge, naming, people_names
from campaigns.content.evaluate import PAGE, compile_program
from campaigns.content.merge import parse
from campaigns.models import ContentBody
from tests.make import make_attribute, make_brand


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("JEAN-PIERRE DUPONT", "Jean-Pierre Dupont"),
        ("o'neill", "O'Neill"),
        ("marie de la tour", "Marie de la Tour"),
        ("McDonald", "McDonald"),
        ("DE  Vries", "DE Vries"),
        ("élodie", "Élodie"),
        ("张伟", "张伟"),
        ("", ""),
    ],
)
def test_a_name_gets_the_capitals_people_give_it(written, shown):
    assert people_names.tidy(written) == shown


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [
        ("Marie", "fr", "de Marie"),
        ("Alice", "fr", "d’Alice"),
        ("Élodie", "fr", "d’Élodie"),
        ("Hélène", "fr", "d’Hélène"),
        ("Hans", "fr", "de Hans"),
        ("Yves", "fr", "d’Yves"),
        ("Yann", "fr", "de Yann"),
        ("Marie", "en", "Marie’s"),
        ("James", "en", "James’s"),
        ("Marie", "de", "Maries"),
        ("Hans", "de", "Hans’"),
        ("Marie", "it", "di Marie"),
        ("Marie", "ja", "Marie"),
        (" ", "fr", ""),
    ],
)
def test_whose_something_is_follows_the_language(name, language, said):
    assert people_names.of(name, language) == said


def test_both_filters_work_in_a_mail_and_are_escaped():
    source = '{{ contact.first_name | default: "vous" | name | of }}{{ contact.x | of }}'
    program = compile_program(parse(source, language="fr", autoescape=True), PAGE)

    assert program({"contact": {"first_name": "ALICE <B>"}}) == "d’Alice &lt;B&gt;"
    assert program({"contact": {}}) == "de Vous"


def test_a_value_without_words_for_those_who_lack_it_is_found_at_its_line():
    text = "Hi\n{{ contact.first_name | upcase }}, {{ contact.attributes.city }}"

    found = fallbacks.without(text, "en")

    assert [(gap.name, gap.line) for gap in found] == [("contact.first_name", 2), ("contact.attributes.city", 2)]
    assert found[0].remedy.startswith('Write {{ contact.first_name | default: "friend" }}')


@pytest.mark.parametrize(
    "text",
    [
        '{{ contact.first_name | default: "friend" }}',
        "{% if contact.first_name %}{{ contact.first_name }}{% endif %}",
        "{% if contact.language == 'fr' and contact.first_name != blank %}{{ contact.first_name }}{% endif %}",
        "{% for bean in contact.attributes.beans %}{{ bean.name }}{% endfor %}",
        "{{ contact.email }} {{ brand.name }} {{ links.web }}",
    ],
)
def test_what_has_a_fallback_or_a_condition_is_left_alone(text):
    assert fallbacks.without(text, "en") == []


@pytest.mark.django_db
def test_the_finding_names_block_line_and_remedy_when_the_mail_is_saved():
    blocks = [{"type": "heading", "text": "Hello"}, {"type": "text", "html": "<p>Dear\n{{ contact.first_name }}</p>"}]
    body = ContentBody(language="en", subject="News", blocks=blocks)

    (found,) = [each for each in lint.body_findings(body, make_brand()) if each.code == "merge.fallback"]

    assert found.level == "warning" and found.where == "en, block 2 (Text), line 2"
    assert "{{ contact.first_name }}" in found.message and "default" in found.remedy


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_what_the_insert_menu_offers_is_known_has_a_fallback_and_gives_its_sample(language):
    types = ("text", "number", "date", "boolean", "list")
    for kind in types:
        make_attribute(name=f"x_{kind}", label=kind, type=kind)
    brand = make_brand()
    attributes = {"x_date": "2026-05-01", "x_number": 120, "x_boolean": True, "x_list": ["a", "b"], "x_text": "…"}
    marie = {"first_name": "Marie", "last_name": "Martin", "attributes": attributes}

    offered = naming.names(brand, language)

    for one in offered:
        template = merge.parse(one.tag, language=language, autoescape=False)
        assert merge.unknown_names(template, attributes, {}) == [] and fallbacks.without(one.tag, language) == [], one
        shown = compile_program(template, PAGE)({"contact": marie, "brand": {"name": brand.name}})
        assert (
            shown == one.sample
            or not one.name.startswith("contact.")
            or one.sample in ("…, …", "")
            or (shown == "Marie" and "MARIE" in one.sample)
        ), (one, shown)
        assert compile_program(template, PAGE)({"contact": {"attributes": {}}}) is not None
    whose = next(one for one in offered if "| of" in one.tag)
    assert whose.sample == {"en": "Marie’s", "fr": "de Marie", "de": "Maries"}[language]
    assert {"en": "your", "fr": "à vous", "de": "your"}[language] in whose.tag
