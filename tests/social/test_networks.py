"""The registry of networks: every entry usable, every composer address decodes back to what was written."""

import json
import os
import random
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from social.networks import registry
from social.networks.graphemes import graphemes, weight
from social.networks.registry import BadRegistry, UnknownNetwork

URL = "https://go.brand.example/v/7K3M9QX2RT5VWYZ0"
COMPOSING = [key for key, network in registry.networks().items() if network.composer]
FAMILY = "👩‍👩‍👧‍👦"
TEXTS = [
    "",
    "Plain words",
    "50 % off & more? Yes! #fans +1 = great",
    "L’été à Lyon – « déjà » là, ça ira œuvre",
    "Zwei\nZeilen\r\nund noch eine",
    f"Famille {FAMILY} 🇫🇷 👍🏽 e\u0301",
    "مرحبا بكم في متجرنا",
    "שלום 🌹",
    "日本のコーヒー",
    "see https://other.example/a?b=c&d=%20#e",
    '<script>alert("x")</script> \' " ; --',
    "word " * 100,
    "é" * 500,
    FAMILY * 400,
    "\x00\x1b\ud800 controls",
    "100%20literal %E9 percent",
]
MANY = int(os.environ.get("FANFARE_TEXTS", "16"))  # 100 to prove the figure
_PARTS = [text for text in TEXTS if 0 < len(text) < 100] + [FAMILY, "שלום", "é", "https://other.example/?q=a%20b&c=d"]
_chance = random.Random(7)
TEXTS += [" ".join(_chance.choices(_PARTS, k=_chance.randrange(1, 40)))[:500] for _ in range(MANY - len(TEXTS))]


def decoded(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    raw = parts.fragment if parts.netloc == "share.joinmastodon.org" else parts.query
    return {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}


def test_all_networks_of_the_list_are_known_and_the_dead_ones_retired():
    known = registry.networks()

    assert {"facebook", "messenger", "x", "linkedin", "whatsapp", "bluesky", "mastodon", "threads", "reddit"} <= set(
        known
    )
    assert {"pinterest", "telegram", "viber", "vk", "tumblr", "xing", "email", "sms", "copy", "webshare"} <= set(known)
    assert {key for key, network in known.items() if network.is_retired} == {"googleplus", "viadeo", "foursquare"}


def test_rare_networks_are_off_by_default():
    for key in ("messenger", "reddit", "pinterest", "viber", "vk", "tumblr", "xing", "googleplus"):
        assert not registry.get(key).is_default


@pytest.mark.parametrize("key", registry.networks())
def test_every_network_has_icons_of_our_own_and_a_day_it_was_checked(key, settings):
    icons = settings.BASE_DIR / "social" / "static" / "fanfare" / "icons"

    assert (icons / f"{key}.svg").read_text().startswith("<svg")
    assert (icons / f"{key}.png").stat().st_size < 4000
    assert registry.get(key).checked_on.year >= 2026


def test_no_network_lets_the_press_be_rewarded_without_a_word():
    for network in registry.networks().values():
        assert network.reward.press in ("forbidden", "warn")
        assert network.reward.why
    for key in ("facebook", "tumblr", "threads"):
        assert registry.get(key).reward.press == "forbidden"
        assert registry.get(key).reward.source.startswith("https://")


@pytest.mark.parametrize("key", COMPOSING)
@pytest.mark.parametrize("text", TEXTS)
def test_a_composer_address_decodes_back_to_text_and_link(key, text):
    network = registry.get(key)

    address = registry.composer_url(key, text, URL, title="Roses", image="https://go.brand.example/card/a.jpg")

    assert " " not in address and "+" not in address and address.isascii()
    values = decoded(address)
    assert any(URL in value for value in values.values())
    if network.takes_text:
        fitted = registry.fit(key, registry._clean(text), URL)
        assert any(fitted in value for value in values.values()) or not fitted


@pytest.mark.parametrize("key", [key for key in COMPOSING if registry.get(key).takes_text])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_cut_to_the_network_by_whole_characters(key, text):
    network = registry.get(key)

    fitted = registry.fit(key, text, URL)

    assert registry.remaining(key, fitted, URL) >= 0
    whole = graphemes(fitted.removesuffix("…"))
    assert graphemes(text)[: len(whole)] == whole or fitted == text
    assert network.length.max is not None


def test_mastodon_gets_its_text_in_the_fragment_that_no_server_sees():
    assert registry.composer_url("mastodon", "Hi", URL) == f"https://share.joinmastodon.org/#text=Hi%20{_quoted(URL)}"


def _quoted(url: str) -> str:
    return url.replace(":", "%3A").replace("/", "%2F")


def test_a_mail_has_a_subject_and_a_blank_line_before_the_link():
    address = registry.composer_url("email", "Look", URL, title="Roses & more")

    assert address.startswith("mailto:?subject=Roses%20%26%20more&body=Look%0D%0A%0D%0Ahttps")
    assert unquote(address).endswith(URL)


def test_x_counts_an_address_as_23_and_a_family_as_two():
    assert registry.remaining("x", "", URL) == 280 - 23 - 1
    assert registry.remaining("x", FAMILY, URL) == 280 - 23 - 1 - 2
    assert registry.remaining("x", "日本", URL) == 280 - 23 - 1 - 4


def test_bluesky_counts_what_people_see():
    assert registry.remaining("bluesky", FAMILY, URL) == 300 - len(URL) - 1 - 1


@pytest.mark.parametrize("key", ["googleplus", "viadeo", "foursquare", "copy", "webshare"])
def test_what_has_no_composer_opens_none(key):
    with pytest.raises(UnknownNetwork):
        registry.composer_url(key, "Hi", URL)


def test_an_unknown_network_is_named():
    with pytest.raises(UnknownNetwork, match="myspace"):
        registry.get("myspace")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "party"}, "kind 'party'"),
        ({"length": {"unit": "bytes", "max": 1, "url": None}}, "unit 'bytes'"),
        ({"checked_on": "yesterday"}, "yesterday"),
        ({"robots": ["nobody"]}, "robots nobody"),
        ({"colour_2": "#fff"}, "unknown names colour_2"),
        ({"reward": {"press": "yes", "why": "", "source": ""}}, "forbidden or warn"),
        ({"composer": None}, "needs a composer"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_name(change, message, tmp_path, monkeypatch):
    entries = json.loads((registry.HERE / "networks.json").read_text())
    entries[0].update(change)
    (tmp_path / "networks.json").write_text(json.dumps(entries))
    (tmp_path / "robots.json").write_text((registry.HERE / "robots.json").read_text())
    monkeypatch.setattr(registry, "HERE", tmp_path)
    registry.networks.cache_clear()

    with pytest.raises(BadRegistry, match=f"whatsapp: .*{message}"):
        registry.networks()

    registry.networks.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        (f"{FAMILY}x", [FAMILY, "x"]),
        ("🇫🇷🇩🇪🇪", ["🇫🇷", "🇩🇪", "🇪"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("1️⃣", ["1️⃣"]),
        ("각각", ["각", "각"]),
        ("\u1112\u1161\u11ab", ["\u1112\u1161\u11ab"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("नमस्ते"[:2], ["न", "म"]),
    ],
)
def test_characters_are_cut_as_people_see_them(text, expected):
    assert graphemes(text) == expected
    assert "".join(graphemes(text)) == text
    assert weight(text, unit="graphemes") == len(expected)
