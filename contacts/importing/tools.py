"""Which tool a file comes from, by its headers, and what to mind when moving from it.

recognise(["Email Address", "MEMBER_RATING", "LEID"])     # → Tool(name="Mailchimp", advice="…")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from contacts.importing.mapping import plain


@dataclass(frozen=True)
class Tool:
    """Another tool: headers that only its exports have, and what to know of them."""

    name: str
    marks: frozenset[str]
    advice: str | Promise


TOOLS = [
    Tool(
        "Mailchimp",
        frozenset(["memberrating", "leid", "euid"]),
        lazy(
            "Its export is a ZIP of several files: bring it whole, and the lists of who left go first. Brought one by "
            "one, say below which list each is. OPTIN_TIME becomes the date of the consent."
        ),
    ),
    Tool(
        "Klaviyo",
        frozenset(["klaviyoid", "emailmarketingconsent", "emailsuppressions"]),
        lazy(
            "People who never subscribed come in as contacts without mail; who is suppressed there stays suppressed "
            "here, with the reason. Bring the list of suppressed profiles first."
        ),
    ),
    Tool(
        "Brevo",
        frozenset(["emailblacklisted", "emailblacklist", "addedtime", "modifiedtime"]),
        lazy(
            "Who is blocklisted there comes in as unsubscribed. ADDED_TIME is the day of the first contact, not of a "
            "consent; DOUBLE_OPT-IN is."
        ),
    ),
    Tool(
        "listmonk",
        frozenset(["uuid", "attributes"]),
        lazy("Blocklisted people come in suppressed; the attributes, written as JSON, become attributes of ours."),
    ),
]


def recognise(headers: Sequence[str]) -> Tool | None:
    """Return the tool that most likely wrote these headers; None for a file of nobody's."""
    names = {plain(header) for header in headers}
    for tool in TOOLS:
        needed = len(tool.marks) if tool.name == "listmonk" else 1
        if len(names & tool.marks) >= needed:
            return tool
    return None
