"""The tree of friends: what it counts, what it dares to say, and how it opens branch by branch."""

import random
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Event
from contacts import profile
from contacts.models import Contact
from social import conversions, referrals, sharing, visits
from social.models import EarnedVisit, Referral, ShareLink, ShareTree, TreeNode
from social.tree import branches, build, words
from social.tree.measures import Ratio, median, multiplier
from tests.make import make_contact, make_letter, make_share_link, make_user
from tests.social.cascade import grow, poisson

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(make_user())
    return client


def press(contact, campaign, network="bluesky", **more):
    link = sharing.share_link_for(contact, campaign, network, **more)
    ShareLink.objects.filter(pk=link.pk).update(intended_at=timezone.now(), composed_at=timezone.now())
    return link


def visit(link, n=1):
    now = timezone.now()
    for number in range(n):
        EarnedVisit.objects.create(share_link=link, day=now.date(), visitor_key=f"{number}", first_at=now)


def friend(link, name):
    referrals.sign_up(link, email=f"{name.lower()}@example.com", first_name=name)
    contact = Contact.objects.get(email=f"{name.lower()}@example.com")
    referrals.confirmed(contact)
    return contact


@pytest.fixture
def may():
    """Ann brings Dan and Fay, Dan brings Eve by his own share, and Eve buys for 59.90."""
    ann_link = make_share_link()
    press(ann_link.contact, ann_link.campaign)
    visit(ann_link, 3)
    dan, _fay = friend(ann_link, "Dan"), friend(ann_link, "Fay")
    dan_link = press(dan, ann_link.campaign, "whatsapp")
    visit(dan_link, 2)
    friend(dan_link, "Eve")
    conversions.record_order(
        "shop", "A-1", amount_minor=5990, currency="EUR", ordered_at=timezone.now(), email="eve@example.com"
    )
    return ann_link.campaign


def tree_of(campaign):
    tree = build.build(campaign)
    return tree, {
        str(node.contact.first_name): node for node in tree.nodes.select_related("contact", "parent__contact")
    }


def test_each_person_stands_below_who_brought_her_and_a_branch_sums_up_what_it_brought(may):
    tree, people = tree_of(may)

    assert {name: node.generation for name, node in people.items()} == {"Ann": 1, "Dan": 2, "Fay": 2, "Eve": 3}
    assert people["Eve"].parent.contact.first_name == "Dan" and people["Eve"].via == "whatsapp"
    ann, dan = people["Ann"], people["Dan"]
    assert (ann.friends, ann.visits, ann.people_below, ann.branch_friends, ann.branch_visits) == (2, 3, 3, 3, 5)
    assert (dan.friends, dan.visits, dan.people_below, dan.branch_friends) == (1, 2, 1, 1)
    assert (dan.money, ann.money, ann.branch_money) == ({"EUR": 5990}, {}, {"EUR": 5990})
    assert tree.figures["money"] == {"EUR": 5990}
    rows = [(row["sharers"], row["next"], row["friends"]) for row in tree.figures["generations"]]
    assert rows == [(1, 1, 2), (1, 0, 1), (0, 0, 0)]


def test_building_again_changes_nothing_and_leaves_one_version(may):
    first = build.build(may)
    second = build.build(may)

    assert second.version == first.version + 1
    assert TreeNode.objects.count() == 4
    assert set(TreeNode.objects.values_list("version", flat=True)) == {second.version}
    assert {**first.figures} == {**second.figures}


def test_two_builds_at_once_are_one(may):
    tree = build.build(may)
    ShareTree.objects.update(building_until=timezone.now() + timedelta(minutes=1))

    assert build.build(may).version == tree.version
    ShareTree.objects.update(building_until=timezone.now() - timedelta(minutes=1))
    assert build.build(may).version == tree.version + 1


def test_a_friend_who_shares_on_without_signing_up_is_a_branch_without_a_name(may):
    ann_link = ShareLink.objects.get(contact__first_name="Ann")
    child = sharing.press_on(ann_link, "telegram").share_link
    visit(child, 2)

    tree = build.build(may)

    node = tree.nodes.get(contact=None)
    assert (node.parent.contact.first_name, node.generation, node.visits) == ("Ann", 2, 2)
    assert tree.figures["generations"][0]["next"] == 2


