"""The one person a mail is made for, as plain values: no model instance reaches a template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Recipient:
    """A contact as her mail sees her. `context` holds the values of a transactional mail (`event.*`).

    `delivery_id` 0 stands for nobody in particular: previews, public pages, crowd tokens.
    """

    delivery_id: int
    contact_id: int
    email: str
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    tracks_opens: bool = False
    tracks_clicks: bool = False
    context: dict[str, Any] = field(default_factory=dict)

    def merge_values(self) -> dict[str, Any]:
        """Return what `contact.*` means in the merge language."""
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "language": self.language,
            "attributes": self.attributes,
        }


NOBODY = Recipient(0, 0, "")
