"""Only trusted proxies may say who the visitor is."""

import ipaddress

import pytest

from config.proxies import Proxied

TRUSTED = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1")]


def seen(peer: str, forwarded: str = "", proto: str = "https") -> dict:
    caught: dict = {}
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_FORWARDED_PROTO": proto}
    Proxied(lambda environ, start: caught.update(environ) or [b""], TRUSTED)(environ, None)
    return caught


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("", "203.0.113.9", ""),
    ],
)
def test_the_visitor_is_the_last_hop_that_is_not_ours(peer, forwarded, visitor):
    assert seen(peer, forwarded)["REMOTE_ADDR"] == visitor


def test_a_stranger_cannot_claim_https():
    assert "HTTP_X_FORWARDED_PROTO" not in seen("198.51.100.1", "203.0.113.9")
    assert seen("10.0.0.1", "203.0.113.9")["HTTP_X_FORWARDED_PROTO"] == "https"
    assert "HTTP_X_FORWARDED_FOR" not in seen("10.0.0.1", "203.0.113.9")
