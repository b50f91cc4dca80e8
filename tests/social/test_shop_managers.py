"""A shop's manager writes to her shop's people only, with templates that somebody approved, under the house's cap."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from campaigns import composing
from campaigns.content import versions
from campaigns.delivery import control
from campaigns.models import Campaign, ContentBody, Delivery, EmailContent
from contacts.models import AuditEntry, Segment
from social.models import Place
from tests.make import make_contact, make_place, make_segment, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db
TEXT = [{"id": "b1", "type": "text", "html": "<p>Come and taste on Saturday.</p>"}, {"id": "b9", "type": "footer"}]
BEGIN = "/admin/campaigns/campaign/add/"
MAILS = "/admin/campaigns/emailcontent/"


def member(name, *roles):
    user = make_user(username=name, is_superuser=False)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def ines():
    return member("ines", "place manager")


@pytest.fixture
def port(ines):
    """Ines's shop, whose people are who speaks French: Ann and Bea; Carl speaks English."""
    topic = make_topic()
    make_sender(brand=topic.brand)
    for name, language in (("ann", "fr"), ("bea", "fr"), ("carl", "en")):
        make_contact(email=f"{name}@example.org", language=language, topic=topic)
    place = make_place(slug="port", people=make_segment(name="People of Le Port"))
    place.managers.add(ines)
    return place


@pytest.fixture
def template(port):
    return make_template("Tasting", port.brand)


def make_template(name, brand):
    content = EmailContent.objects.create(name=name, brand=brand, is_template=True)
    bodies = [ContentBody(language="en", subject="A tasting", blocks=TEXT)]
    versions.new_version(content, bodies, None)
    return content


def approved(client, *templates, press="approve"):
    client.force_login(member("paul", "approver") if not hasattr(approved, "paul") else approved.paul)
    ticked = [one.pk for one in templates]
    return client.post(MAILS, {"action": press, "_selected_action": ticked}, follow=True).content.decode()


def begun(client, who, template, **values):
    client.force_login(who)
    asked = {"name": "Saturday", "topic": make_topic().pk, "begin": f"template-{template.pk}", **values}
    return client.post(BEGIN, asked, follow=True).content.decode()


def press(client, campaign, verb):
    return client.post(f"/admin/campaigns/campaign/{campaign.pk}/do/{verb}/", follow=True).content.decode()


def rewrite(campaign, by):
    versions.new_version(campaign.content, [ContentBody(language="en", subject="All free", blocks=TEXT)], by)


def test_she_begins_with_an_approved_template_and_starts_to_her_shops_people_alone(client, ines, port, template):
    make_template("Not looked at", port.brand)
    assert "Shops may write with “Tasting”, version 1." in approved(client, template)
    client.force_login(ines)
    page = client.get(BEGIN).content.decode()
    assert "Tasting" in page and "Not looked at" not in page and "Ready letters" not in page

    page = begun(client, ines, template)
    campaign = Campaign.objects.get()
    assert campaign.within == port.people and "2 people" in page
    assert "nobody else needs to look" in page and "Yes, send" in page

    assert "The mails are going out" in press(client, campaign, "start")
    assert set(Delivery.objects.values_list("contact__email", flat=True)) == {"ann@example.org", "bea@example.org"}


def test_what_she_changes_in_the_words_asks_for_a_second_person(client, ines, port, template):
    approved(client, template)
    begun(client, ines, template)
    campaign = Campaign.objects.get()
    rewrite(campaign, ines)

    assert "A second person has to approve" in press(client, campaign, "start")
    assert not Delivery.objects.exists()

    rewrite(campaign, ines)
    versions.new_version(campaign.content, [ContentBody(language="en", subject="A tasting", blocks=TEXT)], ines)
    assert "The mails are going out" in press(client, campaign, "start"), "the template's words again, word for word"


def test_a_scheduled_start_asks_again_whether_the_words_are_the_templates(client, ines, port, template):
    approved(client, template)
    begun(client, ines, template)
    campaign = Campaign.objects.get()
    client.post(f"/admin/campaigns/campaign/{campaign.pk}/do/schedule/", {"at": "2099-01-01T10:00", "zone": ""})
    campaign.refresh_from_db()
    assert campaign.state == "scheduled"

    rewrite(campaign, ines)
    with pytest.raises(control.Refused, match="A second person has to approve"):
        control.start(campaign, "schedule")


def test_new_words_while_paused_ask_for_a_second_person_before_they_go_out(client, ines, port, template):
    approved(client, template)
    begun(client, ines, template)
    campaign = Campaign.objects.get()
    press(client, campaign, "start")
    press(client, campaign, "pause")
    rewrite(campaign, ines)

    assert "A second person has to approve" in press(client, campaign, "resume")
    campaign.refresh_from_db()
    assert campaign.state == "paused"


def test_an_approval_taken_back_no_longer_counts(client, ines, port, template):
    approved(client, template)
    begun(client, ines, template)
    writers_page = approved_by(client, "withdraw", template)

    assert "No new campaign of a shop begins with “Tasting”" in writers_page
    client.force_login(ines)
    assert "A second person has to approve" in press(client, Campaign.objects.get(), "start")
    assert "No template is approved for shops yet" in client.get(BEGIN).content.decode()


def approved_by(client, verb, *templates):
    client.force_login(type(make_user(username="boss")).objects.get(username="boss"))
    ticked = [one.pk for one in templates]
    return client.post(MAILS, {"action": verb, "_selected_action": ticked}, follow=True).content.decode()


