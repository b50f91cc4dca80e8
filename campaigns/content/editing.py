"""A body being written: what the form beside the preview sends, as blocks; and its buttons as moves of a list.

body = from_form(body, request.POST)     # subject, preheader and every block's fields
act(body, "down:b2")        # add:<kind>, up:<id>, down:<id>, move:<id>:<place>, copy:<id>, remove:<id>, format:<mjml>
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import QueryDict
from django.utils.functional import Promise

from campaigns.content import compiled, sanitise, visibility
from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field, Gone, registry
from campaigns.content.plaintext import to_text
from campaigns.content.versions import with_ids
from campaigns.models import ContentBody

REFERENCES = {
    "image": "campaigns.Image",
    "offer": "social.Offer",
    "segment": "contacts.Segment",
}  # kinds of fields whose value is a row's id
MOST_CHOICES = 200  # rows a field offers, the newest


@dataclass(frozen=True)
class Input:
    """One field of one block as the form shows it."""

    field: Field
    name: str
    value: Any
    choices: tuple[tuple[Any, str | Promise], ...]


@dataclass(frozen=True)
class Card:
    """One block as the form shows it: its kind, its inputs, where it stands."""

    block: BlockDict
    kind: Block
    inputs: list[Input]
    seen_by: list[Input]
    summary: str
    is_first: bool
    is_last: bool

    @property
    def is_limited(self) -> bool:
        return bool(self.block.get("for") or self.block.get("when"))


def cards(body: ContentBody) -> list[Card]:
    """Return the body's blocks for the form, in order. Reads: the images and offers that can be chosen, once each."""
    choices = {kind: _rows(body, model) for kind, model in REFERENCES.items() if _uses(kind)}
    kinds, found = registry(), []
    for place, block in enumerate(body.blocks):
        kind = kinds.get(block.get("type", "")) or Gone()
        inputs = [_input(block, field, choices) for field in kind.fields]
        seen = [_input(block, field, choices) for field in visibility.fields(kind)]
        last = place == len(body.blocks) - 1
        found.append(Card(block, kind, inputs, seen, _summary(block), place == 0, last))
    return found


def _uses(kind: str) -> bool:
    return kind == "segment" or any(field.kind == kind for block in registry().values() for field in block.fields)


def _rows(body: ContentBody, model: str) -> tuple[tuple[int, str], ...]:
    rows = apps.get_model(model).objects.order_by("-pk")
    if model == "social.Offer":
        rows = rows.filter(brand=body.version.content.brand)
    return tuple((row.pk, str(row)) for row in rows[:MOST_CHOICES])


def _input(block: BlockDict, field: Field, choices: Mapping[str, tuple[tuple[int, str], ...]]) -> Input:
    value = block.get(field.name, "")
    offered = choices.get(field.kind, field.choices)
    if field.kind == "network":
        value = ", ".join(map(str, value)) if isinstance(value, list) else value
    if field.kind == "rich":
        value = sanitise.rich(str(value or ""))  # the writing field would run what a partner's program put there
    return Input(field, f"{block['id']}.{field.name}", "" if value is None else value, tuple(offered))


def _summary(block: BlockDict) -> str:
    for name in ("text", "title", "name", "label", "html", "left", "alt", "title", "reason"):
        words = " ".join(to_text(str(block.get(name) or "")).split())
        if words:
            return words[:60]
    return ""


def from_form(body: ContentBody, data: QueryDict) -> ContentBody:
    """Return the body with what the form says; fields the form does not hold stay as they are. Saves nothing."""
    body.subject = " ".join(data.get("subject", body.subject).split())[:250]
    body.preheader = " ".join(data.get("preheader", body.preheader).split())[:250]
    if body.format != ContentBody.Format.BLOCKS:
        body.source = data.get("source", body.source)
        return body
    kinds = registry()
    for block in body.blocks:
        kind = kinds.get(block.get("type", ""))
        for field in (*kind.fields, *visibility.fields(kind)) if kind else ():
            name = f"{block['id']}.{field.name}"
            if name in data:
                block[field.name] = _parsed(field, data.get(name, ""))
    return body


