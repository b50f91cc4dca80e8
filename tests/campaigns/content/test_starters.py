"""The ten letters: whole, valid, of nothing but what mail programs show, and narrow enough for a phone."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from campaigns.content import lint, markup, starters, web
from tests.make import make_brand, make_offer

pytestmark = pytest.mark.django_db
TABLE = (Path(__file__).parents[3] / "docs" / "mail-features.md").read_text(encoding="utf-8")
ALLOWED = {name for row in re.findall(r"^\| (`.*?) \|", TABLE, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)}
DOUBLED = re.compile(r"<[a-z0-9]+\b[^>]*?\s([a-z-]+)=\"[^\"]*\"[^>]*?\s\1=\"", re.IGNORECASE)


class Features(HTMLParser):
    """Every element, attribute, property and rule of a page."""

    def __init__(self):
        super().__init__()
        self.used, self.ids, self.without_alt, self.in_p, self.nested = set(), [], 0, False, []

    def handle_starttag(self, tag, attrs):
        self.used.add(tag)
        values = dict(attrs)
        self.used |= {f"[{name}]" for name in values}
        self.used |= properties(values.get("style") or "")
        self.ids += [values["id"]] if "id" in values else []
        self.without_alt += tag == "img" and "alt" not in values
        self.nested += [tag] if self.in_p and tag in {"p", "div", "table", "ul", "ol", "h1", "h2", "h3"} else []
        self.in_p = tag == "p" or self.in_p

    def handle_endtag(self, tag):
        self.in_p = self.in_p and tag != "p"


def properties(css):
    return {part.split(":")[0].strip().lower() for part in css.split(";") if ":" in part}


def of_sheet(css):
    rules = {" ".join(rule.split()) for rule in re.findall(r"@[^{]+", css)}
    blocks = re.findall(r"\{([^{}]*)\}", css)
    return rules | {name for block in blocks for name in properties(block)}


def letters():
    offer = make_offer()
    for name in starters.LETTERS:
        for body in starters.bodies(name, website="https://x.example", offer=offer.pk):
            yield name, body


def test_there_are_ten_in_both_languages_and_each_may_go_as_it_is():
    assert len(starters.LETTERS) == 10
    brand = make_brand()
    for name, body in letters():
        found = lint.body_findings(body, brand)
        assert [(one.code, one.message) for one in found] == [], (name, body.language)
        assert 20 < len(body.preheader) < 90 and body.language in {"fr", "en"}


def test_both_languages_of_a_letter_have_the_same_blocks():
    pairs = {}
    for name, body in letters():
        pairs.setdefault(name, []).append([block["type"] for block in body.blocks])

    assert all(english == french for english, french in pairs.values())


def test_the_html_of_every_letter_validates():
    brand = make_brand()
    for name, body in letters():
        page = web.preview(body, brand).html
        features = Features()
        features.feed(page)
        place = (name, body.language)
        assert page.lower().startswith("<!doctype html>") and f'lang="{body.language}"' in page, place
        assert markup.faults(page, "html") == [], place
        assert len(features.ids) == len(set(features.ids)) and not features.without_alt, place
        assert features.nested == [] and not DOUBLED.search(page), place
        assert len(page.encode()) < 60_000, place


def test_no_letter_uses_what_is_not_in_the_table_of_mail_programs():
    brand = make_brand()
    for name, body in letters():
        page = web.preview(body, brand).html
        features = Features()
        features.feed(page)
        used = features.used
        for sheet in re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL):
            used |= of_sheet(sheet)
        assert used - ALLOWED == set(), (name, body.language)


def test_every_row_of_the_table_says_where_it_was_read_and_when():
    rows = [[cell.strip() for cell in row[1:-1].split(" |")] for row in TABLE.splitlines() if row.startswith("| `")]

    assert len(rows) > 45 and {len(row) for row in rows} == {4} and {row[1] for row in rows} == {"all", "else"}
    for _feature, who, otherwise, source in rows:
        assert re.search(r"(css|html)-[a-z-]+, 20\d\d-\d\d-\d\d|no row", source) and (who == "all" or otherwise), source


def test_every_border_spacing_is_the_nothing_that_the_table_says():
    for _name, body in letters():
        assert set(re.findall(r"border-spacing:\s*([^;\"]+)", web.preview(body, make_brand()).html)) <= {"0px", "0"}


def test_the_table_would_find_what_does_not_belong():
    features = Features()
    features.feed('<video src="x" style="display: flex; position: absolute"></video>')

    assert features.used - ALLOWED == {"video", "position"}
    assert of_sheet("@font-face { src: url(x) }") - ALLOWED == {"@font-face", "src"}


def test_every_letter_says_the_same_in_plain_text():
    brand = make_brand()
    for name, body in letters():
        text = web.preview(body, brand).text
        assert len(text) > 300 and "<" not in text and brand.postal_address in text, (name, body.language)


def test_no_letter_has_an_attribute_that_html_does_not_know_but_for_outlooks_namespaces():
    unknown = re.compile(r"<td\b[^>]*\svertical-align=|<img\b[^>]*\sheight=\"auto\"")

    for name, body in letters():
        assert not unknown.search(web.preview(body, make_brand()).html), name
