"""The house stands as drawn: four floors, imports and foreign keys point downstairs, and erasure knows every table."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from contacts.models import Contact

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["contacts", "campaigns", "social", "config"]  # from the ground up
ALLOWED = {
    "manage.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
    "requirements.txt", "requirements-dev.txt", "campaigns", "contacts", "social", "templates", "tests",
    "config", "docs", "deploy", "locale",
}  # fmt: skip
LIGHT = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "FANFARE_BOOTSTRAP": "0"}
ON_ERASE = {"delete", "detach", "keep"}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in FLOORS]


def downstairs(field: models.Field) -> bool:
    """A relation may leave our floors (users) or go to this floor or a lower one."""
    here, there = field.model._meta.app_label, field.related_model._meta.app_label
    return there not in FLOORS or FLOORS.index(there) <= FLOORS.index(here)


def relations(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.get_fields() if field.is_relation and field.concrete and field.related_model]


def reaches_contact() -> set[type[models.Model]]:
    """Models from which a chain of foreign keys leads to one contact, the contact itself among them."""
    found: set[type[models.Model]] = {Contact}
    grew = True
    while grew:
        more = {m for m in our_models() if m not in found and any(f.related_model in found for f in relations(m))}
        found, grew = found | more, bool(more)
    return found


def test_imports_run_one_way_downstairs():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0, "see the broken chain above"


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_relations_point_downstairs(model):
    assert [f"{f} → {f.related_model._meta.label}" for f in relations(model) if not downstairs(f)] == []


def test_every_table_with_a_way_to_a_contact_says_what_erasure_does():
    undeclared = [m._meta.label for m in reaches_contact() if getattr(m, "on_erase", None) not in ON_ERASE]
    assert sorted(undeclared) == [], 'declare `on_erase: ClassVar[str] = "delete" | "detach" | "keep"` on each'


def test_what_erasure_detaches_can_be_detached():
    """`detach` empties the link to the contact, so that link must be allowed to be empty."""
    stuck = [
        str(field)
        for model in reaches_contact()
        if getattr(model, "on_erase", "") == "detach"
        for field in relations(model)
        if field.related_model is Contact and not field.null
    ]
    assert stuck == []


def test_only_the_floors_of_this_project_hold_its_models():
    ours = {m._meta.app_label for m in apps.get_models() if m.__module__.split(".")[0] in FLOORS}
    assert ours == set(FLOORS)


def test_no_signals_of_django_are_used():
    """A signal is a call that nobody sees; what must happen is called by name."""
    words = ("django.db.models.signals", "django.dispatch", "@receiver")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.py")
        for word in words
        if word in path.read_text()
    ]
    assert found == []


def test_the_top_level_is_as_drawn():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {name.split("/")[0] for name in listed.split("\0") if name}
    assert {name for name in top if not name.startswith(".")} - ALLOWED == set()


def test_identifiers_of_links_are_not_integers():
    """Public tokens only: no public URL pattern takes an integer id."""
    from django.urls import get_resolver

    def public(resolver, prefix=""):
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            if route.startswith(("admin/", "api/")):
                continue
            yield from public(pattern, route) if hasattr(pattern, "url_patterns") else [route]

    assert [route for route in public(get_resolver()) if "<int:" in route and not route.startswith("c/")] == []


def test_a_process_that_serves_no_pages_starts_without_renderer_and_pictures():
    """They fill 20 MB of each; a job that needs them loads them when it begins."""
    ask = "import django, sys; django.setup(); print(*{'liquid', 'PIL', 'qrcode', 'dns'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True, env=LIGHT)
    assert done.stdout.split() == []
