"""What the API promises, a line each: an operation, a field and its type, a choice, what a request has to give.

    python -m tests.api.promised        # at a release: what is new in docs/api/openapi.json is promised from now on

docs/api/promised.txt only grows by this. A line that no longer holds is a breaking change and fails the tests; it is
taken out by hand, together with the twelve months of notice that docs/api.md gives ("Versions").
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = ROOT / "docs" / "api" / "openapi.json"
PROMISED = ROOT / "docs" / "api" / "promised.txt"
NEEDED = " must be given"


def lines(description: dict[str, Any]) -> set[str]:
    """Return every promise of a description; those that end in `must be given` are what it asks."""
    schemas = description["components"]["schemas"]
    asked = _named(
        [operation.get("requestBody") for verbs in description["paths"].values() for operation in verbs.values()]
    )
    while more := _named([schemas[name] for name in asked]) - asked:
        asked |= more
    return {*_operations(description["paths"]), *_schemas(schemas, asked)}


def broken(promised: set[str], now: set[str]) -> list[str]:
    """Return the promises that no longer hold, and what is newly asked of who was here before."""
    known = {_owner(line) for line in promised}
    newly_asked = {line for line in now - promised if line.endswith(NEEDED) and _owner(line) in known}
    kept = {line for line in promised if not line.endswith(NEEDED)}  # to ask less breaks nobody
    return sorted((kept - now) | newly_asked)


def _owner(line: str) -> str:
    return line.split(" · ")[0]


def _operations(paths: dict[str, Any]) -> Iterator[str]:
    for path, verbs in paths.items():
        for verb, operation in verbs.items():
            owner = f"{verb.upper()} {path}"
            yield owner
            for parameter in operation.get("parameters", []):
                yield f"{owner} · {parameter['in']} {parameter['name']}"
                if parameter.get("required"):
                    yield f"{owner} · {parameter['in']} {parameter['name']}{NEEDED}"
            yield from (f"{owner} · answers {code}" for code in operation["responses"] if code.startswith("2"))


def _named(part: Any) -> set[str]:
    """Return the names of the schemas that a part of the description refers to."""
    return set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(part)))


def _schemas(schemas: dict[str, Any], asked: set[str]) -> Iterator[str]:
    """Yield the promises of each schema; only one that a request takes can ask for a field."""
    for name, schema in schemas.items():
        yield name
        yield from (f"{name} · choice {value!r}" for value in schema.get("enum", []))
        for field, what in schema.get("properties", {}).items():
            yield f"{name} · {field}: {_type(what)}"
            if name in asked and field in schema.get("required", []) and not what.get("readOnly"):
                yield f"{name} · {field}{NEEDED}"


def _type(what: dict[str, Any]) -> str:
    """Return the type in a word; what may also be null is of another type than what may not."""
    if "$ref" in what:
        return str(what["$ref"].rpartition("/")[2])
    if "items" in what:
        return f"list of {_type(what['items'])}"
    for union in ("allOf", "oneOf", "anyOf"):
        if union in what:
            return " or ".join(sorted(_type(part) for part in what[union]))
    kind = what.get("type", "anything")
    return " or ".join(sorted(kind)) if isinstance(kind, list) else str(kind)


def main() -> int:
    """Add what is new, unless something promised is broken: then say what, change nothing and return 1."""
    now = lines(json.loads(DESCRIPTION.read_text()))
    promised = set(PROMISED.read_text().splitlines()) if PROMISED.exists() else set()
    if wrong := broken(promised, now):
        sys.stderr.write("\n".join(["A breaking change belongs into a new version, see docs/api.md:", *wrong, ""]))
        return 1
    PROMISED.write_text("\n".join(sorted(promised | now)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
