"""What receivers ask about the domain of a sender: SPF, DKIM, DMARC, in the DNS; and how it is published.

for answer in ask("mail.brand.example", envelope="mail.brand.example", selector="s1"):
    answer.kind, answer.state, answer.said        # → "DMARC", "good", "published"

Source: RFC 7208 (SPF), 6376 (DKIM), 9989 (DMARC: the tree is walked, there is no `pct`). A DNS that does not answer is
`unknown`, never `bad`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import dns.exception
import dns.resolver
from django.utils.translation import gettext as _

from campaigns.content import dkim

State = Literal["good", "odd", "bad", "unknown"]
TIMEOUT = 5.0  # seconds for one question
MOST_LOOKUPS = 10  # RFC 7208 §4.6.4
LOOKUPS = re.compile(r"(?:^|\s)[+?~-]?(?:include:|redirect=|exists:|a(?=[\s:/]|$)|mx(?=[\s:/]|$)|ptr)", re.IGNORECASE)


class Unknown(Exception):
    """The DNS could not be asked; the message names the kind of failure."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question found."""

    state: State
    kind: str
    domain: str
    said: str
    remedy: str = ""


def ask(domain: str, *, envelope: str, selector: str = "") -> Iterator[Answer]:
    """Ask all that receivers will ask. Waits up to TIMEOUT a question."""
    yield _told("SPF", envelope, _spf)
    ours = dkim.signer_for(domain)
    if ours:
        yield _told("DKIM", domain, lambda name: _own_dkim(ours))
    if selector and not (ours and ours.selector == selector):
        yield _told("DKIM", domain, lambda name: _dkim(name, selector))
    elif not ours:
        yield Answer("unknown", "DKIM", domain, _("no selector is known"), _("Write it on the sender in the admin."))
    yield _told("DMARC", domain, _dmarc)


def _told(kind: str, domain: str, question: object) -> Answer:
    try:
        state, said, remedy = question(domain)  # type: ignore[operator]
    except Unknown as why:
        said = _("the DNS could not be asked (%(why)s)") % {"why": why}
        return Answer("unknown", kind, domain, said, _("Ask again with a network."))
    return Answer(state, kind, domain, said, remedy)


def texts(name: str) -> list[str]:
    """Return the TXT records of a name; none when it does not exist. Raises: Unknown."""
    try:
        answers = dns.resolver.resolve(name, "TXT", lifetime=TIMEOUT)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, UnicodeError, ValueError) as why:
        raise Unknown(type(why).__name__) from why
    return [b"".join(answer.strings).decode(errors="replace") for answer in answers]


Found = tuple[State, str, str]


def _spf(domain: str) -> Found:
    found = [text for text in texts(domain) if text.lower().startswith("v=spf1")]
    if not found:
        return "bad", _("not published"), _("Publish a TXT record v=spf1 include:… as your relay says.")
    if len(found) > 1:
        said = _("published %(n)d times, so receivers ignore it") % {"n": len(found)}
        return "bad", said, _("Keep one record.")
    words = found[0].lower()
    if words.rstrip().endswith("+all") or words.rstrip().endswith(" all"):
        return "bad", _("lets everybody write in your name (+all)"), _("End it with ~all or -all.")
    if len(LOOKUPS.findall(words)) > MOST_LOOKUPS:
        return "bad", _("asks more than ten questions, so receivers give up"), _("Remove what no longer sends.")
    return "good", _("published"), ""


def _dkim(domain: str, selector: str) -> Found:
    found = [text for text in texts(f"{selector}._domainkey.{domain}") if "p=" in text.replace(" ", "")]
    if not found:
        return "bad", _("not published"), _("Publish the key that your relay shows.")
    if re.search(r"(?:^|;)\s*p=\s*(?:;|$)", found[0]):
        return "bad", _("the key was withdrawn (p= is empty)"), _("Publish a new key under a new selector.")
    return "good", _("published"), ""


def _own_dkim(signer: dkim.Signer) -> Found:
    """Compare what is published with the key that we sign with (DKIM_KEYS)."""
    publish = _("Publish this TXT record: %(name)s. TXT %(record)s") % {"name": signer.name, "record": signer.record}
    found = [text for text in texts(signer.name) if "p=" in text.replace(" ", "")]
    if not found:
        return "bad", _("not published"), publish
    if f"p={signer.public}" not in re.sub(r"\s", "", found[0]):
        return "bad", _("another key is published than the one of DKIM_KEYS"), publish
    return "good", _("published"), ""


def _dmarc(domain: str) -> Found:
    """Walk up the tree until a record is found (RFC 9989: at most eight questions, and not at the top label)."""
    labels = domain.split(".")
    names = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    for name in [names[0], *names[1:][-7:]] if names else [domain]:
        found = [text for text in texts(f"_dmarc.{name}") if text.lower().replace(" ", "").startswith("v=dmarc1")]
        if len(found) > 1:
            said = _("published %(n)d times, so receivers ignore it") % {"n": len(found)}
            return "bad", said, _("Keep one record.")
        if found:
            return _policy(found[0], name, domain)
    return "bad", _("not published"), _("Publish a TXT record v=DMARC1; p=none; rua=mailto:…")


def _policy(text: str, name: str, domain: str) -> Found:
    tags = dict(part.strip().partition("=")[::2] for part in text.split(";") if "=" in part)
    where = "" if name == domain else " " + _("(by %(domain)s)") % {"domain": name}
    if "p" not in {tag.strip().lower() for tag in tags}:
        return "bad", _("names no policy") + where, _("Add p=none, or better p=quarantine.")
    if "pct" in {tag.strip().lower() for tag in tags}:
        said = _("published, with pct, which RFC 9989 removed") + where
        return "odd", said, _("Take pct out; t=y tests a policy.")
    return "good", _("published") + where, ""
