"""A change of the API that breaks who uses it fails here; an addition passes."""

import copy
import json

import pytest

from tests.api.promised import DESCRIPTION, PROMISED, broken, lines


@pytest.fixture(scope="module")
def description():
    return json.loads(DESCRIPTION.read_text())


def after(description, change):
    changed = copy.deepcopy({"paths": description["paths"], "components": description["components"]})
    change(changed["paths"], changed["components"]["schemas"])
    return broken(lines(description), lines(changed))


def test_what_was_promised_still_holds(description):
    assert broken(set(PROMISED.read_text().splitlines()), lines(description)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda paths, _: paths.pop("/api/v1/topics/"), "GET /api/v1/topics/"),
        (lambda paths, _: paths["/api/v1/contacts/{id}/"].pop("patch"), "PATCH /api/v1/contacts/{id}/"),
        (lambda _, schemas: schemas["Contact"]["properties"].pop("email"), "Contact · email: null or string"),
        (lambda _, schemas: schemas["Contact"]["properties"]["id"].update(type="string"), "Contact · id: integer"),
        (lambda _, schemas: schemas["ContactWishRequest"].update(required=["email"]),
         "ContactWishRequest · email must be given"),
    ],
    ids=["a path", "an operation", "a field", "a type", "a field newly asked"],
)  # fmt: skip
def test_a_breaking_change_is_named(description, change, said):
    assert said in after(description, change)


def test_an_addition_breaks_nobody(description):
    def add(paths, schemas):
        paths["/api/v1/brands/"] = {"get": {"responses": {"200": {}}}}
        schemas["Contact"]["properties"]["nickname"] = {"type": "string"}
        schemas["Contact"]["required"] = [*schemas["Contact"]["required"], "nickname"]  # always in the answer
        schemas["BrandWishRequest"] = {"properties": {"name": {"type": "string"}}, "required": ["name"]}

    assert after(description, add) == []