def test_a_voided_referral_is_no_friend_and_a_returned_order_no_money(may):
    referrals.void(Referral.objects.get(friend__first_name="Fay"), "the same person", by="a test")
    conversions.record_order(
        "shop", "A-1", amount_minor=5990, returned_minor=5990, currency="EUR", ordered_at=timezone.now()
    )

    tree, people = tree_of(may)

    assert "Fay" not in people and people["Ann"].friends == 1
    assert words.money(tree.figures["money"]) == "—"


def test_who_came_by_another_campaign_begins_a_tree_of_her_own(may):
    june = make_letter(name="June")
    press(Contact.objects.get(first_name="Dan"), june)

    tree, people = tree_of(june)

    assert (people["Dan"].generation, people["Dan"].parent) == (1, None)
    assert tree.figures["sharers"] == 1


def test_what_a_friend_makes_of_a_later_letter_belongs_to_the_tree_that_brought_her(may):
    june = make_letter(name="June")
    gil = friend(press(Contact.objects.get(first_name="Fay"), june, "x"), "Gil")
    visit(press(gil, june, "vk"), 4)

    tree, people = tree_of(may)

    assert (people["Gil"].parent.contact.first_name, people["Gil"].generation, people["Gil"].visits) == ("Fay", 3, 4)
    assert people["Ann"].branch_friends == 4
    assert tree_of(june)[1]["Gil"].generation == 2


def test_people_who_brought_each_other_close_no_ring():
    link = make_share_link()
    other = press(make_contact(email="ben@example.com", first_name="Ben"), link.campaign)
    press(link.contact, link.campaign)
    ShareLink.objects.filter(pk=link.pk).update(parent=other)
    ShareLink.objects.filter(pk=other.pk).update(parent=link)

    _tree, people = tree_of(link.campaign)

    assert sorted(node.generation for node in people.values()) == [1, 2]


def test_the_beat_builds_what_moved_and_nothing_else(may):
    assert build.refresh() == 1
    assert build.refresh() == 0

    visit(press(make_contact(email="gil@example.com", first_name="Gil"), may), 1)
    assert build.refresh() == 1


# --- What it says ----------------------------------------------------------------------------------------------------


def test_a_cascade_with_known_parameters_is_recovered_within_its_intervals():
    campaign = make_letter()
    sizes, seen = grow(campaign, seeds=400, k=0.35, visitors=2.5, hours=30)

    tree = build.build(campaign)

    rows = tree.figures["generations"]
    assert [row["sharers"] for row in rows if row["sharers"]] == sizes
    k = words.overall(tree.figures)
    low, high = k.interval
    assert low < 0.35 < high and high - low < 0.15
    first = Ratio(rows[0]["next"], rows[0]["sharers"], rows[0]["squares"]).interval
    assert first[0] < 0.35 < first[1]
    assert tree.figures["visits"] == seen
    assert abs(seen / tree.figures["confirmed_links"] - 2.5) < 0.25
    assert tree.figures["cycle_hours"] == 30
    shown = words.said(tree.figures)
    assert shown.is_ranked and shown.next_step == ""
    assert "–" in shown.figures[0].doubt and "1,000 lead to" in shown.figures[0].doubt


@pytest.mark.parametrize("k", [0.02, 0.3, 1.2])
def test_the_interval_of_k_holds_the_truth_about_as_often_as_it_says(k):
    told = random.Random(7)
    held = 0
    for _round in range(300):
        children = [poisson(told, k) for _parent in range(100)]
        low, high = Ratio(sum(children), 100, sum(n * n for n in children)).interval
        held += low <= k <= high
    assert held >= 0.92 * 300


def test_where_few_bring_all_the_interval_is_wider():
    even, uneven = Ratio(100, 100, 100).interval, Ratio(100, 100, 10_000).interval

    assert even == pytest.approx((0.822, 1.216), abs=0.001)
    assert uneven[1] - uneven[0] > 5 * (even[1] - even[0])
    assert Ratio(0, 100).interval == (0.0, pytest.approx(0.0384, abs=0.0001))
    assert Ratio(0, 0).interval == (0.0, None)


def test_the_multiplier_and_the_median():
    assert multiplier(0.2) == pytest.approx(1.25)
    assert multiplier(1.0) is None
    assert (median([]), median([3, 1, 2]), median([1, 2, 3, 4])) == (None, 2, 2.5)


def test_nothing_shared_says_what_to_do(desk):
    page = desk.get(reverse("admin:social_sharelink_tree", args=[make_letter().pk])).content.decode()

    assert "Nobody has shared this yet." in page and "What helps" in page
    assert "fan-figure" not in page


