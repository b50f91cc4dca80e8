"""The names a marketer may insert, each with words for people and a value as one contact would see it.

names(brand, "en")[0].tag    # → '{{ contact.first_name | default: "friend" }}'
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.content import merge, people_names
from contacts.models import AttributeType, Brand
from contacts.money import locale_of


@dataclass(frozen=True, slots=True)
class Name:
    """One entry of the insert menu."""

    name: str
    label: str
    tag: str
    sample: str


def names(brand: Brand, language: str) -> list[Name]:
    """Return what can be inserted into a mail in a language, the frequent ones first. Reads: the attribute types.

    Labels are in the reader's language, fallbacks and samples in the mail's.
    """
    with translation.override(language):
        friend, yours, topic = _("friend"), _("your"), _("our news")
    whose = people_names.of("Marie", language)
    found = [
        Name("contact.first_name", _("First name"), f'{{{{ contact.first_name | default: "{friend}" }}}}', "Marie"),
        Name(
            "contact.first_name",
            _("First name, with its capitals mended"),
            f'{{{{ contact.first_name | name | default: "{friend}" }}}}',
            _("%(name)s, also for %(written)s") % {"name": "Marie", "written": "MARIE"},
        ),
        Name(
            "contact.first_name",
            _("Whose something is"),
            f'{{{{ contact.first_name | name | of | default: "{yours}" }}}}',
            whose,
        ),
        Name("contact.last_name", _("Last name"), '{{ contact.last_name | default: "" }}', "Martin"),
        Name("brand.name", _("Name of the brand"), "{{ brand.name }}", brand.name),
        Name("brand.website", _("Website"), "{{ brand.website }}", brand.website),
        Name("campaign.topic", _("What she subscribed to"), "{{ campaign.topic }}", topic),
        Name("links.web", _("Link to read in the browser"), "{{ links.web }}", "https://…/w/…"),
        Name("links.preferences", _("Link to her choices"), "{{ links.preferences }}", "https://…/p/…"),
        Name("links.unsubscribe", _("Link to leave"), "{{ links.unsubscribe }}", "https://…/u/…"),
    ]
    return found + [_attribute(one, language) for one in AttributeType.objects.order_by("label")[:50]]


def _attribute(one: AttributeType, language: str) -> Name:
    """Offer an attribute as its type is read: a date by `day`, a list joined by commas."""
    name = f"contact.attributes.{one.name}"
    spring = merge.day(dt.date(2026, 5, 1), "long", locale_of(language))
    ways = {
        AttributeType.Type.DATE: (" | day", spring),
        AttributeType.Type.LIST: (' | join: ", "', "…, …"),
        AttributeType.Type.NUMBER: ("", "120"),
        AttributeType.Type.BOOLEAN: ("", "true"),
    }
    way, sample = ways.get(AttributeType.Type(one.type), ("", "…"))
    return Name(name, str(one.label), f'{{{{ {name}{way} | default: "" }}}}', sample)
