from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, given, settings

from contacts import consent
from contacts.models import Contact, ContactTag, Segment, Tag
from contacts.segments import acts, counting, fields, predicate, rules, sql
from tests.make import make_attribute, make_contact, make_segment, make_topic
from tests.trees import leaves, trees

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


def leaf(field, op, value=None, **more):
    return {"field": field, "op": op, **({} if value is None else {"value": value}), **more}


@pytest.fixture
def crowd(db):
    """Forty contacts that differ in everything that rules ask about."""
    offers, letter = make_topic(slug="offers"), make_topic(slug="letter")
    for name, type_ in [
        ("points", "number"),
        ("city", "text"),
        ("born", "date"),
        ("fan", "boolean"),
        ("sizes", "list"),
    ]:
        make_attribute(name=name, type=type_)
    vip = Tag.objects.create(name="vip")
    values = {
        "points": [0, 5, 5.5, -1, "many", None],
        "city": ["Lyon", "lyon", "LYON", "Évreux", "", 12],
        "born": ["1990-05-15", "2026-05-15", "2026-05-10", "not a date", 1990],
        "fan": [True, False, "yes", 1],
        "sizes": [["S", "M"], ["m"], [], "S", [1]],
    }
    for n in range(40):
        attributes = {key: some[n % (len(some) + 1)] for key, some in values.items() if n % (len(some) + 1) < len(some)}
        moment = [None, NOW, NOW - timedelta(days=3), NOW - timedelta(days=400), NOW + timedelta(hours=5)][n % 5]
        contact = make_contact(
            email=None if n % 7 == 0 else f"p{n}@example.com",
            first_name=["Ann", "ann", "Zoé", "ZOÉ", "", "O'Neil", "100%"][n % 7],
            language=["fr", "en", ""][n % 3],
            attributes=attributes,
            last_opened_at=moment,
            open_tracking_at=NOW - timedelta(days=500) if n % 2 else None,
            last_ordered_at=moment if n % 4 else None,
        )
        if n % 3 == 0:
            ContactTag.objects.create(contact=contact, tag=vip)
        if n % 2 == 0:
            consent.subscribe(contact, offers, basis="consent", method="form")
        if n % 4 == 0:
            consent.unsubscribe(contact, offers, method="one_click")
        if n % 5 == 0:
            consent.give(contact, "profiling", method="form")
    Segment.objects.create(name="vips", rules=leaf("tag", "has", "vip"))
    return [offers, letter]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(tree=trees(leaves()))
def test_sql_and_predicate_agree_on_random_trees(crowd, tree):
    rule = rules.parse(tree)

    where = sql.where(rule, now=NOW)
    true = set(Contact.objects.filter(where.true).values_list("pk", flat=True))
    false = set(Contact.objects.filter(where.false).values_list("pk", flat=True))

    answers = {contact.pk: predicate.value(rule, contact, now=NOW) for contact in Contact.objects.all()}
    assert true == {pk for pk, answer in answers.items() if answer is True}
    assert false == {pk for pk, answer in answers.items() if answer is False}
    assert rules.describe(rule, "en")


def test_no_rule_means_nobody_and_an_empty_all_means_everybody(crowd):
    assert sql.people({}).count() == 0
    assert sql.people({"all": []}).count() == 40
    assert rules.describe(rules.parse({}), "en") == "Nobody yet: add a first rule."


def test_what_is_not_observable_never_satisfies_a_did_not(db):
    for n in range(20):
        make_contact(email=f"p{n}@example.com", open_tracking_at=NOW if n < 5 else None)
    opened = leaf("last_opened", "not_in_last_days", 30)

    assert counting.count(opened) == counting.Count(yes=5, no=0, not_observable=15)
    assert counting.count({**opened, "unknown": True}) == counting.Count(yes=20, no=0, not_observable=0)
    assert sql.people({"any": [opened, leaf("email", "is_set")]}).count() == 20


def test_a_segment_may_ask_about_another_but_not_about_itself(crowd):
    vips = Segment.objects.get(name="vips")
    outer = make_segment(name="others", rules={"not": leaf("segment", "within", vips.pk)})
    assert sql.people(outer.rules).count() == 40 - sql.people(vips.rules).count()
    assert rules.describe(rules.parse(outer.rules), "en") == "People for whom this holds: is not in the segment “vips”."

    circle = leaf("segment", "within", outer.pk)
    with pytest.raises(rules.BadRule, match="asks about itself"):
        sql.check_cycles(circle, vips.pk)
    Segment.objects.filter(pk=vips.pk).update(rules=circle)
    with pytest.raises(rules.BadRule, match="asks about itself"):
        sql.people(outer.rules)