def test_three_shares_rank_no_network_and_show_no_k(desk, may):
    press(make_contact(email="gil@example.com", first_name="Gil"), may, "x")

    page = desk.get(reverse("admin:social_sharelink_tree", args=[may.pk])).content.decode()

    assert "3 people shared" in page and "too few to say" in page
    assert "too few to rank networks, so they stand by name" in page
    assert page.index("Bluesky</td>") < page.index("WhatsApp</td>") < page.index("X</td>")
    assert "lead to" not in page


# --- How it opens ----------------------------------------------------------------------------------------------------


def test_the_tree_opens_branch_by_branch(desk, may):
    page = desk.get(reverse("admin:social_sharelink_tree", args=[may.pk])).content.decode()
    ann = TreeNode.objects.get(contact__first_name="Ann")
    address = f"{reverse('admin:social_sharelink_branch', args=[may.pk])}?of={ann.key}"

    drawn = page.split('id="tree"')[1].split("Who brought most herself")[0]
    assert address in drawn and "Ann" in drawn and "Dan" not in drawn
    build.build(may)  # an open page outlives a build
    part = desk.get(address, headers={"hx-request": "true"}).content.decode()
    whole = desk.get(address).content.decode()
    assert "Dan" in part and "Fay" in part and "<html" not in part
    assert "Who came through" in whole and "<html" in whole
    assert part.index("Dan") < part.index("Fay"), "whose branch brought more stands first"


def test_a_long_branch_comes_in_pages(desk):
    link = make_share_link()
    press(link.contact, link.campaign)
    for number in range(branches.PAGE + 3):
        friend(link, f"F{number}")
    Referral.objects.update(state="approved")  # more than twenty a day are looked at first
    tree = build.build(link.campaign)
    ann = branches.roots(tree).nodes[0]

    first, rest = branches.below(tree, ann.pk), branches.below(tree, ann.pk, branches.PAGE)

    assert (len(first.nodes), first.more, len(rest.nodes), rest.more) == (branches.PAGE, True, 3, False)
    assert not {one.pk for one in first.nodes} & {one.pk for one in rest.nodes}
    page = desk.get(f"{reverse('admin:social_sharelink_branch', args=[link.campaign.pk])}?of=x&start=-1")
    assert page.status_code == 200


def test_the_trees_are_listed_and_kept_from_who_may_not_see_shares(client, may):
    build.build(may)
    client.force_login(make_user(username="zoe", is_superuser=False))
    assert client.get(reverse("admin:social_sharelink_trees")).status_code == 403

    client.force_login(make_user())
    assert "3 friends signed up" in client.get(reverse("admin:social_sharelink_trees")).content.decode()


def test_a_contacts_page_says_who_brought_her_and_whom_she_brought(may):
    build.build(may)
    dan = {str(panel.title): panel for panel in profile.panels(Contact.objects.get(first_name="Dan"))}
    eve = {str(panel.title): panel for panel in profile.panels(Contact.objects.get(first_name="Eve"))}
    ann = {str(panel.title): panel for panel in profile.panels(Contact.objects.get(first_name="Ann"))}

    assert "Ann" in dan["Who brought her"].rows[0][0] and "Eve" in dan["Whom she brought"].rows[0][0]
    assert [("Dan" in row[0], "Ann" in row[0]) for row in eve["Who brought her"].rows] == [(True, False), (False, True)]
    figures = {str(label): value for label, value in ann["Shares and friends"].figures}
    assert (figures["friends brought"], figures["with her friends' friends"]) == (2, 3)


def test_the_campaigns_report_leads_to_its_tree(may):
    from campaigns.reports import campaign_report

    (shared,) = [step for step in campaign_report(may).funnel if step.key == "shared"]
    assert shared.url == reverse("admin:social_sharelink_tree", args=[may.pk])


def test_an_erased_person_leaves_a_branch_without_a_name(desk, may):
    build.build(may)
    Contact.objects.get(first_name="Ann").delete()

    page = desk.get(reverse("admin:social_sharelink_tree", args=[may.pk]))

    assert page.status_code == 200 and "Ann" not in page.content.decode()


def test_her_own_link_on_her_phone_counts_nothing_for_the_tree(may):
    before = build.build(may).figures["visits"]
    visits.mark_sharer(ShareLink.objects.get(contact__first_name="Ann"), "192.0.2.1", "iPhone")

    assert build.build(may).figures["visits"] == before
    assert not Event.objects.filter(kind="earned_visit", contact__first_name="Ann").exists()
