"""The ways out for mail, as EMAIL_RELAYS names them: our SMTP client, the Outbox, any provider of Anymail.

relay = make(settings.FANFARE_RELAYS[0])
relay.deliver(feed, desk)
"""

from __future__ import annotations

import email
import email.policy
import logging
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from campaigns.delivery import breaker
from campaigns.delivery.desk import LedgerDesk
from campaigns.delivery.mail import Feed, Mail, Outcome
from campaigns.delivery.opening import Access
from campaigns.delivery.provider import Provider, some
from campaigns.delivery.smtp import Pool
from campaigns.models import Campaign, OutboxMail

Settings = Mapping[str, Any]  # one entry of settings.FANFARE_RELAYS; see docs/settings.md, Mail

logger = logging.getLogger(__name__)


class Relay(ABC):
    """One way out. `deliver` returns when the feed is exhausted or the relay fails; every mail it took has an outcome
    then.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def deliver(self, feed: Feed, desk: LedgerDesk) -> None:
        """Send what the feed gives."""

    def close(self) -> None:
        """Let go of connections; most relays keep none."""
        return


class SmtpRelay(Relay):
    """Our pipelined client over persistent connections."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        super().__init__(name)
        access = Access(
            host=options["host"],
            port=int(options["port"]),
            tls=options.get("tls", "none"),
            username=options.get("username", ""),
            password=options.get("password", ""),
            timeout=float(options.get("timeout", 600)),
            ca_file=options.get("ca_file", ""),
        )
        self.pool = Pool(name, access, connections=int(options.get("connections", 4)))

    def deliver(self, feed: Feed, desk: LedgerDesk) -> None:
        self.pool.deliver(feed, desk)

    def close(self) -> None:
        self.pool.close()


class OutboxRelay(Relay):
    """Keeps mails in the database, to be looked at in the admin: intent, mail and SENT stand in one transaction."""

    STEP = 50  # mails a transaction: about 2 MB, well under 20 ms

    def __init__(self, name: str, options: dict[str, Any] | None = None) -> None:
        super().__init__(name)

    def deliver(self, feed: Feed, desk: LedgerDesk) -> None:
        while mails := some(feed, self.STEP):
            desk.tick()
            with transaction.atomic():
                allowed = desk.settle([], mails)
                kept = [mail for mail in mails if mail.row.id in allowed]
                OutboxMail.objects.bulk_create([self._kept(mail) for mail in kept])
                desk.settle([Outcome(mail, 250, "kept in the Outbox", is_dotted=True) for mail in kept], [])
            time.sleep(0.001)  # SQLite's lock is not fair (contacts.manners)

    @staticmethod
    def _kept(mail: Mail) -> OutboxMail:
        head = email.message_from_bytes(mail.message.partition(b"\r\n\r\n")[0], policy=email.policy.default)
        return OutboxMail(
            delivery_id=mail.row.id,
            sender=mail.envelope_from,
            recipient=mail.recipient,
            subject=str(head["subject"] or "")[:250],
            message=mail.message,
        )


class AnymailRelay(Relay):
    """A provider's API, see `provider`."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        super().__init__(name)
        self.provider = Provider(options)

    def deliver(self, feed: Feed, desk: LedgerDesk) -> None:
        self.provider.deliver(feed, desk)

    def close(self) -> None:
        self.provider.close()


KINDS: dict[str, Callable[[str, dict[str, Any]], Relay]] = {
    "smtp": SmtpRelay,
    "outbox": OutboxRelay,
    "anymail": AnymailRelay,
}


def make(described: Mapping[str, Any]) -> Relay:
    """Return the relay that a settings entry describes."""
    return KINDS[described["kind"]](described["name"], described["options"])


class Relays:
    """The relays of this process, made when first needed and kept open between turns."""

    def __init__(self) -> None:
        self._made: dict[str, Relay] = {}

    def choose(self, campaign: Campaign) -> Relay | None:
        """Return the relay for a campaign's next turn: its sender's, else one by weight; None while none takes mail."""
        named = campaign.sender.relay if campaign.sender else ""
        described = [each for each in settings.FANFARE_RELAYS if not named or each["name"] == named]
        if named and not described:
            logger.warning("campaign=%s its sender names a relay that EMAIL_RELAYS does not have", campaign.pk)
        usable = [each for each in described if (named or each["weight"] > 0) and not breaker.is_open(each["name"])]
        if not usable:
            return None
        chosen = random.choices(usable, weights=[max(each["weight"], 1) for each in usable])[0]  # noqa: S311
        if chosen["name"] not in self._made:
            self._made[chosen["name"]] = make(chosen)
        return self._made[chosen["name"]]

    def close(self) -> None:
        for relay in self._made.values():
            relay.close()
        self._made.clear()
