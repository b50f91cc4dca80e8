"""Believe what trusted proxies say about the visitor, and nobody else.

application = Proxied(application, settings.TRUSTED_PROXIES)      # REMOTE_ADDR is then the visitor's
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from config.environment import Network


class Application(Protocol):
    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]: ...


class Proxied:
    """WSGI: take REMOTE_ADDR from X-Forwarded-For when the peer is a trusted proxy; drop such headers of others."""

    def __init__(self, application: Application, trusted: Sequence[Network]) -> None:
        self.application = application
        self.trusted = trusted
        self.trusts = lru_cache(maxsize=1024)(self._trusts)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        hops = environ.pop("HTTP_X_FORWARDED_FOR", "")
        environ.pop("HTTP_X_FORWARDED_HOST", None)
        if self.trusts(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = self.visitor(hops) or environ["REMOTE_ADDR"]
        else:
            environ.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.application(environ, start_response)

    def visitor(self, hops: str) -> str:
        """Return the last hop that is not ours: what stands before it may be invented by the visitor."""
        for hop in reversed([hop.strip() for hop in hops.split(",")]):
            if not self.trusts(hop):
                return hop if is_address(hop) else ""
        return ""

    def _trusts(self, address: str) -> bool:
        return is_address(address) and any(ipaddress.ip_address(address) in network for network in self.trusted)


def is_address(text: str) -> bool:
    """Say whether the text is one IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
