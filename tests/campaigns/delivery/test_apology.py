"""A wrong link went out: pause, mend, resume, and write to exactly those who got it. Also a campaign made again.

WRONG_LINK_MAILS=10000 makes the story as large as a real one; half as many are out when somebody notices.
"""

import io
import os
import threading

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns import composing, links
from campaigns.content import versions
from campaigns.delivery import control, sender
from campaigns.models import Campaign, ContentBody, Delivery, EmailContent
from campaigns.reports import people
from campaigns.tracking import events
from contacts.models import Contact, Segment
from tests.campaigns.delivery.test_control import make_ready
from tests.make import make_brand, make_campaign, make_contact, make_segment, make_topic, make_user
from tests.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

MAILS = int(os.environ.get("WRONG_LINK_MAILS", "60"))


def words(place):
    button = f'<p><a href="https://shop.example/{place}">To the offer: {place}</a></p>'
    blocks = [{"id": "b1", "type": "text", "html": button}, {"id": "b2", "type": "footer"}]
    return ContentBody(language="en", subject=place, blocks=blocks)


def ready(n):
    topic = make_topic()
    content = EmailContent.objects.create(name="Spring", brand=make_brand())
    versions.new_version(content, [words("wrong")])
    for i in range(n):
        make_contact(email=f"fan{i}@example.com", topic=topic)
    return make_campaign(name="Spring", topic=topic, content=content, tracking=Campaign.Tracking.NONE)


def send_while(campaign, sink, *, until):
    """Send; somebody presses Pause as soon as `until` mails were taken."""
    stop = threading.Event()

    def script(phase, n, line):
        if phase == "dot" and n >= until:
            stop.set()
        return

    sink.script = script
    sender.run(campaign, stop=stop)


def taken(sink, word):
    """Who got a mail with this subject."""
    line = f"Subject: {word}\r\n".encode()
    return sorted(to for to, mail in zip(sink.recipients, sink.messages, strict=True) if line in mail)


