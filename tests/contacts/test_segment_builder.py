import json
from datetime import date

import pytest
from django.http import QueryDict
from django.urls import reverse
from hypothesis import HealthCheck, given, settings

from contacts.models import Segment
from contacts.segments import draft, periods, rules, sql
from tests.contacts.test_segments import leaf
from tests.make import make_attribute, make_contact, make_segment, make_topic, make_user
from tests.trees import leaves, trees

BUILDER, PREVIEW = "admin:contacts_segment_builder", "admin:contacts_segment_preview"


@pytest.fixture
def desk(client, db):
    client.force_login(make_user())
    return client


@pytest.fixture
def declared(db):
    for name, type_ in [
        ("points", "number"),
        ("city", "text"),
        ("born", "date"),
        ("fan", "boolean"),
        ("sizes", "list"),
    ]:
        make_attribute(name=name, type=type_)


def posted(group, at="r"):
    """Return the form's inputs of a draft, as a browser sends them."""
    if isinstance(group, draft.Row):
        found = [(f"{at}:kind", "rule"), (f"{at}:field", group.field), (f"{at}:op", group.op)]
        found += [(f"{at}:{name}", text) for name, texts in group.given.items() for text in texts]
        return found + ([(f"{at}:unknown", "on")] if group.unknown else [])
    found = [(f"{at}:kind", "group"), (f"{at}:mode", group.mode), (f"{at}:n", str(len(group.parts)))]
    return found + [pair for n, part in enumerate(group.parts) for pair in posted(part, f"{at}-{n}")]


def form(*groups):
    data = QueryDict(mutable=True)
    for name, text in [pair for group in groups for pair in posted(group)]:
        data.appendlist(name, text)
    return data


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(tree=trees(leaves()))
def test_what_is_shown_and_posted_again_means_the_same(declared, tree):
    shown = draft.from_tree(tree)
    again = draft.to_tree(draft.from_post(form(shown))).tree

    if shown.parts:
        assert rules.parse(again) == rules.parse(plain(tree))


def plain(tree):
    """Return the tree as the rows say it: one comparison, or a "not" around one, stands in a group of its own."""

    def inner(part):
        if "not" in part:
            negated = part["not"]
            return (
                {"not": inner(negated)} if "any" in negated or "all" in negated else {"not": {"any": [inner(negated)]}}
            )
        return {key: [inner(one) for one in part[key]] for key in ("all", "any") if key in part} or part

    return {"all": [tree]} if "field" in tree else inner(tree)


def test_presses_add_nest_move_and_remove_rules():
    found = draft.Group()

    assert draft.press(found, "rule:r") == "r-0:field"
    found.parts[0].field = "language"
    assert draft.press(found, "group:r") == "r-1-0:field"
    assert draft.press(found, "nest:r-0") == "r-0-1:field"
    assert draft.press(found, "down:r-0") == "r-1:down"
    assert found.parts[1].parts[0].field == "language" and found.parts[1].mode == "any"
    assert draft.press(found, "leave_out:r") == "r-2-0:field"
    assert found.parts[2].mode == "none"
    draft.press(found, "remove:r-2-0")
    assert len(found.parts) == 2
    for odd in ("remove:r-9", "up:", "nest:x-1", "rule:r-0-7", "hello", "remove:r", "down:r-1-9"):
        draft.press(found, odd)
    assert len(found.parts) == 2


def test_a_press_answers_the_rows_and_puts_the_cursor_on_the_new_one(desk):
    data = form(draft.Group("all", [draft.Row("language", "is", {"value": ["fr"]})]))
    data["press"] = "rule:r"

    answer = desk.post(reverse(BUILDER), data)
    page = answer.content.decode()

    assert answer["HX-Trigger-After-Settle"] == "rules-changed"
    assert 'name="r:n" value="2"' in page and 'id="r-1:field"' in page
    assert page.split("autofocus")[0].rsplit("id=", 1)[1].startswith('"r-1:field"')


def test_a_segment_is_saved_from_rows_and_shown_again(desk):
    shop = make_segment(name="inner")
    inner = draft.Group(
        "none", [draft.Row("segment", "within", {"value": [str(shop.pk)]}), draft.Row("email", "is_set")]
    )
    rows = draft.Group("all", [draft.Row("net_spend_minor", "gte", {"value": ["1 200,50"]}), inner])
    data = form(rows)
    data["name"] = "Spenders"

    answer = desk.post(reverse("admin:contacts_segment_add"), data)

    assert answer.status_code == 302, answer.content.decode()[-3000:]
    segment = Segment.objects.get(name="Spenders")
    assert segment.rules == {
        "all": [
            leaf("net_spend_minor", "gte", 120_050),
            {"not": {"any": [leaf("segment", "within", shop.pk), leaf("email", "is_set")]}},
        ]
    }
    page = desk.get(reverse("admin:contacts_segment_change", args=[segment.pk])).content.decode()
    assert 'value="1200.50"' in page and 'value="inner"' in page


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (draft.Row(), "Choose what this rule is about"),
        (draft.Row("created", "in_last_days", {"value": ["many"]}), "A number of days is wanted"),
        (draft.Row("ordered", "did", {"when": ["days"]}), "A number of days is wanted"),
        (draft.Row("ordered", "did", {"place": ["77"]}), "There is no shop “77”"),
        (draft.Row("tag", "has", {"value": ["nobody's"]}), "There is no tag"),
        (draft.Row("colour", "is", {"value": ["red"]}), "There is no field"),
    ],
)
def test_what_is_wrong_is_said_at_its_row(desk, row, said):
    data = form(draft.Group("all", [draft.Row("email", "is_set"), draft.Group("any", [row])]))
    data["name"] = "VIP"

    page = desk.post(reverse("admin:contacts_segment_add"), data).content.decode()

    at = page.index('<p class="fan-rule-error"')
    assert said in page[at:].split("</p>")[0].replace("&#x27;", "'")
    assert page[:at].rindex('name="r-1-0:kind"') > page[:at].rindex('name="r-0:kind"')
    assert not Segment.objects.exists()


