"""Which domains are one receiver: those whose mail the same servers take share one pace.

group("googlemail.com")        # → "gmail.com", known without asking
group("brand.example")         # → "outlook.com" where its MX are Microsoft's, else "brand.example"
"""

from __future__ import annotations

import contextlib
import queue
import threading

import dns.exception
import dns.resolver

TIMEOUT = 2.0  # seconds; without DNS every domain is its own
# Domains of the large receivers, by the name under which they share a pace.
KNOWN = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), "gmail.com"),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.fr", "live.fr"), "outlook.com"),
    **dict.fromkeys(("yahoo.com", "yahoo.fr", "ymail.com", "rocketmail.com", "aol.com"), "yahoo.com"),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), "icloud.com"),
    **dict.fromkeys(("gmx.de", "gmx.net", "gmx.com", "web.de"), "gmx.net"),
    **dict.fromkeys(("orange.fr", "wanadoo.fr"), "orange.fr"),
}
# The end of a mail server's name, and whose it is.
SERVERS = {
    "google.com": "gmail.com",
    "googlemail.com": "gmail.com",
    "outlook.com": "outlook.com",
    "yahoodns.net": "yahoo.com",
    "icloud.com": "icloud.com",
}


_FOUND: dict[str, str] = {}
_ASKED: queue.Queue[str] = queue.Queue(maxsize=1_000)
_LOCK = threading.Lock()
MOST = 50_000  # domains remembered


def group(domain: str) -> str:
    """Return the name under which a domain shares its receiver's pace; a domain's own name until DNS has told.

    Never waits: a thread of its own asks, so that no mail is held up by a slow name server.
    """
    domain = domain.lower()
    if domain in KNOWN:
        return KNOWN[domain]
    if domain not in _FOUND:
        with _LOCK:
            if len(_FOUND) >= MOST:
                _FOUND.clear()
            _FOUND[domain] = domain
            with contextlib.suppress(queue.Full):
                _ASKED.put_nowait(domain)
        start_asking()
    return _FOUND.get(domain, domain)


def start_asking() -> None:
    """Start the thread that asks DNS, once a process."""
    with _LOCK:
        if not any(thread.name == "destinations" for thread in threading.enumerate()):
            threading.Thread(target=ask_for_ever, name="destinations", daemon=True).start()


def ask_for_ever() -> None:
    while True:
        domain = _ASKED.get()
        _FOUND[domain] = of_server(domain, mail_server(domain))


def of_server(domain: str, server: str) -> str:
    """Return whose a mail server is, by its name: the receiver's, the server's own domain, or the domain itself."""
    for end, name in SERVERS.items():
        if server == end or server.endswith(f".{end}"):
            return name
    labels = server.split(".")
    if len(labels) < 3:
        return domain
    return ".".join(labels[-3:] if len(labels[-2]) <= 3 else labels[-2:])  # mx.shop.co.uk is not co.uk's


def mail_server(domain: str) -> str:
    """Return the name of the domain's first mail server, '' when DNS does not tell."""
    try:
        found = sorted(dns.resolver.resolve(domain, "MX", lifetime=TIMEOUT), key=lambda each: int(each.preference))
        return str(found[0].exchange).rstrip(".").lower() if found else ""
    except (dns.exception.DNSException, OSError, ValueError):
        return ""
