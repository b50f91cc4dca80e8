"""The names a marketer may insert, each with words for people and a value as one contact would see it.

names(brand)[0].tag    # → '{{ contact.first_name | default: "friend" }}'
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from contacts.models import AttributeType, Brand


@dataclass(frozen=True, slots=True)
class Name:
    """One entry of the insert menu."""

    name: str
    label: str
    tag: str
    sample: str


def names(brand: Brand) -> list[Name]:
    """Return what can be inserted, the frequent ones first. Reads: the attribute types."""
    friend = _("friend")
    found = [
        Name("contact.first_name", _("First name"), f'{{{{ contact.first_name | default: "{friend}" }}}}', "Marie"),
        Name("contact.last_name", _("Last name"), '{{ contact.last_name | default: "" }}', "Martin"),
        Name("brand.name", _("Name of the brand"), "{{ brand.name }}", brand.name),
        Name("brand.website", _("Website"), "{{ brand.website }}", brand.website),
        Name("campaign.topic", _("What she subscribed to"), "{{ campaign.topic }}", _("our news")),
        Name("links.web", _("Link to read in the browser"), "{{ links.web }}", "https://…/w/…"),
        Name("links.preferences", _("Link to her choices"), "{{ links.preferences }}", "https://…/p/…"),
        Name("links.unsubscribe", _("Link to leave"), "{{ links.unsubscribe }}", "https://…/u/…"),
    ]
    return found + [_attribute(one) for one in AttributeType.objects.order_by("label")[:50]]


def _attribute(one: AttributeType) -> Name:
    name = f"contact.attributes.{one.name}"
    samples = {"integer": "120", "decimal": "12.5", "boolean": "true", "date": "2026-05-01", "money": "12500"}
    return Name(name, str(one.label), f'{{{{ {name} | default: "" }}}}', samples.get(str(one.type), "…"))