def test_she_never_reaches_the_people_of_another_shop(client, ines, port, template):
    approved(client, template)
    lyon = make_place(slug="lyon", people=make_segment(name="People of Lyon", rules={}))
    begun(client, ines, template)
    campaign = Campaign.objects.get()
    form = {"name": "Saturday", "topic": campaign.topic_id, "within": lyon.people_id, "objective": "sales",
            "timing": "at_once", "segments": [lyon.people_id], "everyone_reason": "all"}  # fmt: skip

    client.post(reverse("admin:campaigns_campaign_change", args=[campaign.pk]), form)

    campaign.refresh_from_db()
    assert campaign.within == port.people and not campaign.segments.exists() and not campaign.everyone_reason
    with pytest.raises(control.Refused, match="not the people of your shop"):
        composing.compose(name="X", topic=make_topic(), within=lyon.people, template=template, by=ines)
    Campaign.objects.filter(pk=campaign.pk).update(within=lyon.people)
    campaign.refresh_from_db()
    with pytest.raises(control.Refused, match="people of your shop only"):
        control.start(campaign, ines)


def test_she_neither_sees_nor_touches_what_others_write(client, ines, port, template):
    theirs = composing.compose(name="House letter", topic=make_topic(), template=template, by=make_user(username="m"))
    client.force_login(ines)

    assert "House letter" not in client.get("/admin/campaigns/campaign/").content.decode()
    assert "House letter" not in client.get("/admin/campaigns/campaign/calendar/?view=month").content.decode()
    assert "House letter" not in client.get("/admin/campaigns/campaign/reports/").content.decode()
    for page in ("change", "preview", "progress", "report", "duplicate", "history"):
        name = "admin:campaigns_campaign_" + page
        call = client.post if page == "duplicate" else client.get
        assert call(reverse(name, args=[theirs.pk])).status_code in {302, 403, 404}, page
    mail = theirs.content
    for page in ("change", "history"):
        name = "admin:campaigns_emailcontent_" + page
        assert client.get(reverse(name, args=[mail.pk])).status_code in {302, 403, 404}, page
    assert client.post(f"/admin/campaigns/campaign/{theirs.pk}/do/cancel/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "draft" and Campaign.objects.count() == 1


def test_she_writes_her_own_mail_and_no_template(client, ines, port, template):
    approved(client, template)
    begun(client, ines, template)
    own = Campaign.objects.get().content
    client.force_login(ines)

    assert client.get(reverse("admin:campaigns_emailcontent_edit", args=[own.pk, "en"])).status_code == 200
    assert client.get(reverse("admin:campaigns_emailcontent_edit", args=[template.pk, "en"])).status_code == 403
    assert client.get(MAILS + "add/").status_code == 403
    other = make_template("Draft of the house", port.brand)
    assert client.get(reverse("admin:campaigns_emailcontent_edit", args=[other.pk, "en"])).status_code == 404


def test_without_a_shops_people_she_is_told_whom_to_ask(client, ines, port, template):
    approved(client, template)
    Place.objects.update(people=None)
    assert "Ask an administrator to name them at the place" in begun(client, ines, template)
    assert not Campaign.objects.exists()


def test_of_several_shops_she_names_one(client, ines, port, template):
    approved(client, template)
    lices = make_place(slug="lices", people=make_segment(name="People of Les Lices"))
    lices.managers.add(ines)

    assert "Say to whose people this goes" in begun(client, ines, template)
    begun(client, ines, template, within=lices.people_id)
    assert Campaign.objects.get().within == lices.people


def test_an_administrator_gives_a_shop_its_people_in_one_press(client, ines):
    place = make_place(slug="port")
    place.managers.add(ines)
    client.force_login(make_user(username="boss"))
    page = client.post(
        "/admin/social/place/", {"action": "propose_people", "_selected_action": [place.pk]}, follow=True
    ).content.decode()

    place.refresh_from_db()
    assert "The managers of Shop Port may write to “People of Shop Port”." in page
    assert place.people == Segment.objects.get() and place.people.rules["any"][0]["value"] == {"place": place.pk}
    assert AuditEntry.objects.filter(verb="named the people of").exists()


def test_she_cannot_name_her_shops_people_herself(client, ines, port):
    everybody = make_segment(name="Everybody", rules={})
    client.force_login(ines)
    page = client.get(reverse("admin:social_place_change", args=[port.pk])).content.decode()
    assert 'name="people"' not in page and 'name="managers"' not in page
    answer = client.post("/admin/social/place/", {"action": "propose_people", "_selected_action": [port.pk]})
    form = {"name": port.name, "slug": port.slug, "brand": port.brand_id, "people": everybody.pk}
    client.post(reverse("admin:social_place_change", args=[port.pk]), form)
    port.refresh_from_db()
    assert port.people.name == "People of Le Port" and answer.status_code in {200, 302}


def test_whoever_writes_to_everybody_may_still_keep_a_campaign_among_some(client, port, template):
    boss = make_user(username="boss")
    campaign = composing.compose(
        name="House", topic=make_topic(), template=template, everyone_reason="all asked", within=port.people, by=boss
    )
    control.start(campaign, boss)
    assert set(Delivery.objects.values_list("contact__email", flat=True)) == {"ann@example.org", "bea@example.org"}
