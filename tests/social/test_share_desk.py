"""What the desk knows of sharing: reports, timeline, segments, and the admin's lists and decisions."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.reports import campaign_report
from campaigns.tracking import events
from contacts import profile
from contacts.segments import sql
from contacts.segments.predicate import matches
from social import referrals, reports, sharing, timeline
from social.models import EarnedVisit, NetworkSetting, Referral, ShareLink
from tests.make import make_brand, make_contact, make_delivery, make_letter, make_program, make_share_link, make_user

pytestmark = pytest.mark.django_db


def shared(contact, campaign, network, *, composed=False, visits=0):
    now = timezone.now()
    link = sharing.share_link_for(contact, campaign, network)
    ShareLink.objects.filter(pk=link.pk).update(
        intended_at=now, composed_at=now if composed else None, visited_at=now if visits else None
    )
    EarnedVisit.objects.create(share_link=link, day=now.date(), visitor_key="own", is_sharer=True, first_at=now)
    for number in range(visits):
        EarnedVisit.objects.create(share_link=link, day=now.date(), visitor_key=f"{number}", first_at=now)
    return link


@pytest.fixture
def may():
    """Ann pressed twice and brought Dan by Bluesky; Ben pressed only."""
    campaign = make_letter()
    ann = make_contact(first_name="Ann", last_name="Lee", topic=campaign.topic)
    ben = make_contact(email="ben@example.com", first_name="Ben", topic=campaign.topic)
    for contact in (ann, ben):
        make_delivery(campaign=campaign, contact=contact, state="sent", sent_at=timezone.now())
    link = shared(ann, campaign, "bluesky", composed=True, visits=3)
    shared(ann, campaign, "facebook")
    shared(ben, campaign, "facebook")
    referrals.sign_up(link, email="dan@example.com", first_name="Dan")
    referrals.confirmed(Referral.objects.get().friend)
    return campaign


def test_the_report_keeps_the_steps_apart(may):
    section = reports.section(may)

    ladder = {row[0]: row[1:] for row in section.tables[0].rows}
    assert ladder == {"Bluesky": [1, 1, 1, 3, 1], "Facebook": [2, 0, 0, 0, 0]}
    assert (section.steps[0].n, section.steps[0].of) == (1, 2)


def test_too_few_shares_rank_no_network(may):
    table = reports.section(may).tables[0]

    assert [row[0] for row in table.rows] == ["Bluesky", "Facebook"]
    assert "too few to rank" in table.note


def test_the_top_sharers_are_those_who_brought_friends(may):
    table = reports.section(may).tables[1]

    assert table.rows == [["Ann Lee", 1, 3, 1]]


def test_a_campaign_without_shares_has_no_such_section():
    assert reports.section(make_letter()) is None


def test_the_section_stands_in_the_whole_report(may):
    report = campaign_report(may)

    assert report.table("share_ladder") is not None
    assert "shared" in [step.key for step in report.funnel]


def test_networks_are_told_once_by_the_ladder_and_by_the_plain_table_where_nobody_pressed(may):
    events.record("earned_visit", key="v1", campaign=may, network="bluesky")
    assert campaign_report(may).table("networks") is None

    ShareLink.objects.update(intended_at=None)

    assert campaign_report(may).table("networks").rows and campaign_report(may).table("share_ladder") is None


def test_the_section_asks_as_much_for_many_shares(may, django_assert_num_queries):
    for number in range(30):
        shared(make_contact(email=f"c{number}@example.com", topic=may.topic), may, "x", visits=1)

    with django_assert_num_queries(7):
        reports.section(may)


def test_her_timeline_tells_press_evidence_visits_and_friends(may):
    ann = ShareLink.objects.first().contact

    kinds = [entry.kind for entry in timeline.entries(ann.pk, before=timezone.now() + timedelta(1), limit=50)]

    assert sorted(kinds) == sorted(["share", "share", "share_composed", *["earned_visit"] * 3, "friend"])
    assert {"share", "friend"} <= {entry.kind for entry in profile.timeline(ann)}
    assert len(timeline.entries(ann.pk, before=timezone.now() + timedelta(1), limit=2)) == 2


def test_the_friends_timeline_says_through_whom_she_came(may):
    dan = Referral.objects.get().friend

    [entry] = timeline.entries(dan.pk, before=timezone.now() + timedelta(1), limit=50)

    assert (entry.kind, entry.title, entry.detail) == ("came", "Came through Ann Lee", "Bluesky")


def test_her_panel_counts_shares_and_friends(may):
    ann = ShareLink.objects.first().contact

    panel = timeline.panels(ann.pk)[0]

    assert panel.rows == [("Bluesky", 1, 1), ("Facebook", 1, 0)]
    assert [value for _label, value in panel.figures] == [3, 1, 1]


@pytest.mark.parametrize(
    ("leaf", "names"),
    [
        ({"field": "shared", "op": "did", "value": {}}, {"Ann", "Ben"}),
        ({"field": "shared", "op": "did", "value": {"network": "bluesky"}}, {"Ann"}),
        ({"field": "shared", "op": "did_not", "value": {}}, {"Dan"}),
        ({"field": "share_confirmed", "op": "did", "value": {}}, {"Ann"}),
        ({"field": "brought_friends", "op": "did", "value": {"at_least": 1}}, {"Ann"}),
        ({"field": "brought_friends", "op": "did", "value": {"at_least": 2}}, set()),
        ({"field": "came_by_friend", "op": "did", "value": {}}, {"Dan"}),
        ({"field": "share_networks", "op": "gte", "value": 2}, {"Ann"}),
        ({"field": "share_networks", "op": "is", "value": 1}, {"Ben"}),
        ({"field": "share_networks", "op": "is", "value": 0}, {"Dan"}),
        ({"field": "share_networks", "op": "lt", "value": 2}, {"Ben", "Dan"}),
        ({"field": "share_networks", "op": "is_not", "value": 1}, {"Ann", "Dan"}),
        ({"field": "share_networks", "op": "between", "value": [1, 2]}, {"Ann", "Ben"}),
        ({"field": "share_networks", "op": "gt", "value": 0}, {"Ann", "Ben"}),
        ({"field": "share_networks", "op": "lte", "value": 0}, {"Dan"}),
    ],
)
def test_people_are_chosen_by_what_they_shared(may, leaf, names):
    tree = {"all": [leaf]}

    found = sql.people(tree)

    assert {contact.first_name for contact in found} == names
    for contact in type(found[0] if found else Referral.objects.get().friend).objects.all():
        assert matches(tree, contact) == (contact.first_name in names)


# --- Admin -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(client):
    client.force_login(make_user())
    return client


@pytest.mark.parametrize("model", ["networksetting", "sharelink", "referral", "referralprogram"])
def test_every_list_and_page_opens(desk, may, model):
    make_program()
    NetworkSetting.objects.create(brand=make_brand(), network="x")
    rows = {"networksetting": NetworkSetting, "sharelink": ShareLink, "referral": Referral}

    assert desk.get(reverse(f"admin:social_{model}_changelist")).status_code == 200
    if model in rows:
        row = rows[model].objects.first()
        assert desk.get(reverse(f"admin:social_{model}_change", args=[row.pk])).status_code == 200


def test_links_are_looked_at_only(desk, may):
    page = reverse("admin:social_sharelink_change", args=[ShareLink.objects.first().pk])

    assert desk.post(page, {"network": "x"}).status_code == 403
    assert desk.get(reverse("admin:social_sharelink_add")).status_code == 403
    assert desk.get(reverse("admin:social_sharelink_changelist") + "?network=googleplus").status_code == 200
    assert desk.get(reverse("admin:social_sharelink_changelist") + "?q=ann").status_code == 200


def test_a_marketer_words_and_orders_a_network(desk):
    brand = make_brand()
    page = reverse("admin:social_networksetting_add")
    assert "googleplus" not in desk.get(page).content.decode()

    desk.post(
        page,
        {"brand": brand.pk, "network": "x", "is_enabled": "on", "position": 3, "label_en": "Tell X", "label_fr": ""},
    )

    row = NetworkSetting.objects.get()
    assert (row.network, row.position, row.label) == ("x", 3, {"en": "Tell X"})


def test_the_usual_networks_come_with_one_press(desk):
    brand = make_brand()

    assert "WhatsApp" in desk.get(reverse("admin:social_networksetting_fill")).content.decode()
    assert not NetworkSetting.objects.exists()
    for _ in range(2):
        desk.post(reverse("admin:social_networksetting_fill"))

    keys = list(NetworkSetting.objects.filter(brand=brand).order_by("position").values_list("network", flat=True))
    assert keys[:2] == ["whatsapp", "facebook"]
    assert len(keys) == len(set(keys)) == 12


def decide(desk, action, referral, **fields):
    page = reverse("admin:social_referral_changelist")
    return desk.post(page, {"action": action, "_selected_action": [referral.pk], **fields}, follow=True)


def test_a_flagged_referral_is_approved_or_voided_with_a_reason(desk):
    link = make_share_link()
    one = referrals.sign_up(link, email="ann+1@example.com")
    other = referrals.sign_up(link, email="ann+2@example.com")
    for referral in (one, other):
        referrals.confirmed(referral.friend)

    decide(desk, "approve_chosen", one, reason="sisters")
    refused = decide(desk, "void_chosen", other)
    assert "Say why" in refused.content.decode()
    decide(desk, "void_chosen", other, reason="same person")

    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, other.state) == ("approved", "voided")
    assert other.reasons[-1] == "voided: same person"


def test_who_may_only_look_decides_nothing(client):
    from django.contrib.auth.models import Permission

    analyst = make_user(username="ana", is_superuser=False)
    analyst.user_permissions.add(Permission.objects.get(codename="view_referral"))
    client.force_login(analyst)
    referral = referrals.sign_up(make_share_link(), email="ann+1@example.com")

    decide(client, "void_chosen", referral, reason="no")

    referral.refresh_from_db()
    assert referral.state == "flagged"
