"""Our evaluator gives what Liquid gives; nothing a marketer writes is ever run."""

import quopri

import pytest
from liquid.exceptions import LiquidError

from campaigns.content.evaluate import PAGE, PLAIN, WIRE_HTML, compile_program
from campaigns.content.merge import parse, unknown_names

VALUES = {
    "contact": {
        "first_name": "Zoé <b>&\"'",
        "last_name": "",
        "language": "fr",
        "email": "zoe@example.com",
        "attributes": {"points": 12, "vip": True, "tags": ["a", "b"], "price": 9.5, "none": None},
    },
    "event": {"items": [{"name": "é&", "n": 1}, {"name": "b", "n": 2}], "nobody": [], "text": "word"},
    "brand": {"name": "Maison"},
}

SAME = [
    "{{ contact.first_name }} and {{ contact.first_name }}",
    "{{ contact.x }}|{{ nothing }}|{{ contact.last_name | default: 'you' }}|{{ contact.x | default: brand.name }}",
    "{{ contact.attributes.points | plus: 3 }} {{ contact.attributes.price }} {{ contact.attributes.vip }}",
    "{{ contact.first_name | upcase | truncate: 5 }} {{ 'a,b' | split: ',' | join: '-' }}",
    "{% if contact.language == 'fr' %}F{% elsif contact.language == 'en' %}E{% else %}?{% endif %}",
    "{% if contact.language != 'fr' or contact.attributes.points > 10 and brand.name %}y{% else %}n{% endif %}",
    "{% if contact.attributes.tags contains 'a' %}y{% endif %}{% if contact.last_name == blank %}blank{% endif %}",
    "{% if contact.missing %}y{% else %}n{% endif %}{% unless contact.attributes.vip %}y{% else %}n{% endunless %}",
    "{% for i in event.items %}<li>{{ forloop.index }}{{ i.name }}{% if forloop.last %}.{% endif %}</li>{% endfor %}",
    "{% for item in event.nobody %}x{% else %}none{% endfor %}{% for c in event.text %}{{ c }}{% endfor %}",
    "{% for item in event.items reversed %}{{ item.n }}{% endfor %}{% for i in (1..3) %}{{ i }}{% endfor %}",
    "{% for item in event.items %}{% if item.n == 2 %}{% break %}{% endif %}{{ item.n }}{% endfor %}",
    "{% case contact.language %}{% when 'fr' %}oui{% else %}yes{% endcase %}",
    "{% assign who = contact.first_name | upcase %}{{ who }}{% capture x %}{{ who }}!{% endcapture %}{{ x }}",
    "{% for a in event.items %}{% for b in contact.attributes.tags %}{{ a.name }}{{ b }}{% endfor %}{% endfor %}",
    "{{ contact.attributes.tags.first }}{{ contact.attributes.tags.size }}{{ contact.attributes.tags[1] }}",
    "{{ 'a\nb' | newline_to_br }}{{ contact.first_name | escape }}{{ contact.attributes.tags }}",
    "{% comment %}{{ hidden }}{% endcomment %}{% raw %}{{ raw }}{% endraw %}",
]


@pytest.mark.parametrize("source", SAME)
@pytest.mark.parametrize("autoescape", [True, False])
def test_a_program_gives_what_liquid_gives(source, autoescape):
    template = parse(source, language="fr", autoescape=autoescape)

    assert compile_program(template, PAGE if autoescape else PLAIN)(VALUES) == template.render(**VALUES)


@pytest.mark.parametrize("source", SAME)
def test_the_bytes_decode_to_the_page(source):
    template = parse(source, language="fr", autoescape=True)

    wire = compile_program(template, WIRE_HTML)(VALUES)

    assert quopri.decodestring(wire).decode().replace("\r\n", "\n") == compile_program(template, PAGE)(VALUES)


def test_values_are_escaped_in_html_and_not_in_text():
    source = "{{ contact.first_name }}"

    assert (
        compile_program(parse(source, language="en", autoescape=True), PAGE)(VALUES) == "Zoé &lt;b&gt;&amp;&#34;&#39;"
    )
    assert compile_program(parse(source, language="en", autoescape=False), PLAIN)(VALUES) == "Zoé <b>&\"'"


