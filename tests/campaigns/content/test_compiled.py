"""Blocks, MJML and HTML compiled: one snapshot per block, links, dangers, nothing foreign."""

import re
from pathlib import Path

import pytest

from campaigns.content import compiled, document
from campaigns.content.blocks import Block, CompileEnv, registry
from campaigns.content.compiled import compile_body
from campaigns.content.findings import BadContent
from campaigns.models import ContentBody
from contacts.models import Brand

SNAPSHOTS = Path(__file__).parent / "snapshots"
BRAND = Brand(
    name="Maison & Fils", slug="maison", postal_address="12 rue des Lilas\n69001 Lyon", website="https://x.example"
)
FOOTER = {"id": "f", "type": "footer"}
EXAMPLES = {
    "heading": {"id": "b1", "type": "heading", "text": "Hello <you> & {{ contact.first_name }}", "level": "2"},
    "text": {
        "id": "b1",
        "type": "text",
        "html": "<p>One <b>two</b> <a href='https://x.example/?a=1&b=2'>three</a></p><ul><li>x</li></ul>",
    },
    "button": {"id": "b1", "type": "button", "label": "Go & see", "link": "https://x.example/", "align": "center"},
    "divider": {"id": "b1", "type": "divider"},
    "spacer": {"id": "b1", "type": "spacer", "height": "9999"},
    "columns": {"id": "b1", "type": "columns", "left": "<p>Left</p>", "right": "<p>Right</p>"},
    "footer": FOOTER,
    "hero": {
        "id": "b1",
        "type": "hero",
        "title": "Up & away",
        "text": "Now",
        "label": "Go",
        "link": "https://x.example/",
    },
    "product": {
        **{"id": "b1", "type": "product", "name": "Cup", "price": "€9", "was": "€12", "lowest": "€9.50"},
        "link": "https://x.example/cup",
    },
}


def body(*blocks, **fields):
    return ContentBody(**{"language": "en", "subject": "Hi", "preheader": "Look", "blocks": list(blocks), **fields})


def env(audience="self", language="en"):
    return CompileEnv(BRAND, language, None, audience)


def make(*blocks, **fields):
    return compile_body(body(*blocks, **fields), env())


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_a_blocks_html_is_the_one_that_was_looked_at(kind):
    """A change of MJML or of a block shows here: look at the mail, then delete the snapshot and run again."""
    block = EXAMPLES[kind]
    page = make(block).html_source
    inside = page[page.index("<body") :]
    kept = SNAPSHOTS / f"{kind}.html"
    if not kept.exists():
        kept.write_text(inside + "\n")

    assert inside + "\n" == kept.read_text()


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_block_says_the_same_in_its_text(kind):
    mail = make(EXAMPLES[kind])

    assert "<b>" not in mail.text_source and "&amp;" not in mail.text_source


def test_marketers_words_are_escaped_and_their_tags_are_not():
    page = make(EXAMPLES["heading"]).html_source

    assert "Hello &lt;you&gt; &amp; {{ contact.first_name }}</h2>" in page


def test_rich_text_loses_what_it_must_not_hold():
    html = "<p onclick='x()'>a<script>alert(1)</script><a href='javascript:alert(1)'>b</a><img src=x onerror=y></p>"

    page = make({"id": "b1", "type": "text", "html": html}).html_source.lower()

    assert "alert" not in page and "onclick" not in page and "onerror" not in page and "javascript" not in page


def test_no_mail_loads_anything_from_another_house():
    page = make(*EXAMPLES.values()).html_source

    assert "@import" not in page and "fonts.googleapis" not in page and "<link" not in page
    assert not re.findall(r'src="(?!http://localhost)', page)


def test_the_mail_has_a_language_a_title_a_preheader_and_both_colour_schemes():
    page = make(EXAMPLES["heading"], FOOTER).html_source

    assert '<html lang="en"' in page and "<title>Hi</title>" in page and ">Look</div>" in page
    assert 'name="color-scheme" content="light dark"' in page and "prefers-color-scheme: dark" in page


def test_links_are_numbered_and_services_stay():
    taken = []

    def number(block, target):
        taken.append((block, target))
        return len(taken)

    blocks = (
        EXAMPLES["text"],
        {"id": "b2", "type": "button", "label": "x", "link": "https://x.example/?n={{ contact.first_name }}"},
        {
            "id": "b3",
            "type": "text",
            "html": '<p><a href="mailto:a@x.example">m</a> <a href="{{ links.web }}">w</a></p>',
        },
        FOOTER,
    )
    mail = compile_body(body(*blocks), env(), number=number)

    assert taken == [("b1", "https://x.example/?a=1&b=2"), ("b2", "https://x.example/?n={{ contact.first_name }}")]
    assert mail.html_source.count("/c/{{ t_.click }}/1") == 1 and "/c/{{ t_.click }}/2" in mail.html_source
    assert "/c/{{ t_.click }}/1" in mail.text_source and "/c/{{ t_.click }}/2" in mail.text_source
    assert 'href="mailto:a@x.example"' in mail.html_source and 'href="{{ links.web }}"' in mail.html_source
    assert 'href="{{ links.unsubscribe }}"' in mail.html_source


