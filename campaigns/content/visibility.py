"""Who sees a block: everybody, only its reader, only friends and public pages; or only contacts of one segment.

    {"id": "b3", "type": "text", "html": "…", "for": "self"}      # its reader; a second block with "for": "friend" is
                                                                  # what friends see in its place
    {"id": "b4", "type": "text", "html": "…", "when": 7}          # contacts of segment 7; friends never

Each segment named in a mail is asked once a batch, in SQL, whatever the batch's size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.content.blocks import Audience, Block, BlockDict, Field
from campaigns.content.recipients import Recipient
from contacts.models import Segment
from contacts.segments import sql

SHOWN = "shown"  # {{ b.<id>.shown }}, filled in by `decide`
FOR = (("", _("everybody")), ("self", _("the reader only")), ("friend", _("friends and the public page only")))
FIELDS = (
    Field("for", _("Seen by"), "choice", choices=FOR),
    Field("when", _("Only for people of the segment"), "segment", _("friends and the public page never see it then")),
)


def fields(kind: Block) -> tuple[Field, ...]:
    """Return the inputs about who sees a block of this kind: none for the footer, which every mail needs."""
    if kind.stands_below:
        return ()
    return FIELDS if kind.scope == "public" else FIELDS[1:]


def segment_of(block: BlockDict) -> int | None:
    """Return the segment whose contacts alone see the block."""
    found = block.get("when")
    return found if type(found) is int else None


def is_for(block: BlockDict, audience: Audience) -> bool:
    """Say whether somebody of the audience may see the block at all."""
    if audience == "self":
        return block.get("for") != "friend"
    return block.get("for") != "self" and segment_of(block) is None


def wrapped(block: BlockDict, *parts: str) -> tuple[str, ...]:
    """Return the block's MJML and text inside the condition that `decide` answers for each contact."""
    if segment_of(block) is None:
        return parts
    return tuple(f"{{% if b.{block['id']}.{SHOWN} %}}{part}{{% endif %}}" if part else "" for part in parts)


def conditional(blocks: Iterable[BlockDict]) -> list[tuple[str, int]]:
    """Return id and segment of the blocks that not everybody sees."""
    return [(str(block["id"]), segment) for block in blocks if (segment := segment_of(block)) is not None]


def decide(wanted: Sequence[tuple[str, int]], people: Sequence[Recipient], merged: Sequence[dict[str, Any]]) -> None:
    """Write `shown` for each of these blocks into each contact's values. One query a segment, and one for their rules.

    A segment that is gone shows its blocks to nobody.
    """
    if not wanted:
        return
    segments = Segment.objects.in_bulk({segment for _block, segment in wanted})
    ids = [person.contact_id for person in people]
    inside = {pk: _members(segment, ids) for pk, segment in segments.items()}
    for person, values in zip(people, merged, strict=True):
        for block, segment in wanted:
            values[block] = {**values.get(block, {}), SHOWN: person.contact_id in inside.get(segment, ())}


def _members(segment: Segment, ids: Sequence[int]) -> set[int]:
    return set(sql.people(segment.rules).filter(pk__in=ids).values_list("pk", flat=True))
