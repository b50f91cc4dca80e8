import json
from pathlib import Path

import jsonschema
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

FILE = Path(settings.BASE_DIR) / "docs" / "api" / "openapi.json"


def test_the_committed_description_is_the_one_the_code_gives(tmp_path):
    made = tmp_path / "openapi.json"

    call_command("spectacular", format="openapi-json", file=str(made), validate=True, fail_on_warn=True)

    told = json.loads(FILE.read_text())
    assert json.loads(made.read_text()) == told, (
        "The API changed. Look at the difference; then write it down: "
        "python3 manage.py spectacular --format openapi-json --file docs/api/openapi.json"
    )
    assert told["openapi"].startswith("3.1")


def operations():
    """Each operation: where, itself, and what it takes and answers when it works (media type → content)."""
    for path, verbs in json.loads(FILE.read_text())["paths"].items():
        for verb, operation in verbs.items():
            taken = operation.get("requestBody", {}).get("content", {})
            given = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            yield f"{verb} {path}", operation, taken, [one.get("content", {}) for one in given]


def test_every_operation_has_a_summary_and_examples_of_all_that_is_json():
    told = {where: operation.get("summary") for where, operation, _taken, _given in operations()}
    lacking = [
        f"{where}: {kind}"
        for where, _operation, taken, given in operations()
        for content in (taken, *given)
        for kind, one in content.items()
        if kind in {"application/json", "multipart/form-data"} and not one.get("examples")
    ]

    assert [where for where, summary in told.items() if not summary] == [] and len(told) > 100
    assert lacking == []


def test_every_example_is_as_its_schema_says():
    schemas = json.loads(FILE.read_text())["components"]
    wrong = []
    for where, _operation, taken, given in operations():
        for one in (content for each in (taken, *given) for content in each.values()):
            checked = jsonschema.Draft202012Validator({**one["schema"], "components": schemas})
            for name, example in one.get("examples", {}).items():
                if one["schema"].get("format") != "binary":
                    wrong += [f"{where} {name}: {why.message[:120]}" for why in checked.iter_errors(example["value"])]

    assert wrong == []


@pytest.mark.django_db
def test_the_docs_page_works_without_any_foreign_host():
    page = Client().get("/api/docs/")

    assert page.status_code == 200
    assert b"https://cdn" not in page.content and b"//unpkg" not in page.content
    assert Client().get("/api/schema/").status_code == 200
