"""Keep locale/fr in step with the source, with nothing but Babel (a bare machine has no gettext tools).

python -m tests.translations            # say what is missing
python -m tests.translations update     # add new msgids to django.po, drop unused ones, write django.mo
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("contacts", "campaigns", "social", "config")
PO = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
CONTEXT = ((1, "c"), 2)
KEYWORDS = {
    "_": None, "lazy": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": CONTEXT, "pgettext_lazy": CONTEXT,
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|<[^>]+>")
Id = str | tuple[str, str]


def sources() -> Iterator[Path]:
    """Our Python files and templates."""
    for floor in FLOORS:
        yield from sorted(path for path in (ROOT / floor).rglob("*.py") if "migrations" not in path.parts)
        yield from sorted(path for path in (ROOT / floor).rglob("templates/**/*") if path.is_file())
    yield from sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt", ".svg"})


def strings(path: Path) -> Iterator[tuple[int, Id, str | None]]:
    """Yield line, msgid (with its plural) and context of each string of one file."""
    text = path.read_text()
    if path.suffix == ".py":
        found = extract_python(io.BytesIO(text.encode()), KEYWORDS, [], {"encoding": "utf-8"})
    else:
        found = from_template(text, str(path))
    for line, keyword, arguments, _comments in found:
        words = list(arguments) if isinstance(arguments, tuple) else [arguments]
        context = words.pop(0) if keyword.startswith("pgettext") else None
        if keyword.startswith("ngettext"):
            if words[0] and words[1]:
                yield line, (words[0], words[1]), context
        elif words[0]:
            yield line, words[0], context


def from_template(text: str, origin: str) -> Iterator[tuple[int, str, tuple, list]]:
    """Let Django turn a template into calls of gettext and read those."""
    from django.utils.translation.template import templatize

    calls = re.compile(r" (n?p?gettext|_)\((.*?)\)(?= |$|\n)", re.DOTALL)
    literal = re.compile(r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)
    source = templatize(text, origin=origin)
    for call in calls.finditer(source):
        words = [eval(word) for word in literal.findall(call[2])]  # literals only, from our own templates
        line = source.count("\n", 0, call.start()) + 1
        yield line, call[1], tuple(words), []


def template() -> Catalog:
    """Every string of ours, with where it stands."""
    catalog = Catalog(locale="fr", charset="utf-8", domain="django")
    for path in sources():
        for line, words, context in strings(path):
            catalog.add(words, locations=[(path.relative_to(ROOT).as_posix(), line)], context=context)
    return catalog


def french() -> Catalog:
    """What django.po holds; empty when there is none yet."""
    if not PO.exists():
        return Catalog(locale="fr", charset="utf-8", domain="django")
    with PO.open("rb") as file:
        return pofile.read_po(file, locale="fr", domain="django")


def is_translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    words = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(words) and all(words)


def missing() -> list[str]:
    """Return our strings that French lacks, as place: msgid."""
    known = french()
    return [
        f"{message.locations[0][0]}:{message.locations[0][1]}: {message.id}"
        for message in template()
        if message.id and not is_translated(known.get(first(message), message.context))
    ]


def first(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def odd_placeholders() -> list[str]:
    """Return msgids whose translation names other placeholders or tags than the original."""
    found = []
    for message in french():
        originals = message.id if isinstance(message.id, tuple | list) else (message.id,)
        translations = message.string if isinstance(message.string, tuple | list) else (message.string,)
        allowed = [set(PLACEHOLDER.findall(original)) for original in originals]
        if message.id and any(set(PLACEHOLDER.findall(text)) not in allowed for text in translations if text):
            found.append(first(message))
    return found


def compiled(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    mofile.write_mo(file, catalog)
    return file.getvalue()


def fitting(message: Message, old: Message) -> str | tuple[str, ...]:
    """Return the old translation in the number that the message has now: a word may lose or gain its plural."""
    known = old.string if isinstance(old.string, tuple | list) else (old.string,)
    return tuple([*known, ""][:2]) if message.pluralizable else known[0]


def update() -> None:
    """Bring django.po and django.mo in step with the source; translations stay."""
    fresh, known = template(), french()
    for message in fresh:
        old = known.get(first(message), message.context)
        if message.id and old is not None:
            message.string, message.flags = fitting(message, old), old.flags
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        pofile.write_po(file, fresh, width=120, omit_header=False, sort_output=True, include_lineno=False)
    MO.write_bytes(compiled(fresh))


if __name__ == "__main__":
    import django

    sys.path.insert(0, str(ROOT))
    __import__("os").environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if sys.argv[1:] == ["update"]:
        update()
    lacking = [*missing(), *(f"placeholders differ: {words}" for words in odd_placeholders())]
    print("\n".join(lacking))
    print(f"{len(lacking)} to do")
    sys.exit(bool(lacking))