def test_a_wrong_link_is_mended_for_the_rest_and_an_apology_goes_to_exactly_those_who_got_it(relay_to):
    campaign = ready(MAILS)
    with Sink() as sink:
        relay_to(sink)
        control.start(campaign, "marie")
        send_while(campaign, sink, until=MAILS * 2 // 5)
        control.pause(campaign, "wrong link", "marie")
        sender.run(campaign)
        wrong = taken(sink, "wrong")
        assert MAILS * 2 // 5 <= len(wrong) < MAILS, "a pause in the middle"

        versions.new_version(campaign.content, [words("right")])
        control.resume(campaign, "marie")
        sink.script = lambda phase, n, line: None
        sender.run(campaign)
        right = taken(sink, "right")
        everybody = sorted(Contact.objects.values_list("email", flat=True))
        assert sorted(wrong + right) == everybody and taken(sink, "wrong") == wrong, "each one mail, none twice"

        apology = composing.write_to(campaign, [people.save_version(campaign, 1)], "marie")
        versions.new_version(apology.content, [words("sorry")])
        control.start(apology, "marie")
        sender.run(apology)

        assert taken(sink, "sorry") == wrong
    assert Delivery.objects.filter(campaign=campaign, state="sent").count() == MAILS
    print(f"\n{MAILS} mails: {len(wrong)} wrong, {len(right)} right, {len(wrong)} apologies to the same {len(wrong)}")


def sent(campaign, person, version=None):
    return Delivery.objects.create(
        campaign=campaign, contact=person, state="sent", sent_at=timezone.now(), content_version=version
    )


def test_a_duplicate_is_a_draft_with_the_same_people_and_a_mail_of_its_own():
    vips, staff = make_segment(name="VIPs"), make_segment(name="Staff")
    campaign = make_ready(2, holdout_percent=10, pace_per_hour=900, priority=1)
    campaign.segments.set([vips])
    campaign.excluded_segments.set([staff])
    Campaign.objects.filter(pk=campaign.pk).update(state="cancelled", scheduled_at=timezone.now(), paused_reason="no")
    campaign.refresh_from_db()

    copied = composing.duplicate(campaign, make_user())

    assert (copied.state, copied.scheduled_at, copied.paused_reason, copied.name) == ("draft", None, "", "Copy of May")
    assert list(copied.segments.all()) == [vips] and list(copied.excluded_segments.all()) == [staff]
    assert (copied.holdout_percent, copied.pace_per_hour, copied.priority) == (10, 900, 1)
    assert (copied.topic, copied.sender) == (campaign.topic, campaign.sender)
    versions.new_version(copied.content, [words("other")])
    assert campaign.content.versions.count() == 1 and copied.content.versions.count() == 2


def test_a_campaign_without_a_mail_and_with_the_longest_name_is_duplicated_too():
    copied = composing.duplicate(make_campaign(name="x" * 120), "marie")

    assert copied.content is None and len(copied.name) == 120


@pytest.fixture
def desk(client):
    client.force_login(make_user())
    return client


@pytest.fixture
def read():
    """A campaign under way: fan0 was sent version 1 and followed its link, fan1 was sent version 2."""
    campaign = make_ready(3)
    first = campaign.content.versions.get()
    versions.publish(first)
    second = versions.new_version(campaign.content, [words("right")])
    versions.publish(second)
    Campaign.objects.filter(pk=campaign.pk).update(state="paused", started_at=timezone.now(), holdout_percent=10)
    campaign.refresh_from_db()
    fans = list(Contact.objects.order_by("pk"))
    sent(campaign, fans[0], first)
    sent(campaign, fans[1], second)
    link = links.number_for(campaign, first, "b1", "https://shop.example/wrong")
    events.record("click", key="c", contact=fans[0], campaign=campaign, link=link)
    return campaign


def audience_of(campaign):
    control.start(campaign, "marie")
    return [row.contact.email for row in campaign.deliveries.all()]


@pytest.mark.parametrize(("who", "emails"), [("version-1", ["fan0"]), ("version-2", ["fan1"]), ("link-1", ["fan0"])])
def test_one_press_writes_to_exactly_those_people_and_pressing_again_makes_no_second_segment(desk, read, who, emails):
    address = f"/admin/campaigns/campaign/{read.pk}/"
    shown = desk.get(f"{address}change/").content.decode()
    assert f'value="{who}"' in shown

    for _press in range(2):
        page = desk.post(f"{address}write-to/", {"who": who}, follow=True).content.decode()
    draft = Campaign.objects.order_by("pk").last()

    assert "change its words first" in page and draft.state == "draft" and draft.holdout_percent == 0
    assert Segment.objects.count() == 1
    assert audience_of(draft) == [f"{name}@example.com" for name in emails]


def test_nobody_to_write_to_is_said_and_makes_nothing(desk, read):
    for who in ("", "version-9", "link-77", "version-x", "contact-1", "version-²", "link-" + "9" * 40):
        page = desk.post(f"/admin/campaigns/campaign/{read.pk}/write-to/", {"who": who}, follow=True)
        assert page.status_code == 200
    assert Campaign.objects.count() == 1 and not Segment.objects.exists()
    assert desk.get(f"/admin/campaigns/campaign/{read.pk}/duplicate/").status_code == 405


def test_the_desk_duplicates_by_a_press_and_a_reader_of_reports_may_not(client, desk, read):
    page = desk.post(f"/admin/campaigns/campaign/{read.pk}/duplicate/", follow=True).content.decode()
    assert "This is the copy" in page

    client.force_login(make_user(username="reader", is_superuser=False, is_staff=True))
    for press in ("duplicate", "write-to"):
        assert client.post(f"/admin/campaigns/campaign/{read.pk}/{press}/", {"who": "version-1"}).status_code == 403
    assert Campaign.objects.count() == 2


def test_the_command_makes_the_same_drafts(read):
    out = io.StringIO()

    call_command("campaign", str(read.pk), "duplicate", stdout=out)
    call_command("campaign", str(read.pk), "write-to", "--version", "1", stdout=out)
    call_command("campaign", str(read.pk), "write-to", "--link", "1", stdout=out)

    assert "Copy of May" in out.getvalue() and out.getvalue().count("To readers of May") == 2
    with pytest.raises(CommandError, match="version 7"):
        call_command("campaign", str(read.pk), "write-to", "--version", "7")
