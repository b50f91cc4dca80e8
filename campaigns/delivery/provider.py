"""A provider's API through Anymail: many mails a call where its merge language allows it, else several calls at once.

Intent for all mails of the calls, the calls, their outcomes. No answer after a call went out is doubt about each of its
mails, as after an SMTP dot; a provider that keeps idempotency keys is asked again under the same key first.
"""

from __future__ import annotations

import email
import email.policy
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from django.core.mail import EmailMultiAlternatives, get_connection

from campaigns.content import merging
from campaigns.delivery.mail import Feed, Mail, Outcome

if TYPE_CHECKING:
    from campaigns.delivery.desk import LedgerDesk

IDEMPOTENT = {"resend": "Idempotency-Key"}  # header by which the provider knows a repeated call; kept 24 hours
REPEATS = (1.0, 2.0)  # seconds before the same call is made again under the same key

Call = list[Mail]
Answer = tuple[list[Outcome], str]  # the outcomes, and why the provider itself fails


class Provider:
    """The calls to one provider, over `connections` sessions of their own threads."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.esp = options["esp"]
        self.settings = options["settings"]
        self.connections = int(options.get("connections", 4))
        self.merge = merging.LANGUAGES.get(self.esp)
        limit = self.merge.most if self.merge else 1
        self.most = min(int(options.get("batch", limit)), limit)
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(max_workers=self.connections, thread_name_prefix=f"api-{self.esp}")
        self._backend()  # a wrong setting is said at once

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def deliver(self, feed: Feed, desk: LedgerDesk) -> None:
        """Send what the feed gives, round by round: as many calls as there are connections."""
        while mails := some(feed, self.connections * self.most):
            desk.tick()
            allowed = desk.settle([], mails)
            calls = self.calls([mail for mail in mails if mail.row.id in allowed])
            answers = list(self._threads.map(self.call, calls))
            desk.settle([outcome for outcomes, _why in answers for outcome in outcomes], [])
            if failing := next((why for _outcomes, why in answers if why), ""):
                desk.relay_failed(failing)
                return

    def calls(self, mails: list[Mail]) -> list[Call]:
        """Split mails into calls: those of one compiled mail go together."""
        if self.most < 2 or len(mails) < 2:
            return [[mail] for mail in mails]
        return [group[first : first + self.most] for group in alike(mails) for first in range(0, len(group), self.most)]

    def call(self, mails: Call) -> Answer:
        """Make one call and return what became of its mails. A batch that is refused whole goes again one by one."""
        message = self._together(mails) if len(mails) > 1 else anymail_message(mails[0])
        if message is None:
            return self._one_by_one(mails)
        outcomes, why, is_refused = self._ask(message, mails)
        return self._one_by_one(mails) if is_refused and len(mails) > 1 else (outcomes, why)

    def _one_by_one(self, mails: Call) -> Answer:
        found: list[Outcome] = []
        failing = ""
        for mail in mails:
            if failing:
                found.append(Outcome(mail, 421, failing, is_dotted=True))
                continue
            outcomes, failing = self.call([mail])
            found += outcomes
        return found, failing

    def _together(self, mails: Call) -> EmailMultiAlternatives | None:
        """Return one message for all of them, None where the provider's merge language cannot say it."""
        letters = [mail.letter for mail in mails if mail.letter is not None]
        together = self.merge is not None and len(letters) == len(mails)
        merged = merging.merged(letters, self.merge) if together and self.merge else None
        if merged is not None:
            merged.merge_metadata = {  # type: ignore[attr-defined]
                mail.recipient: metadata(mail) for mail in mails
            }
        return merged

    def _ask(self, message: Any, mails: Call) -> tuple[list[Outcome], str, bool]:
        """Make the call; return the outcomes, why the provider fails, and whether it refused the call as a whole."""
        from anymail.exceptions import AnymailAPIError, AnymailError

        if self.esp == "mailersend" and len(mails) == 1:  # its webhooks bring back tags, no metadata
            message.tags = [metadata(mails[0])["token"]]
        message.idempotency_key = f"fanfare-{mails[0].row.campaign_id}-{mails[0].row.id}"
        try:
            self._send(message)
        except AnymailAPIError as why:
            status = getattr(why, "status_code", None)
            if status is None:  # no answer at all
                is_in_doubt = not never_connected(why)
                words = type(why).__name__
                return [Outcome(mail, 0, words, is_dotted=is_in_doubt) for mail in mails], words, False
            return self._refused(mails, int(status))
        except AnymailError as why:  # the provider cannot express this mail, or takes none of its addresses
            words = f"5.6.0 {type(why).__name__}"
            return [Outcome(mail, 554, words, is_dotted=True) for mail in mails], "", True
        return [taken(mail, message.anymail_status) for mail in mails], "", False

    def _send(self, message: Any) -> None:
        """Call; under an idempotency key, again when no answer came: the provider knows the repeated call."""
        from anymail.exceptions import AnymailAPIError

        waits = list(REPEATS) if self.esp in IDEMPOTENT else []
        while True:
            try:
                self._backend().send_messages([message])
                return
            except AnymailAPIError as why:
                if getattr(why, "status_code", None) is not None or not waits:
                    raise
                time.sleep(waits.pop(0))

    def _backend(self) -> Any:
        """Return this thread's backend: a session is not made for several threads."""
        if not hasattr(self._own, "backend"):
            made = get_connection(f"anymail.backends.{self.esp}.EmailBackend", **self.settings)
            if header := IDEMPOTENT.get(self.esp):
                add_key(made, header)
            made.open()
            self._own.backend = made
        return self._own.backend

    @staticmethod
    def _refused(mails: Call, status: int) -> tuple[list[Outcome], str, bool]:
        words = f"HTTP {status}"
        code = 535 if status in {401, 403} else 421 if status == 429 or status >= 500 else 0
        if code:
            return [Outcome(mail, code, words, is_dotted=True) for mail in mails], words, False
        return [Outcome(mail, 550, f"5.6.0 {words}", is_dotted=True) for mail in mails], "", True


