"""Mails that differ in a few places, said as one message in a provider's merge language.

merged([to_ann, to_dan], LANGUAGES["mailgun"])   # → one message: “Hello %recipient.ff0%”, merge_data by address

What all share stays as it is, every place where one differs becomes a field. The result, filled in, is each mail again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMultiAlternatives

from campaigns.delivery.mail import Mail


@dataclass(frozen=True, slots=True)
class Language:
    """A provider's merge fields. `most`: recipients a call; `octets`: of one's values; `signs`: not for fixed text."""

    field: str
    most: int
    octets: int
    signs: tuple[str, ...]
    extra: dict[str, Any] | None = None


# Providers whose API takes fields in the text itself and own headers for each recipient: without those everybody would
# get the first one's List-Unsubscribe. Source: Anymail's table of features and each provider's API reference.
LANGUAGES = {
    "mailgun": Language("%recipient.{}%", 1_000, 100_000, ("%recipient",)),
    "sendgrid": Language("-{}-", 1_000, 10_000, ("-ff",), {"merge_field_format": "-{}-"}),
    "sparkpost": Language("{{{{{{{}}}}}}}", 1_000, 100_000, ("{{", "{%")),
    "mailjet": Language("{{{{var:{}}}}}", 50, 100_000, ("{{", "{%")),
}
MOST_FIELDS = 300
WORDS = re.compile(r"[\w.:/?&;%+~#-]+|[^\w.:/?&;%+~#-]+")  # a URL or a word is one piece, what is between another


def alike(mails: Sequence[Mail]) -> list[list[Mail]]:
    """Group mails of one version and language; order within a group is kept."""
    groups: dict[tuple[int | None, str], list[Mail]] = defaultdict(list)
    for mail in mails:
        groups[mail.row.content_version_id, mail.row.language].append(mail)
    return list(groups.values())


def merged(messages: Sequence[EmailMultiAlternatives], language: Language) -> EmailMultiAlternatives | None:
    """Return one message that says all of them, None when they differ in more than values."""
    first = messages[0]
    if len({(each.from_email, *each.reply_to, len(each.alternatives)) for each in messages}) > 1:
        return None
    addresses = [parseaddr(each.to[0])[1] for each in messages]
    if len(set(addresses)) < len(addresses):
        return None
    values: list[dict[str, str]] = [{} for _ in messages]
    texts = []
    for n in range(2 + len(first.alternatives)):
        shared = template([part(each, n) for each in messages], values, language)
        if shared is None:
            return None
        texts.append(shared)
    subject, body, *others = texts
    if max(sum(len(value.encode()) for value in own.values()) for own in values) > language.octets:
        return None
    made = EmailMultiAlternatives(
        subject=subject, body=body, from_email=first.from_email, to=[each.to[0] for each in messages],
        reply_to=first.reply_to, headers={},
    )  # fmt: skip
    for other, (_text, kind) in zip(others, first.alternatives, strict=True):
        made.attach_alternative(other, kind)
    made.merge_data = dict(zip(addresses, values, strict=True))  # type: ignore[attr-defined]
    made.merge_headers = {  # type: ignore[attr-defined]
        address: {name: value for name, value in each.extra_headers.items() if name.lower() != "message-id"}
        for address, each in zip(addresses, messages, strict=True)
    }
    if language.extra:
        made.esp_extra = dict(language.extra)  # type: ignore[attr-defined]
    return made


def part(message: EmailMultiAlternatives, n: int) -> str:
    """Return the subject, the text, or another form of a message."""
    return str((message.subject, message.body, *(text for text, _kind in message.alternatives))[n])


def template(texts: Sequence[str], values: list[dict[str, str]], language: Language) -> str | None:
    """Return what the texts share, with a field where they differ, and add each one's values; None when they cannot."""
    pieces = [WORDS.findall(text) for text in texts]
    if len({len(each) for each in pieces}) > 1:
        return None
    first, *others = pieces
    differing = {n for other in others for n, (one, own) in enumerate(zip(first, other, strict=True)) if one != own}
    if len(differing) > MOST_FIELDS:
        return None
    made: list[str] = []
    for n, piece in enumerate(first):
        if n not in differing:
            made.append(piece)
        else:
            name = f"ff{len(values[0])}"
            made.append(f"\0{name}\0")
            for own, each in zip(values, pieces, strict=True):
                own[name] = each[n]
    shared = "".join(made)
    if any(sign in shared for sign in language.signs):
        return None
    return re.sub("\0(ff[0-9]+)\0", lambda found: language.field.format(found[1]), shared)
