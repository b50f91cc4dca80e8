"""How mail leaves this house, asked now: what the DNS says of each sender's domain, and whether the relays answer.

for way in leaving.ways():       # waits up to some seconds a question: the page asks for it apart
    way.state, way.what, way.said, way.remedy     # → "bad", "SPF of mail.brand.example", "not published", "Publish …"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns import domains
from campaigns.models import Sender
from config import diagnosis

MOST = 5  # domains asked for one page


@dataclass(frozen=True)
class Way:
    """One thing that must be right for mail to arrive; `state` is good, odd, bad or unknown (could not be asked)."""

    state: str
    what: str
    said: str
    remedy: str = ""

    @property
    def word(self) -> str:
        return {"good": _("good"), "odd": _("look here"), "bad": _("to be done")}.get(self.state, _("not known"))


def ways() -> list[Way]:
    """Ask the relays, then the DNS for the domains of the senders in use. Sends no mail."""
    return [*map(_relay, settings.FANFARE_RELAYS), *_domains()]


def _relay(relay: Mapping[str, Any]) -> Way:
    what = _("Relay %(name)s") % {"name": relay["name"]}
    if relay["kind"] == "outbox":
        said = _("mails stay in the Outbox: nothing leaves this house yet")
        remedy = _("Look at them there. Whoever runs the server names a relay in EMAIL_RELAYS when it gets serious.")
        return Way("odd", what, said, remedy)
    if relay["kind"] == "anymail":
        name = relay["options"]["esp"]
        return Way("unknown", what, _("%(name)s can only be asked by a mail") % {"name": name}, _("Send a test mail."))
    found = diagnosis.ask_smtp(relay["name"], dict(relay["options"]))
    if found.state == "good":
        return Way("good", what, _("takes our connection"))
    said = _("does not take our connection: %(why)s") % {"why": found.says}
    return Way("bad", what, said, _("Tell whoever runs the server; EMAIL_RELAYS names host, user and password."))


def _domains() -> Iterator[Way]:
    senders = Sender.objects.filter(archived_at=None).order_by("pk")
    asked = list(dict.fromkeys(diagnosis.domains(sender) for sender in senders))
    for domain, envelope, selector in asked[:MOST]:
        for answer in domains.ask(domain, envelope=envelope, selector=selector):
            what = _("%(kind)s of %(domain)s") % {"kind": answer.kind, "domain": answer.domain}
            yield Way(answer.state, what, answer.said, answer.remedy)
    if not asked:
        yield Way("odd", _("Senders"), _("there is none yet"), _("Begin a campaign: it asks who writes."))
