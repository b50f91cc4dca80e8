"""The documents cannot lie by omission: whatever exists is written down, and whatever is written down exists."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"contacts", "campaigns", "social", "config"}
OPENS = {"flag", "number", "text", "words", "pairs", "bounce_rules", "web_address", "networks", "currency", "secret"}
OPENS |= {"cache", "key_ring", "dkim_keys", "database"}


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def code_words(text: str) -> set[str]:
    """Everything between backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def variables() -> set[str]:
    """The environment variables that config/settings.py reads."""
    tree = ast.parse((ROOT / "config" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return {
        str(call.args[0].value)
        for call in calls
        if call.func.attr in OPENS and call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value
    }


def routes(resolver: URLResolver, prefix: str = "/") -> list[str]:
    """Public addresses as they stand in docs/urls.md: `/c/<token>/<number>`; admin and API have pages of their own."""
    found: list[str] = []
    for pattern in resolver.url_patterns:
        route = prefix + re.sub(r"<\w+:(\w+)>", r"<\1>", str(pattern.pattern))
        if route.startswith(("/admin/", "/api/v1/")):
            continue
        found += routes(pattern, route) if isinstance(pattern, URLResolver) else [route]
    return found


def our_commands() -> set[str]:
    return {name for name, app in get_commands().items() if app in FLOORS}


def test_the_settings_are_found_at_all():
    assert {"DEBUG", "DATABASE_URL", "EMAIL_RELAYS", "TOKEN_KEYS", "LOG_LEVEL"} <= variables()


@pytest.mark.parametrize("where", ["docs/settings.md", ".env.example"])
def test_every_variable_is_documented_and_no_other(where):
    text = (ROOT / where).read_text()
    if where.endswith(".md"):
        written = (
            set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)) - {"FANFARE_BOOTSTRAP"} - extension_tables()
        )
    else:
        written = set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))
    assert written == variables()


def extension_tables() -> set[str]:
    return {
        name for name in dir(settings) if re.search(r"_(BLOCKS|FIELDS|SOURCES|SECTIONS|HANDLERS|HOOKS)$", name)
    } & set(re.findall(r"^([A-Z_]+): list\[str\]", (ROOT / "config" / "settings.py").read_text(), re.MULTILINE))


def test_every_extension_table_is_documented():
    assert len(extension_tables()) >= 6
    assert extension_tables() <= code_words(doc("settings.md"))


def test_every_command_is_documented():
    assert our_commands() - code_words(doc("commands.md")) == set()


def test_every_documented_command_exists():
    listed = set(re.findall(r"^\| `(\w+)` \|", doc("commands.md"), re.MULTILINE))
    assert listed - our_commands() - {"test"} == set()


def test_every_public_address_is_documented():
    assert set(routes(get_resolver())) - code_words(doc("urls.md")) == set()


def test_every_documented_address_exists():
    listed = set(re.findall(r"^\| `(/[^`]*)` \|", doc("urls.md"), re.MULTILINE))
    assert listed - set(routes(get_resolver())) - {"/admin/"} == set()


def test_every_event_kind_is_documented_and_no_other():
    from campaigns.models import Event

    assert set(re.findall(r"^\| `(\w+)` \|", doc("events.md"), re.MULTILINE)) == set(Event.Kind.values)


def test_every_block_is_documented_with_its_scope_and_fields():
    from campaigns.content.blocks import registry

    rows = re.findall(r"^\| `(\w+)` \| (public|personal|friend) \|([^|]*)\|", doc("blocks.md"), re.MULTILINE)
    written = {kind: (scope, code_words(fields)) for kind, scope, fields in rows}
    assert written == {kind: (block.scope, {f.name for f in block.fields}) for kind, block in registry().items()}


def test_every_api_route_is_documented():
    from config.api import router

    assert {f"/api/v1/{prefix}/" for prefix, _view, _name in router.registry} - code_words(doc("api.md")) == set()


def test_every_check_is_listed_in_its_module():
    source = (ROOT / "config" / "checks.py").read_text()
    head = ast.get_docstring(ast.parse(source)) or ""
    assert set(re.findall(r'id="(fanfare\.\w+)"', source)) == set(re.findall(r"fanfare\.\w+", head))


def test_links_between_documents_lead_somewhere():
    broken = [
        f"{page.name}: {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_webhook_event_is_documented_with_its_scope_and_no_other():
    from config.partners.webhooks import kinds

    written = dict(re.findall(r"^\| `([a-z_.]+)` \| `([a-z:]+)` \|", doc("api/webhooks.md"), re.MULTILINE))

    assert written == {name: kind.scope for name, kind in kinds.NAMES.items()}