def test_a_plain_link_with_tags_can_change_neither_site_nor_scheme():
    mail = make({"id": "b2", "type": "button", "label": "x", "link": "{{ contact.attributes.url }}"}, FOOTER)
    values = {"contact": {"attributes": {"url": "javascript:alert(1)"}}, **mail.fixed}

    assert "javascript" not in mail.page(values) and 'href="#"' in mail.page(values)


def test_raw_html_is_cleaned_inlined_and_keeps_its_loops():
    source = (
        "<style>td.x { color: #123456 } @media (max-width: 400px) { td { color: red } }</style>"
        "<script>alert(1)</script>"
        "<table>{% for item in event.items %}<tr><td class='x' onclick='y()'>{{ item.name }}</td></tr>{% endfor %}"
        "</table>"
        "<a href='https://x.example/'>go</a> <a href='{{ links.unsubscribe }}'>leave</a>"
    )
    mail = make(format="html", source=source)

    page = mail.page({"event": {"items": [{"name": "<A>"}, {"name": "B"}]}, "links": {"unsubscribe": "/u"}})
    assert page.count("<td") == 2 and "&lt;A&gt;" in page and "color: #123456" in page and "max-width: 400px" in page
    assert "alert" not in page and "onclick" not in page
    assert "go: https://x.example/" in mail.text_source and "leave: {{ links.unsubscribe }}" in mail.text_source


def test_raw_mjml_is_compiled_and_its_mistakes_are_told():
    words = "<mj-text>Hi {{ contact.first_name }}</mj-text>"
    good = f"<mjml><mj-body><mj-section><mj-column>{words}</mj-column></mj-section></mj-body></mjml>"

    assert "Hi {{ contact.first_name }}" in make(format="mjml", source=good).html_source
    with pytest.raises(BadContent) as caught:
        make(format="mjml", source="<mjml><mj-body><mj-section></mj-body></mjml>")
    assert caught.value.findings[0].code == "mjml" and caught.value.findings[0].remedy


@pytest.mark.parametrize(
    "bad",
    [
        "<mj-raw><script>x</script></mj-raw>",
        "<mj-text><a href='javascript:x'>x</a></mj-text>",
        "<mj-text><img src='x' onerror='y'></mj-text>",
        "<mj-raw><iframe src='https://x.example'></iframe></mj-raw>",
        "<mj-raw><form action='https://x.example'></form></mj-raw>",
    ],
)
def test_mjml_may_not_smuggle_active_content(bad):
    source = f"<mjml><mj-body><mj-section><mj-column>{bad}</mj-column></mj-section></mj-body></mjml>"

    with pytest.raises(BadContent):
        make(format="mjml", source=source)


def test_a_foreign_style_sheet_is_neither_loaded_nor_linked():
    source = "<mjml><mj-body><mj-raw><link rel='stylesheet' href='https://x.example/a.css'></mj-raw></mj-body></mjml>"

    assert "x.example" not in make(format="mjml", source=source).html_source


def test_mjml_includes_no_file():
    source = "<mjml><mj-body><mj-include path='/etc/passwd' /></mj-body></mjml>"

    with pytest.raises(BadContent):
        make(format="mjml", source=source)


def test_an_unknown_block_is_left_out_and_the_rest_is_there():
    assert "Hello" in make({"id": "x", "type": "nonsense"}, EXAMPLES["heading"]).html_source


class Secret(Block):
    kind, scope = "secret", "personal"
    value_names = ("code",)

    def mjml(self, block, env):
        return f"<mj-section><mj-column><mj-text>{env.value(block, 'code')}</mj-text></mj-column></mj-section>"

    def text(self, block, env):
        return env.value(block, "code")


def test_personal_blocks_are_left_out_for_friends_and_the_public(monkeypatch):
    monkeypatch.setitem(registry(), "secret", Secret())
    both = body({"id": "s", "type": "secret"}, EXAMPLES["heading"], FOOTER)

    assert "b.s.code" in compile_body(both, env("self")).html_source
    for audience in ("friend", "public"):
        mail = compile_body(both, env(audience))
        assert "b.s.code" not in mail.html_source + mail.text_source and "links." not in mail.html_source
        assert "Maison &amp; Fils" in mail.html_source and "12 rue des Lilas" in mail.html_source


def test_the_button_stays_readable_on_a_light_brand_colour():
    assert document.on_colour("#f2c14e") == "#1d1b26" and document.on_colour("#5b2a86") == "#ffffff"
    assert document.lighter("#000000", 0.5) == "#808080"


def test_the_language_chosen_is_the_first_wanted_that_is_there():
    assert compiled.pick(["en", "fr"], "", "de", "fr") == "fr"
    assert compiled.pick(["en"], "fr") == "en"
    with pytest.raises(BadContent):
        compiled.pick([], "fr")
