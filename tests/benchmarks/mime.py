"""The mail as bytes: what headers, encoding and a signature cost by themselves, beside the standard library's.

The mail is the one of `benchmark render`. `email.message` writes the same headers and parts.
"""

from __future__ import annotations

import email.policy
import time
from collections import deque
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

from django.db import connection, transaction
from django.test import override_settings

from tests.benchmarks import render


class _Undo(Exception):
    """Everything this benchmark writes is rolled back."""


def run(n: int = 400) -> Iterator[dict[str, Any]]:
    """Yield the measured lines for n mails."""
    lines: list[dict[str, Any]] = []
    try:
        with transaction.atomic():
            lines = list(_measure(n))
            raise _Undo
    except _Undo:
        yield from lines


def _measure(n: int) -> Iterator[dict[str, Any]]:
    from campaigns.content import batch, compiled, mime

    campaign, rows = render.seed(n)
    made = batch.messages(campaign, rows)
    letters = [each.letter for each in made if each.letter]
    people, values = [each.person for each in letters], [each.values for each in letters]
    mail = letters[0].mail

    def headers() -> None:
        for person, own in zip(people, values, strict=True):
            mime.headers(mail, person, own)

    def one_by_one() -> None:
        for person, own in zip(people, values, strict=True):
            mime.message(mail, person, own)

    yield _line("headers", _timed(headers, n), n)
    yield _line("message, one by one", _timed(one_by_one, n), n)
    yield _line("message, by the column", _timed(lambda: deque(mime.messages(mail, people, values), maxlen=0), n), n)
    page, text = mail.page(values[0]), mail.plain(values[0])
    few = max(n // 20, 1)
    yield _line("email.message", _timed(lambda: [_standard(made[0].message, text, page) for _ in range(few)], few), few)
    with override_settings(DKIM_KEYS={mail.env.campaign.sender.domain: ("f1", _key())}):  # type: ignore[union-attr]
        compiled.forget()
        signed = compiled.load(campaign, campaign.content_version, "en")
        signing = _timed(lambda: [mime.message(signed, *each) for each in zip(people, values, strict=True)], n)
    compiled.forget()
    yield _line("message with DKIM (RSA-2048)", signing, n)


def _standard(message: bytes, text: str, page: str) -> bytes:
    made = EmailMessage(policy=email.policy.SMTP)
    for name, value in email.message_from_bytes(message).items():
        if not name.lower().startswith(("content-", "mime-")):
            made[name] = value.replace("\r\n", "")
    made.set_content(text)
    made.add_alternative(page, subtype="html")
    return made.as_bytes()


def _key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _timed(work: Callable[[], object], n: int) -> float:
    work()
    began = time.process_time()
    work()
    return (time.process_time() - began) / n * 1e6


def _line(name: str, value: float, n: int) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "unit": "µs/mail", "n": n, "database": connection.vendor}