def alike(mails: Sequence[Mail]) -> list[Call]:
    """Group mails by what they were compiled from; order within a group is kept."""
    groups: dict[int, Call] = defaultdict(list)
    for mail in mails:
        groups[id(mail.letter.mail) if mail.letter else 0].append(mail)
    return list(groups.values())


def taken(mail: Mail, status: Any) -> Outcome:
    """Return what the provider says of one mail of a call it took."""
    own = (status.recipients or {}).get(mail.recipient)
    if own is not None and own.status in {"invalid", "rejected"}:
        return Outcome(mail, 554, f"5.6.0 {own.status} by the provider", is_dotted=True)
    return Outcome(mail, 250, str((own and own.message_id) or status.message_id or "taken"), is_dotted=True)


def add_key(backend: Any, header: str) -> None:
    """Make a backend send each message's `idempotency_key` in a header; Anymail has no option for it."""
    build = backend.build_message_payload

    def with_key(message: Any, defaults: Any) -> Any:
        payload = build(message, defaults)
        payload.headers = {**(payload.headers or {}), header: message.idempotency_key}
        return payload

    backend.build_message_payload = with_key


def never_connected(why: BaseException) -> bool:
    """Say whether a call surely reached nobody: the connection itself could not be made."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    seen: list[BaseException] = [why]
    for each in seen:
        if isinstance(each, NewConnectionError | ConnectTimeoutError):
            return True
        inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        seen += [one for one in inner if isinstance(one, BaseException) and one not in seen]
    return False


OURS = {"subject", "from", "to", "reply-to", "mime-version", "content-type", "content-transfer-encoding", "date"}
OURS |= {"dkim-signature"}  # over our bytes; the provider makes and signs its own


def anymail_message(mail: Mail) -> EmailMultiAlternatives:
    """Return the mail in Django's shape: what our own bytes say, taken apart again for the provider's API."""
    parsed = email.message_from_bytes(mail.message, policy=email.policy.default)
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    message = EmailMultiAlternatives(
        subject=str(parsed["subject"] or ""),
        body=text.get_content() if text else "",
        from_email=str(parsed["from"]),
        to=[str(parsed["to"])],
        reply_to=[str(parsed["reply-to"])] if parsed["reply-to"] else None,
        headers={name: str(value) for name, value in parsed.items() if name.lower() not in OURS},
    )
    if html:
        message.attach_alternative(html.get_content(), "text/html")
    message.metadata = metadata(mail)  # type: ignore[attr-defined]
    return message


def metadata(mail: Mail) -> dict[str, str]:
    """Return what the provider's webhooks bring back, so that they are matched by our own token."""
    return {"delivery": str(mail.row.id), "token": mail.envelope_from.partition("@")[0].removeprefix("b+")}


def some(feed: Feed, n: int) -> list[Mail]:
    """Take up to n mails from the feed."""
    mails: list[Mail] = []
    while len(mails) < n and (mail := feed.next()) is not None:
        mails.append(mail)
    return mails
