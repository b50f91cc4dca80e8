"""Settings say what they do not understand, and never show a secret."""

import json
import stat
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import ImproperlyConfigured

from config import environment

KEY = "ab" * 32


@pytest.fixture
def given(monkeypatch):
    return lambda **variables: [monkeypatch.setenv(name, value) for name, value in variables.items()]


def refusal(call, *arguments, **options) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        call(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(("value", "flag"), [("True", True), ("False", False), ("", True), (" False ", False)])
def test_a_flag_is_true_or_false(given, value, flag):
    given(DEBUG=value)
    assert environment.flag("DEBUG", True) is flag


@pytest.mark.parametrize("value", ["yes", "1", "true", "on"])
def test_any_other_flag_is_refused_with_the_remedy(given, value):
    given(DEBUG=value)
    assert refusal(environment.flag, "DEBUG", False) == f"Unexpected value DEBUG={value}, use True or False"


@pytest.mark.parametrize("value", ["-1", "4.5", "four", "0x4", "²"])
def test_a_number_is_whole_and_not_too_small(given, value):
    given(WEB_THREADS=value)
    assert f"WEB_THREADS={value}, use a whole number, 1 or more" in refusal(
        environment.number, "WEB_THREADS", 4, least=1
    )


def test_words_are_split_and_stripped(given):
    given(ALLOWED_HOSTS=" a.example, b.example ,,")
    assert environment.words("ALLOWED_HOSTS") == ["a.example", "b.example"]


@pytest.mark.parametrize(
    "value",
    ["mail.example.com", "ftp://x.example", "https://x.example/path", "https://", "https://[::1", "http://x:99999"],
)
def test_a_web_address_is_an_origin(given, value):
    given(SITE_URL=value)
    assert f"SITE_URL={value}" in refusal(environment.web_address, "SITE_URL", "http://localhost")


def test_a_web_address_loses_its_slash(given):
    given(SITE_URL="https://mail.example.com/")
    assert environment.web_address("SITE_URL", "") == "https://mail.example.com"


def test_networks_are_read_and_nonsense_is_refused(given):
    given(TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8,fd00::/8")
    assert [str(network) for network in environment.networks("TRUSTED_PROXIES")] == [
        "127.0.0.1/32",
        "10.0.0.0/8",
        "fd00::/8",
    ]
    given(TRUSTED_PROXIES="nginx")
    assert "use addresses like" in refusal(environment.networks, "TRUSTED_PROXIES")


@pytest.mark.parametrize("value", ["eur", "EURO", "E1R", "ÉUR"])
def test_a_currency_is_three_capital_letters(given, value):
    given(BASE_CURRENCY=value)
    assert "ISO 4217" in refusal(environment.currency, "BASE_CURRENCY", "EUR")


def test_a_secret_is_made_once_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "secret.key"

    first = environment.secret("NOT_GIVEN", path)

    assert len(first) == 64 and environment.secret("NOT_GIVEN", path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_secret_of_the_environment_wins_and_leaves_no_file(given, tmp_path):
    given(SECRET_KEY="from outside")
    assert environment.secret("SECRET_KEY", tmp_path / "secret.key") == "from outside"
    assert not list(tmp_path.iterdir())


def test_processes_that_start_together_share_one_secret(tmp_path):
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(environment.secret("NONE", tmp_path / "k"))) for _ in range(16)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert len(found) == 16 and len(set(found)) == 1


def test_the_first_key_of_the_ring_signs(given, tmp_path):
    given(TOKEN_KEYS=f"3:{KEY}, 0:{'cd' * 32}")
    assert environment.key_ring("TOKEN_KEYS", tmp_path / "k") == [
        (3, bytes.fromhex(KEY)),
        (0, bytes.fromhex("cd" * 32)),
    ]


@pytest.mark.parametrize("ring", ["16:" + KEY, "a:" + KEY, KEY, "1:abcd", f"1:{KEY},1:{KEY}", "1:" + "zz" * 32])
def test_a_broken_ring_is_refused_without_showing_a_key(given, tmp_path, ring):
    given(TOKEN_KEYS=ring)
    message = refusal(environment.key_ring, "TOKEN_KEYS", tmp_path / "k")
    assert "use id:hex,id:hex" in message
    assert KEY not in message or ring == KEY


def test_a_ring_is_made_when_none_is_given(tmp_path):
    ring = environment.key_ring("NOT_GIVEN", tmp_path / "token.key")
    assert ring == environment.key_ring("NOT_GIVEN", tmp_path / "token.key") and ring[0][0] == 0


@pytest.mark.parametrize("url", ["mysql://u:hunter2@db/x", "nonsense hunter2", "postgres://u:hunter2@db:port/x"])
def test_a_broken_database_url_is_refused_without_its_password(given, url):
    given(DATABASE_URL=url)
    message = refusal(environment.database, "DATABASE_URL", "sqlite:////tmp/x")
    assert "use sqlite:////absolute/path or postgres://" in message and "hunter2" not in message


def test_a_postgres_url_is_read(given):
    given(DATABASE_URL="postgres://ann:p%40ss@db.example:5433/fanfare")
    found = environment.database("DATABASE_URL", "")
    assert (found["NAME"], found["HOST"], found["PORT"], found["PASSWORD"]) == ("fanfare", "db.example", 5433, "p@ss")


def test_the_outbox_is_a_relay():
    assert environment.relays("outbox://") == [
        {"name": "outbox", "kind": "outbox", "url": "outbox://", "options": {}, "weight": 1}
    ]


@pytest.mark.parametrize(
    ("scheme", "port", "tls"), [("smtp", 25, "none"), ("smtp+starttls", 587, "starttls"), ("smtps", 465, "implicit")]
)
def test_an_smtp_url_is_read(scheme, port, tls):
    (relay,) = environment.relays(f"main={scheme}://ann:p%2Css@mx.example?weight=3&connections=10")

    assert relay["kind"] == "smtp" and relay["name"] == "main" and relay["weight"] == 3
    assert relay["options"] == {
        "host": "mx.example", "port": port, "username": "ann", "password": "p,ss", "tls": tls, "connections": 10,
    }  # fmt: skip
    assert "p,ss" not in relay["url"] and "p%2C" not in relay["url"]


def test_providers_of_anymail_are_relays_too():
    postmark, ses = environment.relays("postmark://?server_token=s3cret, ses=amazon-ses://?weight=0")

    assert postmark["kind"] == "anymail" and postmark["options"] == {
        "esp": "postmark",
        "settings": {"server_token": "s3cret"},
    }
    assert (ses["name"], ses["options"]["esp"], ses["weight"]) == ("ses", "amazon_ses", 0)
    assert "s3cret" not in postmark["url"]


def test_the_json_form_says_the_same_as_the_short_one():
    written = [{"name": "main", "url": "smtps://ann:pw@mx.example:4465", "weight": 2, "options": {"connections": 7}}]
    assert environment.relays(json.dumps(written)) == environment.relays(
        "main=smtps://ann:pw@mx.example:4465?weight=2&connections=7"
    )


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("carrier-pigeon://x", "scheme 'carrier-pigeon'"),
        ("smtp://", "scheme 'smtp'"),
        ("a=outbox://,a=outbox://", "differ"),
        ("a=smtp://u:hunter2@mx:port", "broken URL"),
        ("a=smtp://mx?weight=heavy", "no whole number"),
        ("a=smtp://mx?connections=many", "no whole number"),
        ('[{"name": "a"}]', "KeyError"),
        ('[{"url": ', "EMAIL_RELAYS"),
        ("[]", "must be there"),
    ],
)
def test_a_relay_that_is_not_understood_is_named_without_its_password(written, part):
    message = refusal(environment.relays, written)
    assert part in message and "hunter2" not in message


