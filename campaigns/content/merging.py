"""The mails of a batch as one message in a provider's merge language: the compiled mail with a field for each slot.

merged([to_ann, to_dan], LANGUAGES["mailgun"])   # → one message: “Hello %recipient.ffh0%”, merge_data by address

The second reader of `CompiledEmail` beside the wire: what all share is its runs, what differs are its slots.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.mail import EmailMultiAlternatives

from campaigns.content.merge import INTERNAL
from campaigns.content.quoted import ascii_address
from campaigns.content.recipients import Recipient

if TYPE_CHECKING:
    from campaigns.content.compiled import CompiledEmail
    from campaigns.content.program import Program

Slot = Callable[[dict[str, Any]], str]


@dataclass(slots=True, eq=False)
class Letter:
    """One person's mail before it is bytes: what was compiled, for whom, and her values."""

    mail: CompiledEmail
    person: Recipient
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Language:
    """A provider's merge fields. `most`: recipients a call; `octets`: of one's values; `signs`: neither in text nor
    in values, for the provider would read them.
    """

    field: str
    most: int
    octets: int
    signs: tuple[str, ...]
    extra: str = ""  # name of the option by which the provider is told to fill fields in

    def extras(self) -> dict[str, Any]:
        return EXTRAS.get(self.extra, {})


EXTRAS: dict[str, dict[str, Any]] = {
    "sendgrid": {"merge_field_format": "-{}-"},
    "mailjet": {"Globals": {"TemplateLanguage": True}},  # without it Mailjet sends {{var:…}} as it stands
}
# Providers whose API takes fields in the text itself and own headers for each recipient.
LANGUAGES = {
    "mailgun": Language("%recipient.{}%", 1_000, 100_000, ("%recipient",)),
    "sendgrid": Language("-{}-", 1_000, 10_000, ("-ff",), "sendgrid"),
    "sparkpost": Language("{{{{{{{}}}}}}}", 1_000, 100_000, ("{{", "{%")),
    "mailjet": Language("{{{{var:{}}}}}", 50, 100_000, ("{{", "{%"), "mailjet"),
}
# Why the others of Anymail 15.2 get one mail a call. Source: its payload builders, asked in the tests of this module,
# and its pages docs/esps/brevo.rst and unisender_go.rst.
ALONE = {
    "amazon_ses": "fields only in a template stored at the provider",
    "brevo": "fields only in a template stored at the provider",
    "mailersend": "no own headers for each recipient",
    "mailtrap": "fields only in a template stored at the provider",
    "mandrill": "no own headers for each recipient",
    "postal": "no batches",
    "postmark": "fields only in a template stored at the provider",
    "resend": "no fields in the text",
    "scaleway": "no batches",
    "unisender_go": "own headers only as List-Unsubscribe, and a link of its own at the end unless its support allows",
}
NOT_SHARED = {"from", "reply-to", "mime-version", "content-type"}


@dataclass(frozen=True, slots=True)
class Form:
    """A compiled mail in one merge language."""

    subject: str
    text: str
    html: str
    slots: tuple[tuple[str, Slot], ...]  # field and what fills it
    headers: tuple[tuple[str, str], ...]  # the same for all
    sender: str
    reply_to: str


def merged(letters: Sequence[Letter], language: Language) -> EmailMultiAlternatives | None:
    """Return one message that says all letters of one compiled mail, None where the language cannot say one of them."""
    form = form_of(letters[0].mail, language)
    addresses = [ascii_address(letter.person.email) for letter in letters]
    if form is None or len(set(addresses)) < len(addresses):
        return None
    data = [{name: slot(letter.values) for name, slot in form.slots} for letter in letters]
    if not all(can_say(own, language) for own in data):
        return None
    made = EmailMultiAlternatives(
        form.subject, form.text, form.sender, addresses, reply_to=[form.reply_to] if form.reply_to else None
    )
    made.attach_alternative(form.html, "text/html")
    made.merge_data = dict(zip(addresses, data, strict=True))  # type: ignore[attr-defined]
    # All of them for each: Mailjet's own headers of a recipient stand instead of the common ones.
    made.merge_headers = {  # type: ignore[attr-defined]
        address: dict(headers(form, letter)) for address, letter in zip(addresses, letters, strict=True)
    }
    if language.extra:
        made.esp_extra = dict(language.extras())  # type: ignore[attr-defined]
    return made


def can_say(own: dict[str, str], language: Language) -> bool:
    """Say whether one person's values fit the provider's limit and none of them would be read as a field."""
    every = "\0".join(own.values())
    return len(every.encode()) <= language.octets and not any(sign in every for sign in language.signs)


def headers(form: Form, letter: Letter) -> Iterator[tuple[str, str]]:
    """Yield a recipient's headers: those of all, and her own way out. The provider makes its own Message-ID."""
    yield from form.headers
    if leave := letter.values[INTERNAL].get("unsubscribe"):
        yield "List-Unsubscribe", f"<{leave}>"


@lru_cache(maxsize=64)
def form_of(mail: CompiledEmail, language: Language) -> Form | None:
    """Return a compiled mail in a merge language; None where its own words look like the language's."""
    names = Names(language)
    subject, text, html = names.template(mail.subject), names.template(mail.plain), names.template(mail.page)
    if names.clashes:
        return None
    head = email.message_from_bytes(mail.head, policy=email.policy.default)
    shared = tuple((name, str(value)) for name, value in head.items() if name.lower() not in NOT_SHARED)
    sender, reply_to = str(head["from"] or ""), str(head["reply-to"] or "")
    return Form(subject.strip(" "), text, html, tuple(names.slots), shared, sender, reply_to)


class Names:
    """The fields of one mail, named as they come; a token that stands in several parts is one field."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.slots: list[tuple[str, Slot]] = []
        self.clashes = False
        self.tokens: dict[str, str] = {}

    def template(self, program: Program[str]) -> str:
        """Return a program's runs with a field in the place of each slot."""
        fields: dict[int, str] = {}
        for place, slot in program.single:
            fields[place] = self.named(slot)
        for places, slot in program.repeated:
            fields |= dict.fromkeys(places, self.named(slot))
        for token, (places, slot) in program.tokens.items():
            if token not in self.tokens:
                self.tokens[token] = self.named(slot)
            fields |= dict.fromkeys(places, self.tokens[token])
        runs = [piece for place, piece in enumerate(program.pieces) if place not in fields]
        self.clashes |= any(sign in run for run in runs for sign in self.language.signs)
        return "".join(fields.get(place, piece) for place, piece in enumerate(program.pieces))

    def named(self, slot: Slot) -> str:
        name = f"ff{len(self.slots)}"
        self.slots.append((name, slot))
        return self.language.field.format(name)
