"""What each page of the desk is for and what its words mean, in plain words, behind the question mark of every page.

of("admin:contacts_segment_changelist")   # → Help("A segment is a question about people: …", [("Preview", "…")])

A page within another has the help of the menu's line it lies under. Words of the field are defined where they are met.
"""

from __future__ import annotations

from config.help import running, sharing, writing
from config.help.terms import Help

HELP: dict[str, Help] = {**writing.HELP, **sharing.HELP, **running.HELP}


def of(url_name: str) -> Help | None:
    """Return the help of the page of that URL name, None for one that has none."""
    return HELP.get(url_name)