class Secret:
    password = "hunter2"

    def delete(self):
        raise AssertionError("called")


@pytest.mark.parametrize(
    "source",
    [
        "{{ contact.__class__ }}",
        "{{ contact.__class__.__mro__ }}",
        "{{ contact.attributes.secret.password }}",
        "{{ contact.attributes.secret.delete }}",
        "{{ contact['__class__'] }}",
        "{{ contact.first_name.__len__ }}",
        "{{ ''.__class__ }}",
        "{{ settings.SECRET_KEY }}",
        "{{ self }}{{ request }}{{ config }}",
        "{% for x in contact.__dict__ %}{{ x }}{% endfor %}",
        "{% assign a = contact.attributes.secret.password %}{{ a }}",
        "{% if contact.attributes.secret.delete %}{% endif %}",
    ],
)
def test_no_attribute_of_any_object_is_ever_read(source):
    values = {"contact": {"first_name": "Ann", "attributes": {"secret": Secret()}}}
    try:
        shown = compile_program(parse(source, language="en", autoescape=True), PAGE)(values)
    except LiquidError:
        return

    assert shown == ""


@pytest.mark.parametrize(
    "source",
    [
        "{{ 7*7 }}",
        "{{ contact.first_name | safe }}",
        "{{ 'x' | attr: '__class__' }}",
        "{% include '/etc/passwd' %}",
        "{% render 'x' %}",
        "{% load static %}",
        "{% debug %}",
        "{% import os %}",
        "{% layout 'x' %}",
        "{{ contact.first_name",
        "{% if a %}",
        "{% endfor %}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% liquid echo contact.email %}",
    ],
)
def test_what_the_language_does_not_know_is_an_error_not_a_guess(source):
    with pytest.raises(LiquidError):
        template = parse(source, language="en", autoescape=True)
        compile_program(template, PAGE)({})


def test_text_that_looks_like_other_languages_stays_text():
    for literal in ("${7*7}", "#{7*7}", "<%= 7*7 %>", "%mautic.db_password%", "{event.__init__}", "*{7*7}", "@(7*7)"):
        assert compile_program(parse(literal, language="en", autoescape=True), PAGE)({}) == literal


def test_values_are_never_parsed_again():
    values = {"contact": {"first_name": "{{ contact.email }}{% if 1 %}x{% endif %}", "email": "secret"}}

    shown = compile_program(parse("{{ contact.first_name }}", language="en", autoescape=False), PLAIN)(values)

    assert shown == "{{ contact.email }}{% if 1 %}x{% endif %}"


def test_an_endless_loop_ends():
    template = parse("{% for i in (1..100000000) %}x{% endfor %}", language="en", autoescape=True)

    with pytest.raises(LiquidError):
        compile_program(template, PAGE)({})


def test_unknown_names_are_named_and_loops_own_names_are_not():
    template = parse(
        "{{ contact.frist_name }}{{ contact.attributes.shop }}{{ contact.attributes.city }}{{ b.b1.code }}{{ b.b2.x }}"
        "{% for x in event.items %}{{ x.name }}{% endfor %}{{ foo }}",
        language="en",
        autoescape=True,
    )

    unknown = unknown_names(template, ["city"], {"b1": ["code"]})

    assert set(unknown) == {"contact.frist_name", "contact.attributes.shop", "b.b2.x", "foo"}


def test_dates_and_money_are_written_as_people_of_the_language_do():
    source = (
        "{{ 125050 | money: 'EUR' }} {{ '2026-05-01T10:00:00Z' | day }} {{ nothing | money: 'EUR' }}{{ nothing | day }}"
    )

    french = compile_program(parse(source, language="fr", autoescape=False), PLAIN)({})
    english = compile_program(parse(source, language="en", autoescape=False), PLAIN)({})

    assert french.replace("\u202f", " ").replace("\xa0", " ") == "1 250,50 € 1 mai 2026 "
    assert english == "€1,250.50 May 1, 2026 "