def test_the_cursor_finds_fields_campaigns_and_people(desk, django_user_model):
    make_contact(email="zoe@example.com", first_name="Zoé")
    suggest = reverse("admin:contacts_segment_suggest")

    fields = desk.get(suggest, {"q": "boug"}).content.decode()
    assert 'data-value="ordered"' in fields and 'aria-label="Orders"' in fields
    assert 'data-value="bluesky"' in desk.get(suggest, {"of": "shared.network"}).content.decode()
    assert "zoe@example.com" in desk.get(suggest, {"of": "people", "q": "zoe@"}).content.decode()
    for odd in ("x", "ordered.x", "x.y", ".", "ordered."):
        assert "Nothing is called that" in desk.get(suggest, {"of": odd, "q": "\x00'"}).content.decode()

    blind = django_user_model.objects.create_user("blind", is_staff=True)
    desk.force_login(blind)
    assert desk.get(suggest).status_code == 403


def test_why_she_is_in_it_or_not_names_each_rule(desk):
    ann = make_contact(first_name="Ann", language="fr")
    make_topic(slug="letter")
    tree = {"all": [leaf("language", "is", "fr"), leaf("topic", "subscribed", "letter"), leaf("opened", "did_not", {})]}
    data = {"rules": json.dumps(tree), "why": ann.pk}

    page = desk.post(reverse("admin:contacts_segment_why"), data).content.decode()

    assert "she is not in it" in page
    assert [page.count(f"fan-verdict-{kind}") for kind in ("yes", "no", "open")] == [1, 2, 1]
    assert "not observable" in page


def test_the_curious_see_the_query_with_its_values_apart(desk):
    data = {"rules": json.dumps(leaf("first_name", "is", "'; DROP TABLE contacts_contact; --"))}

    page = desk.post(reverse("admin:contacts_segment_plan"), data).content.decode()

    query, _mark, values = page.partition("Values")
    assert "SELECT" in query and "drop table" not in query.lower() and "drop table" in values.lower()


def test_the_preview_leaves_out_a_row_that_waits_and_says_so(desk):
    make_contact(language="fr")
    data = form(draft.Group("all", [draft.Row("language", "is", {"value": ["fr"]}), draft.Row()]))

    page = desk.post(reverse(PREVIEW), data).content.decode()

    assert "language is “French”" in page and "One rule is not complete" in page and "ann@example.com" in page


def test_a_ready_made_segment_fills_the_page(desk):
    page = desk.get(reverse("admin:contacts_segment_add")).content.decode()
    assert "?start=new" in page

    page = desk.get(reverse("admin:contacts_segment_add"), {"start": "new"}).content.decode()
    assert 'value="New people"' in page and 'name="r-0:field" value="created"' in page


def test_a_deep_or_endless_form_is_cut_short(desk):
    deep = draft.Group()
    at = deep
    for _level in range(200):
        at.parts.append(draft.Group())
        at = at.parts[0]
    assert desk.post(reverse(PREVIEW), form(deep)).status_code == 200
    assert desk.post(reverse(PREVIEW), {"r:kind": "group", "r:n": "999999999"}).status_code == 200
    assert desk.post(reverse(BUILDER), {"r:kind": "group", "r:n": "²", "press": "json:r", "rules_json": "[" * 9000})


def test_json_is_brought_into_the_rows(desk):
    tree = {"any": [leaf("language", "in", ["fr", "en"]), leaf("created", "in_period", "last_winter")]}
    data = {**form(draft.Group()).dict(), "press": "json:r", "rules_json": json.dumps(tree)}

    page = desk.post(reverse(BUILDER), data).content.decode()

    assert 'name="r-0:field" value="language"' in page and 'value="last_winter" selected' in page


@pytest.mark.parametrize(
    ("key", "today", "first", "last"),
    [
        ("last_winter", date(2026, 11, 24), date(2025, 12, 1), date(2026, 2, 28)),
        ("this_winter", date(2026, 11, 24), date(2026, 12, 1), date(2027, 2, 28)),
        ("this_winter", date(2027, 2, 28), date(2026, 12, 1), date(2027, 2, 28)),
        ("last_winter", date(2027, 3, 1), date(2026, 12, 1), date(2027, 2, 28)),
        ("last_winter", date(2028, 3, 1), date(2027, 12, 1), date(2028, 2, 29)),
        ("last_spring", date(2026, 5, 31), date(2025, 3, 1), date(2025, 5, 31)),
        ("last_month", date(2026, 1, 31), date(2025, 12, 1), date(2025, 12, 31)),
        ("this_quarter", date(2026, 11, 24), date(2026, 10, 1), date(2026, 12, 31)),
        ("last_year", date(2026, 1, 1), date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_a_named_period_has_these_days(key, today, first, last):
    assert periods.days(key, today) == (first, last)


def test_segments_that_ask_about_too_many_others_are_refused(db):
    inner = make_segment(name="s0", rules={"all": [leaf("email", "is_set")] * 30})
    for n in range(1, 4):
        inner = make_segment(name=f"s{n}", rules={"any": [leaf("segment", "within", inner.pk)] * 30})
    from contacts.segments import references

    with pytest.raises(rules.BadRule, match="too many rules"):
        references.check(inner.rules)
    assert sql.people(make_segment(name="flat").rules).count() == 0