def _parsed(field: Field, text: str) -> Any:
    if field.kind in REFERENCES or field.kind == "number":
        return int(text) if text.strip().lstrip("-").isdigit() else None
    if field.kind == "flag":
        return text in {"on", "1", "true"}
    if field.kind == "network":
        return [word.strip().lower() for word in text.replace(";", ",").split(",") if word.strip()]
    return text.replace("\r\n", "\n").strip()


def act(body: ContentBody, press: str) -> str:
    """Do what a button of the form asks with the blocks; return the id of the block to look at, '' when there is none.

    Unknown presses change nothing: a second tab may have removed the block.
    """
    verb, _colon, what = press.partition(":")
    if verb == "add" and what in registry():
        return _add(body, what)
    if verb == "format":
        write_as(body, what)
        return ""
    what, _colon, to = what.partition(":")
    place = next((at for at, block in enumerate(body.blocks) if block["id"] == what), None)
    if place is None:
        return ""
    if verb == "remove":
        del body.blocks[place]
        return str(body.blocks[max(0, place - 1)]["id"]) if body.blocks else ""
    if verb == "copy":
        body.blocks.insert(place + 1, {**copy.deepcopy(body.blocks[place]), "id": ""})
        body.blocks = with_ids(body.blocks)
        return str(body.blocks[place + 1]["id"])
    target = {"up": place - 1, "down": place + 1, "move": int(to) if to.isdigit() else place}.get(verb, place)
    if 0 <= target < len(body.blocks):
        body.blocks.insert(target, body.blocks.pop(place))
    return what


def take_back(body: ContentBody, state: str) -> None:
    """Set the body to a state that `state_of` gave: undo and redo. Raises: ValueError when it is none."""
    said = json.loads(state)
    if not isinstance(said, dict) or not isinstance(said.get("blocks"), list):
        raise ValueError("no state of a body")
    body.subject, body.preheader = str(said.get("subject", ""))[:250], str(said.get("preheader", ""))[:250]
    body.format = said["format"] if said.get("format") in ContentBody.Format.values else body.format
    body.blocks, body.source = with_ids(said["blocks"]), str(said.get("source", ""))


def state_of(body: ContentBody) -> str:
    """Return all that a body says, for `take_back`."""
    names = ("subject", "preheader", "format", "blocks", "source")
    return json.dumps({name: getattr(body, name) for name in names})


def write_as(body: ContentBody, format: str) -> None:
    """Change between blocks and code. Into code goes what the blocks say, but for those that know the contact: they
    stay blocks, and the blocks are kept for the way back.
    """
    if format not in ContentBody.Format.values or format == body.format:
        return
    if body.format == ContentBody.Format.BLOCKS and not body.source.strip():
        kinds, brand = registry(), body.version.content.brand
        plain = [one for one in body.blocks if one.get("type") in kinds and not kinds[one["type"]].value_names]
        free = [{key: value for key, value in one.items() if key != "when"} for one in plain]
        copied = ContentBody(language=body.language, subject=body.subject, preheader=body.preheader, blocks=free)
        env = CompileEnv(brand, body.language, None, "self", compiled.images_of(body))
        body.source = compiled.code(copied, env, format)
    body.format = format


def _add(body: ContentBody, kind: str) -> str:
    """Add a block at the end, before the footer: nothing stands under it."""
    kinds = registry()
    block = {"type": kind, "id": "", **copy.deepcopy(kinds[kind].defaults)}
    below = [at for at, one in enumerate(body.blocks) if getattr(kinds.get(one.get("type", "")), "stands_below", False)]
    place = below[0] if below and not kinds[kind].stands_below else len(body.blocks)
    body.blocks.insert(place, block)
    body.blocks = with_ids(body.blocks)
    return str(body.blocks[place]["id"])