@pytest.mark.parametrize(
    ("tree", "path", "said"),
    [
        (leaf("colour", "is", "red"), "field", "There is no field “colour”"),
        ({"all": [leaf("language", "is", "fr"), leaf("email", "gt", "a")]}, "all[1].op", "cannot be compared by “gt”"),
        ({"any": [{"not": leaf("created", "before", "yesterday")}]}, "any[0].not.value", "A date is wanted"),
        (leaf("created", "in_last_days", True), "value", "A number of days"),
        (leaf("first_name", "is", "a\x00b"), "value", "A text of"),
        (leaf("first_name", "is", "\ud800"), "value", "half of a character"),
        (leaf("tag", "has"), "value", "A text of"),
        (leaf("language", "in", "fr"), "value", "A list of values"),
        ({"all": {}}, "all", "A list of rules"),
        ({"all": [], "any": []}, "", "stand alone"),
        ([], "", "A rule is wanted"),
        ("1=1", "", "A rule is wanted"),
        ({"all": [7]}, "all[0]", "A rule is wanted"),
        ({"field": ["email"], "op": "is", "value": "x"}, "field", "There is no field"),
        ({"field": "email", "op": "is", "value": "x", "sql": "1"}, "", "not part of a rule"),
        (leaf("email", "is", "x", unknown="no"), "unknown", "Yes or no"),
        (leaf("segment", "within", "1"), "value", "number from the list"),
        ({"all": [leaf("email", "is_set")] * 201}, "all[200]", "too many rules"),
    ],
)
def test_a_wrong_tree_is_refused_with_its_place_and_a_remedy(db, tree, path, said):
    with pytest.raises(rules.BadRule) as refused:
        rules.parse(tree)
    assert refused.value.path == path
    assert said in refused.value.message
    assert refused.value.remedy


def test_a_tree_200_deep_is_refused(db):
    tree = leaf("email", "is_set")
    for _ in range(200):
        tree = {"not": tree}
    with pytest.raises(rules.BadRule, match="nested too deeply"):
        rules.parse(tree)


def test_rules_read_as_a_sentence(crowd):
    tree = {
        "all": [
            leaf("language", "in", ["fr", "en"]),
            {"any": [leaf("attribute.points", "between", [5, 10]), leaf("last_ordered", "in_last_days", 30)]},
            leaf("topic", "not_subscribed", "offers"),
        ]
    }
    assert rules.describe(rules.parse(tree), "en") == (
        "People for whom this holds: language is one of “French”, “English” and (points is between 5 and 10 or "
        "last order was in the last 30 days) and not subscribed to “Offers”."
    ).replace("“French”, “English”", "“French”, “English”")


def test_an_act_counts_rows_of_another_table(crowd):
    from contacts.models import Consent

    said_yes = acts.act(
        "agreed", "agreed", "Test", lambda: Consent.objects.filter(is_given=True),
        params=[fields.Param("purpose", "purpose", "purpose", str)], observable=lambda rule, now: Q(pk__isnull=False),
    )  # fmt: skip
    twice = fields.Leaf("agreed", "did", {"at_least": 2, "days": 1})
    profiled = fields.Leaf("agreed", "did", {"purpose": "profiling"})

    found = Contact.objects.filter(said_yes.condition(profiled, timezone.now() + timedelta(seconds=5)))
    assert found.count() == 8
    assert Contact.objects.filter(said_yes.condition(twice, timezone.now())).count() == 4


def test_explain_names_every_comparison_with_its_answer(crowd):
    ann = Contact.objects.get(email="p1@example.com")
    tree = {"all": [leaf("tag", "has", "vip"), leaf("email", "is", "P1@example.com")]}

    assert [answer for _, answer in predicate.explain(tree, ann, "en")] == [False, True]


def test_counting_asks_no_question_about_the_others_where_all_is_known(crowd, django_assert_num_queries):
    tree = rules.parse({"all": [leaf("language", "is", "fr"), leaf("tag", "has", "vip")]})
    with django_assert_num_queries(4):  # the declared attributes twice, everybody, who is in it
        counting.count(tree)