def rsa_pem(bits=2048):
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def test_a_signing_key_is_given_itself_or_by_its_path(given, tmp_path):
    pem, kept = rsa_pem(), tmp_path / "b.pem"
    kept.write_text(pem)
    given(DKIM_KEYS=f"Brand.example:f1:{pem.strip()}, b.example:f2:{kept}, c.example:f3:" + pem.replace("\n", "\\n"))

    found = environment.dkim_keys("DKIM_KEYS")

    assert {domain: selector for domain, (selector, _pem) in found.items()} == {
        "brand.example": "f1",
        "b.example": "f2",
        "c.example": "f3",
    }
    assert {key.decode().strip() for _selector, key in found.values()} == {pem.strip()}


@pytest.mark.parametrize("value", ["brand.example", "brand.example:f1", "é.example:f1:x", "a.example:f 1:x", "::"])
def test_a_signing_key_without_domain_or_selector_is_refused(given, value):
    given(DKIM_KEYS=value)
    assert "domain:selector:path-or-PEM" in refusal(environment.dkim_keys, "DKIM_KEYS")


def test_a_signing_key_that_cannot_sign_is_refused_and_not_shown(given, tmp_path):
    given(DKIM_KEYS=f"a.example:f1:{tmp_path}/none.pem")
    assert "DKIM_KEYS (a.example): the key file cannot be read" in refusal(environment.dkim_keys, "DKIM_KEYS")
    for key in (rsa_pem(1024).strip(), "-----BEGIN PRIVATE KEY-----\nsecretword\n-----END PRIVATE KEY-----"):
        given(DKIM_KEYS=f"a.example:f1:{key}")
        said = refusal(environment.dkim_keys, "DKIM_KEYS")
        assert "no RSA key of 2048 bits" in said and "secretword" not in said and key[40:60] not in said
