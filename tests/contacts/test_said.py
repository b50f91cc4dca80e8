"""Segments by what people declared, by attributes with an index, by the command; proxies leave opens unknown."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from campaigns.models import Engagement, Event
from contacts import jobs
from contacts.models import Contact, Preference
from contacts.segments import counting, indexes, plan, predicate, rules, sql
from tests.contacts.test_segments import leaf
from tests.make import make_attribute, make_campaign, make_contact, make_delivery, make_segment, make_user


def emails(tree):
    return sorted(sql.people(tree).values_list("email", flat=True))


@pytest.fixture
def three(db):
    """Ann and Ben answered, Cara never did."""
    ann, ben, _cara = (make_contact(email=f"{name}@x.example") for name in ("ann", "ben", "cara"))
    Preference.objects.create(contact=ann, motivations=["offer", "game"], reply_within_hours=4, reply_by="email")
    Preference.objects.create(contact=ben, motivations=["help"], frequency="weekly", hour=19, network="bluesky")
    return Contact.objects.all()


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        (leaf("motivation", "has", "offer"), "a", "b"),
        (leaf("motivation", "has_not", "offer"), "b", "a"),
        (leaf("frequency", "is", "weekly"), "b", ""),
        (leaf("frequency", "is_set"), "b", "ac"),
        (leaf("frequency", "is_empty"), "ac", "b"),
        (leaf("preferred_hour", "between", [18, 20]), "b", ""),
        (leaf("preferred_network", "is", "bluesky"), "b", ""),
        (leaf("reply_within", "lte", 24), "a", ""),
        (leaf("reply_by", "in", ["email", "phone"]), "a", ""),
    ],
)
def test_what_people_said_chooses_them_and_silence_is_not_a_no(three, rule, yes, no):
    parsed = rules.parse(rule)
    where = sql.where(parsed)

    found = ["".join(sorted(one.email[0] for one in three.filter(side))) for side in (where.true, where.false)]

    assert found == [yes, no]
    answers = {True: yes, False: no}
    for contact in three:
        answer = predicate.value(parsed, contact)
        assert contact.email[0] in answers.get(answer, "abc") and (
            answer is not None or contact.email[0] not in yes + no
        )
    assert rules.describe(parsed, "fr")


def test_a_picture_that_only_a_proxy_loaded_says_neither_yes_nor_no(db):
    campaign = make_campaign()
    people = {}
    for name in ("human", "proxy", "both", "none"):
        people[name] = make_contact(email=f"{name}@x.example", open_tracking_at="2026-01-01T00:00Z")
        make_delivery(
            campaign=campaign, contact=people[name], state="sent", sent_at="2026-02-01T00:00Z", tracks_opens=True
        )
    for name, verdict in (("human", "human"), ("proxy", "proxy"), ("both", "proxy"), ("both", "human")):
        at = "2026-02-02T00:00Z"
        Event.objects.create(
            kind="open", at=at, key=f"{name}{verdict}", verdict=verdict, campaign=campaign, contact=people[name]
        )
        if verdict == "human":
            Engagement.objects.create(campaign=campaign, contact=people[name], kind="open", first_at=at, last_at=at)
            Contact.objects.filter(pk=people[name].pk).update(last_opened_at=at)

    value = {"campaign": campaign.pk}
    assert emails(leaf("opened", "did", value)) == ["both@x.example", "human@x.example"]
    assert emails(leaf("opened", "did_not", value)) == ["none@x.example"]
    assert counting.count(leaf("opened", "did", value)) == counting.Count(yes=2, no=1, not_observable=1)
    assert predicate.value(leaf("opened", "did", value), people["proxy"]) is None
    assert counting.count(leaf("last_opened", "after", "2026-01-15")) == counting.Count(yes=2, no=1, not_observable=1)
    assert emails(leaf("opened", "did_not", {"from": "2026-03-01"})) == [f"{n}@x.example" for n in sorted(people)]


VALUES = {"text": "Lyon", "number": 7, "date": "2026-05-01", "boolean": True}


@pytest.mark.django_db(transaction=True)
def test_a_filterable_attribute_has_an_index_that_its_rule_uses():
    others = {"text": "Paris", "number": 1, "date": "2020-01-01", "boolean": False}
    declared = {kind: make_attribute(name=kind, type=kind, is_filterable=True) for kind in VALUES}
    Contact.objects.bulk_create(Contact(attributes=values) for values in [*[VALUES] * 3, *[others] * 1500])
    for kind, attribute in declared.items():
        rule = leaf(f"attribute.{kind}", "is" if kind != "date" else "on", VALUES[kind])
        before = plan.explain(rule).plan

        jobs.run(indexes.keep(attribute, hint=False).pk)

        name = f"contact_attribute_{attribute.pk}"
        assert name not in before and name in plan.explain(rule).plan, kind
        assert sql.people(rule).count() == 3 and sql.people({"not": rule}).count() == 1500
        attribute.is_filterable = False
        attribute.save()
        jobs.run(indexes.keep(attribute, hint=False).pk)
        assert not indexed(attribute)


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_remakes_the_table_of_contacts_leaves_the_index_there():
    attribute = make_attribute(name="shop", type="text", is_filterable=True)
    jobs.run(indexes.keep(attribute, hint=False).pk)
    assert indexed(attribute)
    with connection.schema_editor() as editor:
        if connection.vendor == "sqlite":
            editor._remake_table(Contact)  # what a changed column of the model does
        else:
            editor.execute(f"DROP INDEX contact_attribute_{attribute.pk}")
    assert not indexed(attribute)

    call_command("migrate", verbosity=0)
    assert indexed(attribute)


def indexed(attribute):
    with connection.cursor() as cursor:
        return f"contact_attribute_{attribute.pk}" in connection.introspection.get_constraints(
            cursor, "contacts_contact"
        )


def test_making_an_attribute_filterable_in_the_desk_starts_the_job(client, db):
    client.force_login(make_user())
    client.post(
        reverse("admin:contacts_attributetype_add"),
        {"name": "shop", "label": "Shop", "type": "text", "is_filterable": "on"},
    )
    assert [job.parameters["name"] for job in indexes.Job.objects.filter(kind=indexes.KIND)] == ["shop"]


def test_the_command_lists_counts_shows_explains_and_exports(three, capsys, tmp_path):
    segment = make_segment(name="Offers", rules=leaf("motivation", "has", "offer"))

    call_command("segment", "list")
    call_command("segment", "count", "offers")
    call_command("segment", "preview", str(segment.pk))
    call_command("segment", "explain", "--rules", json.dumps(segment.rules))
    call_command("segment", "export", "Offers", "--to", str(tmp_path / "people.csv"))

    out = capsys.readouterr().out
    assert f"{segment.pk}\tOffers\t" in out and "1 yes, 1 no, 1 not observable." in out
    assert "ann@x.example" in out and "SELECT" in out
    assert (
        "ann@x.example" in (tmp_path / "people.csv").read_text() and "ben@" not in (tmp_path / "people.csv").read_text()
    )
    for wrong in (["count", "99"], ["count"], ["count", "--rules", '{"field": "x"}'], ["export", "Offers"]):
        with pytest.raises(CommandError):
            call_command("segment", *wrong)
