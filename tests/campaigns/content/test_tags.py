"""Merge tags come back from HTML tools where they were, or the mail is refused."""

import css_inline
import mjml
import pytest

from campaigns.content.tags import MovedTag, Tags, around_tags

TABLE = (
    '<title>{{ contact.first_name }}</title><style>.x{color:red}</style><table class="x">'
    '{% for bean in event.beans %}<tr><td class="{% if bean.new %}x{% endif %}">{{ bean.name }}</td></tr>{% endfor %}'
    "</table>"
    '<p>{% if a < b and c > "d" %}<a href="https://x.example/?q={{ q | default: \'">\' }}">go</a>{% endif %}</p>'
)


def test_every_tag_comes_back_in_place_even_between_rows_of_a_table():
    tags = Tags()
    hidden = tags.hide(TABLE)

    inlined = css_inline.CSSInliner(load_remote_stylesheets=False).inline(hidden)

    shown = tags.show_all(inlined, hidden)
    places = [
        shown.index(part) for part in ("<table", "{% for bean", "<td", "{{ bean.name }}", "{% endfor %}", "</table>")
    ]
    assert places == sorted(places)
    assert 'class="{% if bean.new %}x{% endif %}"' in shown
    assert '{% if a < b and c > "d" %}' in shown
    assert 'href="https://x.example/?q={{ q | default: \'">\' }}"' in shown
    assert "{{ contact.first_name }}</title>" in shown


def test_without_tokens_the_same_tool_would_have_moved_the_loop_out_of_the_table():
    inlined = css_inline.CSSInliner(load_remote_stylesheets=False).inline(TABLE)

    assert inlined.index("{% for bean") < inlined.index("<table")


def test_tags_survive_mjml_between_blocks_in_attributes_and_in_text():
    source = (
        "<mjml><mj-body><mj-section><mj-column>{% if contact.vip %}"
        '<mj-button href="{{ b.b1.url }}">{{ b.b1.label | upcase }}</mj-button>{% endif %}'
        "<mj-table>{% for x in event.list %}<tr><td>{{ x }}</td></tr>{% endfor %}</mj-table>"
        "</mj-column></mj-section></mj-body></mjml>"
    )
    tags = Tags()
    hidden = tags.hide(source)

    shown = tags.show_all(mjml.mjml2html(hidden), hidden)

    for tag in ("{% if contact.vip %}", "{{ b.b1.url }}", "{{ b.b1.label | upcase }}", "{% endif %}", "{% endfor %}"):
        assert shown.count(tag) == 1
    assert '<a href="{{ b.b1.url }}"' in shown


def test_a_lost_tag_is_named():
    tags = Tags()
    hidden = tags.hide("<p>{{ a }}{% if b %}x{% endif %}</p>")

    with pytest.raises(MovedTag) as caught:
        tags.show_all(hidden.replace(tags.nonce + "1z", ""), hidden)

    assert caught.value.tag == "{% if b %}"


def test_a_moved_tag_is_named():
    tags = Tags()
    hidden = tags.hide("{{ a }} {{ b }}")

    with pytest.raises(MovedTag):
        tags.show_all(" ".join(reversed(hidden.split())), hidden)


def test_words_outside_of_tags_change_alone():
    assert around_tags("a {{ a }} b", str.upper) == "A {{ a }} B"


def test_a_marketers_text_cannot_look_like_a_token():
    assert Tags().nonce != Tags().nonce


def test_a_tag_in_place_of_an_attribute_is_refused():
    tags = Tags()
    hidden = tags.hide("<p {% if a %} class='x' {% endif %}>x</p>")

    with pytest.raises(MovedTag):
        tags.show_all(css_inline.CSSInliner(load_remote_stylesheets=False).inline(hidden), hidden)
