"""Which column of a file means what: proposed from the headers of the usual exports, in English and French.

propose(["Email Address", "First Name", "Ville"], [["ann@example.com", "Ann", "Lyon"]])
# → [Column(0, "Email Address", "email", …), Column(1, …, "first_name", …), Column(2, "Ville", "attribute:ville", …)]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from contacts.importing.reader import BadFile
from contacts.models import AttributeType, Suppression

# What a column can become, beside "attribute:<name>" and "" (left out).
TARGETS: dict[str, str | Promise] = {
    "email": lazy("e-mail"),
    "first_name": lazy("first name"),
    "last_name": lazy("last name"),
    "full_name": lazy("whole name"),
    "language": lazy("language"),
    "time_zone": lazy("time zone"),
    "phone": lazy("phone"),
    "card": lazy("loyalty card"),
    "shop": lazy("shop's customer id"),
    "external": lazy("id in another system"),
    "tags": lazy("tags"),
    "accepts": lazy("agrees to mail (yes or no)"),
    "asked_at": lazy("agreed on (date)"),
    "status": lazy("standing in the other tool (subscribed, unsubscribed, bounced…)"),
    "left_at": lazy("left on (date)"),
    "blocked": lazy("must not be written to (yes, or why)"),
    "json": lazy("several attributes, written as JSON"),
}
IDENTITIES = ("phone", "card", "shop", "external")

# Headers as Mailchimp, Brevo (Sendinblue), Shopify, Google Contacts, Klaviyo, listmonk and hand-made files write them;
# compared without case, accents, spaces and signs.
SYNONYMS: dict[str, str] = {
    "email": "email|emailaddress|email1value|emailvalue|mail|courriel|adresseemail|adressemail|adressecourriel"
    "|adresseelectronique|contactemail|subscriberemail|emailprincipal|adresse1email|primaryemail",
    "first_name": "firstname|fname|givenname|prenom|forename|first|nameprenom",
    "last_name": "lastname|lname|familyname|surname|nom|nomdefamille|last",
    "full_name": "name|fullname|nomcomplet|nometprenom|prenomnom|displayname|nomprenom",
    "language": "language|langue|lang|locale|preferredlanguage|languagecode",
    "time_zone": "timezone|fuseauhoraire|fuseau",
    "phone": "phone|phonenumber|sms|mobile|telephone|tel|portable|phone1value|whatsapp|numerodetelephone|mobilephone"
    "|telephonemobile|telephoneportable|defaultaddressphone",
    "card": "card|loyaltycard|cartefidelite|cartedefidelite|carte|membernumber|numerodecarte|nocarte|loyaltynumber",
    "shop": "customerid|shopid|idclient|numeroclient|noclient|clientid",
    "external": "id|externalid|extid|contactid|uuid|profileid|klaviyoid|leid|euid",
    "tags": "tags|tag|labels|groupmembership|libelles|etiquettes|groupes|categories",
    "accepts": "accepts|acceptsmarketing|acceptsemailmarketing|optin|abonne|newsletter"
    "|consentement|accepte|accepteemails|accepteemailmarketing|subscribed",
    "asked_at": "optintime|confirmtime|consentedat|subscribedat|dateinscription|datedinscription|optindate"
    "|dateconsentement|doubleoptindate|emailmarketingconsenttimestamp|datedoptin|doubleoptin",
    "status": "status|statut|emailmarketingconsent|emailmarketingstatus|subscriberstatus|contactstatus|etat",
    "left_at": "unsubtime|unsubscribedat|unsubscribetime|cleantime|datedesinscription|suppressedat|optouttime",
    "blocked": "blacklisted|emailblacklist|emailblacklisted|blocklisted|optout|desabonne|unsubscribed"
    "|emailsuppressions",
    "json": "attributes|attribs",
}
# Columns of those exports that say nothing about the person.
NOISE = frozenset(
    [
        "memberrating", "optinip", "confirmip", "latitude", "longitude", "gmtoff", "dstoff", "cc", "lastchanged",
        "notes", "phone1type", "email1type", "phone1label", "email1label", "photo", "addeddate", "addedtime",
        "modifiedat", "createdat", "updatedat", "smsblacklist", "smsblacklisted", "namesuffix", "nameprefix",
        "cleancampaigntitle",
        "cleancampaignid", "unsubcampaigntitle", "unsubcampaignid", "unsubreason", "unsubreasonother",
        "fileas",
    ]
)  # fmt: skip
KNOWN = {name: target for target, names in SYNONYMS.items() for name in names.split("|")}

LANGUAGES = {
    "fr": "fr", "fra": "fr", "fre": "fr", "french": "fr", "francais": "fr",
    "en": "en", "eng": "en", "english": "en", "anglais": "en",
}  # fmt: skip
YES = frozenset(
    ["yes", "y", "true", "1", "oui", "o", "vrai", "x", "subscribed", "abonne", "optin", "opt-in", "enabled", "active"]
)
NO = frozenset(
    ["no", "n", "false", "0", "non", "faux", "unsubscribed", "never", "desabonne", "not_subscribed", "optout"]
)  # fmt: skip
ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
EUROPEAN_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ].*)?")
NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,9})?")


@dataclass(frozen=True)
class Column:
    """One column: where it stands, its header, what it becomes, its type as an attribute, and a few of its values."""

    index: int
    header: str
    target: str
    type: str = "text"
    examples: tuple[str, ...] = ()


def plain(header: str) -> str:
    """Return the header in lower case without accents, spaces and signs."""
    letters = unicodedata.normalize("NFKD", header.replace("œ", "oe").lower())
    return re.sub(r"[^a-z0-9]", "", letters.encode("ascii", "ignore").decode())


def propose(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    """Return what each column most likely is, each target once; the rest becomes attributes, empty columns nothing."""
    declared = {plain(name): (name, type_) for name, type_ in AttributeType.objects.values_list("name", "type")}
    taken: set[str] = set()
    return [_propose(n, header, _column(rows, n), declared, taken) for n, header in enumerate(headers)]


def _column(rows: Sequence[Sequence[str]], n: int) -> list[str]:
    return [row[n] for row in rows if n < len(row) and row[n]]


def _propose(
    index: int, header: str, values: list[str], declared: dict[str, tuple[str, str]], taken: set[str]
) -> Column:
    name, examples = plain(header), tuple(value[:60] for value in values[:3])
    if name in declared:
        return Column(index, header, f"attribute:{declared[name][0]}", declared[name][1], examples)
    target = KNOWN.get(name, "")
    if not target and "email" not in taken and values and all("@" in value for value in values[:20]):
        target = "email"
    if target and target not in taken:
        taken.add(target)
        return Column(index, header, target, "text", examples)
    if target or name in NOISE or not values:
        return Column(index, header, "", "text", examples)
    slug = attribute_name(header)
    return Column(index, header, f"attribute:{slug}" if slug else "", guess_type(values), examples)


def attribute_name(header: str) -> str:
    """Return the name an attribute made from this header gets: "Ville préférée" → "ville_preferee"."""
    return slugify(header).replace("-", "_")[:50]


def guess_type(values: Iterable[str]) -> str:
    """Return the type that all the values have."""
    some = list(values)[:200]
    if all(value.lower() in YES | NO and not value.isdigit() for value in some):
        return "boolean"
    # A leading zero is a code (postcode, card), not a number.
    if all(NUMBER.fullmatch(value) and not re.match(r"-?0\d", value) for value in some):
        return "number"
    if some and all(to_date(value) for value in some):
        return "date"
    return "list" if _is_list(some) else "text"


def _is_list(values: Sequence[str]) -> bool:
    """Say whether the values are words out of a small set, several in a cell: "VIP; boutique"."""
    words = [word for value in values for word in to_list(value)]
    several = sum(len(to_list(value)) > 1 for value in values)
    return several * 3 >= len(values) > 2 and len(set(words)) * 2 <= len(words) and max(map(len, words)) <= 30


def with_declared_types(columns: Sequence[Column]) -> list[Column]:
    """Return the columns with the types that their attributes have already; a chosen type makes new ones only."""
    declared = dict(AttributeType.objects.values_list("name", "type"))
    return [replace(one, type=declared.get(one.target.removeprefix("attribute:"), one.type)) for one in columns]


def check(columns: Sequence[Column]) -> None:
    """Make sure that people can be told apart by the mapping.

    Raises:  BadFile.
    """
    targets = [column.target for column in columns if column.target]
    if not {"email", *IDENTITIES} & set(targets):
        raise BadFile(
            _("No column holds an e-mail address (the columns are: %(headers)s). Say which one does.")
            % {"headers": ", ".join(column.header for column in columns[:20])}
        )
    doubled = next((target for target in targets if targets.count(target) > 1), None)
    if doubled:
        raise BadFile(_("Two columns are mapped to “%(target)s”. Leave one out.") % {"target": doubled})


def to_date(value: str) -> str:
    """Return the day as ISO text, '' when it is none. 5/4/2026 is read the European way: 5 April."""
    if found := ISO_DATE.fullmatch(value):
        year, month, day = found.groups()
    elif found := EUROPEAN_DATE.fullmatch(value):
        day, month, year = found.groups()
    else:
        return ""
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""


def to_type(value: str, kind: str) -> Any:
    """Return a cell as its attribute's type.

    Raises:  ValueError with a sentence.
    """
    if kind == "number":
        if not NUMBER.fullmatch(value):
            raise ValueError(_("“%(value)s” is no number.") % {"value": value[:60]})
        number = float(value.replace(",", "."))
        return int(number) if number.is_integer() else number
    if kind == "boolean":
        answer = to_answer(value)
        if answer is None:
            raise ValueError(_("“%(value)s” is neither yes nor no.") % {"value": value[:60]})
        return answer
    if kind == "date":
        day = to_date(value)
        if not day:
            raise ValueError(_("“%(value)s” is no date. Write it like 2026-05-01.") % {"value": value[:60]})
        return day
    return to_list(value) if kind == "list" else value[:1000]


def to_answer(value: str) -> bool | None:
    """Return yes, no, or None for neither."""
    word = value.strip().lower().replace("é", "e")
    return True if word in YES else False if word in NO else None


# What Mailchimp, Klaviyo, Brevo and listmonk call the standing of somebody who gets no more mail.
REASONS = {
    "unsubscribed": Suppression.Reason.UNSUBSCRIBED_ALL, "unsubscribe": Suppression.Reason.UNSUBSCRIBED_ALL,
    "desabonne": Suppression.Reason.UNSUBSCRIBED_ALL, "desinscrit": Suppression.Reason.UNSUBSCRIBED_ALL,
    "optedout": Suppression.Reason.UNSUBSCRIBED_ALL, "optout": Suppression.Reason.UNSUBSCRIBED_ALL,
    "userunsubscribed": Suppression.Reason.UNSUBSCRIBED_ALL,
    "unsubscribedviaemail": Suppression.Reason.UNSUBSCRIBED_ALL, "adminblocked": Suppression.Reason.IMPORTED,
    "contactflaggedasspam": Suppression.Reason.COMPLAINT,
    "cleaned": Suppression.Reason.HARD_BOUNCE, "bounced": Suppression.Reason.HARD_BOUNCE,
    "hardbounce": Suppression.Reason.HARD_BOUNCE, "hardbounced": Suppression.Reason.HARD_BOUNCE,
    "bounce": Suppression.Reason.HARD_BOUNCE, "invalid": Suppression.Reason.HARD_BOUNCE,
    "invalidemail": Suppression.Reason.HARD_BOUNCE, "softbounce": Suppression.Reason.SOFT_BOUNCES,
    "complained": Suppression.Reason.COMPLAINT, "complaint": Suppression.Reason.COMPLAINT,
    "spam": Suppression.Reason.COMPLAINT, "markedasspam": Suppression.Reason.COMPLAINT,
    "spamcomplaint": Suppression.Reason.COMPLAINT, "abuse": Suppression.Reason.COMPLAINT,
    "blocklisted": Suppression.Reason.IMPORTED, "blacklisted": Suppression.Reason.IMPORTED,
    "suppressed": Suppression.Reason.IMPORTED, "blocked": Suppression.Reason.IMPORTED,
    "disabled": Suppression.Reason.IMPORTED, "manual": Suppression.Reason.MANUAL,
    "usersuppressed": Suppression.Reason.MANUAL, "manuallysuppressed": Suppression.Reason.MANUAL,
}  # fmt: skip


def to_reason(value: str) -> str:
    """Return why another tool no longer writes to her, as a reason of ours; '' when it does."""
    return REASONS[word].value if (word := plain(value)) in REASONS else ""


def to_block(value: str) -> str:
    """Return the reason that a "must not be written to" cell gives; '' for no and nothing."""
    word = value.strip(" []\"'")
    if not word or to_answer(word) is False:
        return ""
    first = re.split(r"[\s,;|]", word)[0].strip("\"'")
    return to_reason(word) or to_reason(first) or (Suppression.Reason.UNSUBSCRIBED_ALL.value if to_answer(word) else "")


def type_of(value: Any) -> str:
    """Return the attribute type of a JSON value, '' for what is none."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number" if abs(value) < 1e15 else ""
    if isinstance(value, str):
        return "date" if to_date(value) and len(value) == 10 else "text"
    return "list" if isinstance(value, list) and all(isinstance(word, str) for word in value[:50]) else ""


def to_list(value: str) -> list[str]:
    """Return the words of a cell cut at commas, semicolons, bars and Google's ":::"."""
    words = (word.strip(" *\"'") for word in re.split(r"\s*(?::::|[,;|])\s*", value))
    return list(dict.fromkeys(word[:80] for word in words if word))


def to_language(value: str) -> str:
    """Return the language's code, '' for one that we do not write in: "Français", "fr-FR", "fr_CA" → "fr"."""
    word = plain(re.split(r"[-_ (]", value.strip())[0])
    return LANGUAGES.get(word, "")
