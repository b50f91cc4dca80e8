"""Ready-made automatic mails: opt-in by brand, one a cause, only to whom we may write."""

import email
import email.policy
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns import automatic as own
from campaigns.content import starters
from campaigns.delivery import automatic, notices, sender
from campaigns.models import Automation, Campaign, Delivery, Engagement, OutboxMail
from campaigns.reports import automatic as reports
from contacts import consent, suppression
from contacts.models import Brand, Notice
from tests.make import make_brand, make_campaign, make_contact, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db
PAGE = "/admin/campaigns/automation/"


@pytest.fixture
def topic():
    found = make_topic()
    make_sender(brand=found.brand)
    return found


def on(topic, kind, **fields):
    row = automatic.switch_on(automatic.of(topic.brand, kind), "marie")
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def ask(topic, address="ann@example.com"):
    ann = make_contact(email=address, first_name="Ann", language="fr")
    consent.request(ann, [topic], form_slug="shop", wording="Yes", language="fr", evidence={}, purposes=[])
    return ann


def confirm(ann):
    consent.confirm(ann, Notice.objects.get(contact=ann, kind="confirm_subscription").payload, evidence={})
    own.confirmed(ann)


def words(mail):
    return email.message_from_bytes(bytes(mail.message), policy=email.policy.default)


def test_nothing_switches_itself_on(topic):
    ask(topic)

    assert notices.drain() == 0

    assert not Campaign.objects.exists() and Notice.objects.get().drained_at is None


def test_who_waits_for_a_service_gets_it_when_it_is_switched_on(topic):
    ask(topic)
    on(topic, "confirm_subscription")

    assert notices.drain() == 1

    campaign = Campaign.objects.get()
    assert (campaign.trigger, campaign.state, campaign.topic, campaign.is_service) == (
        "confirm_subscription", "sending", topic, True,
    )  # fmt: skip
    assert Delivery.objects.get().language == "fr"


def test_every_kind_can_be_switched_on_as_it_is_in_both_languages(topic):
    for name in automatic.kinds():
        row = on(topic, name)
        assert sorted(body.language for body in row.campaign.content_version.bodies.all()) == ["en", "fr"]
        assert starters.STARTERS[automatic.kinds()[name].words].words.keys() == {"en", "fr"}

    assert Campaign.objects.filter(state="sending").count() == len(automatic.kinds()) >= 11


def test_without_a_sender_or_postal_address_it_says_what_is_missing():
    make_topic(brand=make_brand(slug="bare", postal_address=" "))
    bare = automatic.of(Brand.objects.get(slug="bare"), "welcome")
    with pytest.raises(automatic.NotPossible, match="has no sender yet"):
        automatic.switch_on(bare, "marie")

    make_sender(brand=bare.brand)
    with pytest.raises(automatic.NotPossible, match="postal address"):
        automatic.switch_on(bare, "marie")
    assert not Campaign.objects.exists()


def test_a_welcome_comes_once_whatever_is_confirmed_again(topic):
    on(topic, "welcome")
    on(topic, "confirm_subscription")
    ann = ask(topic)
    confirm(ann)
    own.confirmed(ann)
    consent.unsubscribe(ann, topic, method="preferences")
    consent.subscribe(ann, topic, basis="consent", method="confirmation")
    own.confirmed(ann)

    notices.drain()
    notices.drain()

    assert Delivery.objects.filter(campaign__trigger="welcome").count() == 1


def test_it_asks_at_the_last_moment_whether_she_may_be_written_to(topic):
    on(topic, "welcome")
    people = {name: make_contact(email=f"{name}@example.com", topic=topic) for name in ("ann", "ben", "cara", "eve")}
    for contact in people.values():
        own.confirmed(contact)
    notices.drain()
    consent.unsubscribe(people["ben"], topic, method="preferences")
    suppression.suppress("cara@example.com", "unsubscribed_all")
    people["eve"].paused_until = timezone.now() + timedelta(days=1)
    people["eve"].save()

    sender.run()

    assert [mail.recipient for mail in OutboxMail.objects.all()] == ["ann@example.com"]
    states = dict(Delivery.objects.values_list("contact__email", "state"))
    assert set(states.values()) == {"sent", "suppressed"} and states["ben@example.com"] == "suppressed"


def test_a_mail_that_is_no_service_can_be_left_like_any_other(topic):
    on(topic, "welcome")
    own.confirmed(make_contact(topic=topic))
    notices.drain()
    sender.run()

    mail = words(OutboxMail.objects.get())
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and "/u/" in mail["List-Unsubscribe"]
    assert "/u/" in mail.get_body(("plain",)).get_content()


def test_what_happened_before_the_switch_stays_without_a_mail(topic):
    row = on(topic, "welcome")
    automatic.switch_off(row, "marie")
    ann = make_contact(topic=topic)
    own.confirmed(ann)
    assert not Notice.objects.exists()
    Notice.objects.create(contact=ann, brand=topic.brand, kind="welcome", key="welcome:old")

    automatic.switch_on(automatic.of(topic.brand, "welcome"), "marie")

    assert notices.drain() == 0 and not Delivery.objects.exists()


def test_switching_off_keeps_back_what_waits(topic):
    row = on(topic, "welcome")
    own.confirmed(make_contact(topic=topic))
    notices.drain()

    automatic.switch_off(automatic.of(topic.brand, "welcome"), "marie")
    automatic.switch_on(row, "marie")
    sender.run()

    assert Delivery.objects.get().state == "cancelled" and not OutboxMail.objects.exists()


def test_the_delay_counts_from_the_cause_and_may_change_meanwhile(topic):
    row = on(topic, "welcome", delay_minutes=60)
    own.confirmed(make_contact(topic=topic))
    Notice.objects.update(created_at=timezone.now() - timedelta(minutes=59))
    assert notices.drain() == 0

    automatic.change(row, "marie", {"delay_minutes": 58})

    assert notices.drain() == 1


def test_beyond_its_cap_a_person_gets_no_more_of_it(topic):
    row = on(topic, "welcome", cap_mails=2, cap_days=7)
    ann, ben = make_contact(topic=topic), make_contact(email="ben@example.com", topic=topic)
    for n in range(4):
        automatic.cause("welcome", ann, key=f"a{n}", brand=topic.brand)
    automatic.cause("welcome", ben, key="b", brand=topic.brand)
    Delivery.objects.create(campaign=row.campaign, contact=ann, occasion="old")
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=8))

    notices.drain()

    states = Delivery.objects.exclude(occasion="old").order_by("occasion").values_list("occasion", "state")
    assert list(states) == [
        ("a0", "queued"), ("a1", "queued"), ("a2", "suppressed"), ("a3", "suppressed"), ("b", "queued"),
    ]  # fmt: skip


def test_each_brand_has_its_own_switch_and_mail(topic):
    other = make_topic(slug="other", brand=make_brand(slug="other"))
    make_sender(brand=other.brand, from_email="hello@other.example")
    on(topic, "welcome")
    on(other, "welcome")
    own.confirmed(make_contact(topic=other))

    notices.drain()
    sender.run()

    assert words(OutboxMail.objects.get())["From"].endswith("<hello@other.example>")
    with pytest.raises(automatic.control.Refused, match="answers this event already"):
        automatic.control.start(
            make_campaign(
                kind="transactional", trigger="welcome", topic=other, sender=other.brand.senders.first(),
                content=Campaign.objects.get(topic=other).content,
            ),
            "marie",
        )  # fmt: skip


# --- Birthdays ------------------------------------------------------------------------------------------------------


def born(topic, name, birthday, zone="Europe/Paris"):
    return make_contact(email=f"{name}@example.com", topic=topic, time_zone=zone, attributes={"birthday": birthday})


def congratulated():
    automatic.look(timezone.now())
    return sorted(Notice.objects.filter(kind="birthday").values_list("contact__email", flat=True))


def test_birthdays_are_met_in_each_persons_own_morning_once_a_year(topic):
    on(topic, "birthday")
    born(topic, "ann", "1990-05-12")
    born(topic, "kiri", "1985-05-12", "Pacific/Auckland")
    born(topic, "ben", "1990-05-13")
    make_contact(email="out@example.com", attributes={"birthday": "1990-05-12"})
    seen = []
    for at in ("2026-05-11T20:54", "2026-05-11T21:00", "2026-05-12T06:54", "2026-05-12T07:00", "2026-05-12T19:00"):
        with time_machine.travel(f"{at}Z", tick=False):
            seen.append(congratulated())

    assert seen == [[], ["kiri@example.com"], ["kiri@example.com"], *[["ann@example.com", "kiri@example.com"]] * 2]
    with time_machine.travel("2027-05-12T08:00Z", tick=False):
        congratulated()
    assert Notice.objects.filter(contact__email="ann@example.com").count() == 2


def test_who_was_born_on_the_29th_of_february_has_a_birthday_every_year(topic):
    on(topic, "birthday")
    born(topic, "ann", "1992-02-29")

    found = []
    for day in ("2027-02-27", "2027-02-28", "2028-02-28", "2028-02-29", "2028-03-01"):
        with time_machine.travel(f"{day}T10:00Z", tick=False):
            congratulated()
            found.append(Notice.objects.count())

    assert found == [0, 1, 1, 2, 2]


def test_a_look_that_was_killed_is_made_up_for_and_two_at_once_double_nothing(topic, monkeypatch):
    row = on(topic, "birthday")
    born(topic, "ann", "1990-05-12")
    born(topic, "ben", "1990-05-12")
    with time_machine.travel("2026-05-12T10:00Z", tick=False) as clock:
        Notice.objects.create(
            contact=born(topic, "eve", "1990-05-12"), brand=topic.brand, kind="birthday",
            key=f"birthday:{topic.brand_id}:{Delivery.objects.count()}:2026",
        )  # fmt: skip
        Automation.objects.filter(pk=row.pk).update(looked_at=timezone.now())  # it looked, and died before it wrote
        assert automatic.look(timezone.now()) == 0
        clock.shift(timedelta(minutes=6))
        assert automatic.look(timezone.now()) == 3
        Automation.objects.update(looked_at=None)
        assert automatic.look(timezone.now()) == 0

    assert Notice.objects.filter(key__endswith=":2026").count() == 4


# --- The page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(client):
    client.force_login(make_user(email="marie@brand.example"))
    return client


def test_the_page_switches_a_mail_on_and_off(desk, topic):
    assert b"Your offer ends soon" in desk.get(PAGE).content and not Automation.objects.exists()

    said = desk.post(f"{PAGE}maison/welcome/do/on/", follow=True)
    assert "“Welcome” is switched on." in said.content.decode()
    assert automatic.of(topic.brand, "welcome").is_on

    desk.post(f"{PAGE}maison/welcome/do/off/")
    assert not automatic.of(topic.brand, "welcome").is_on


def test_run_on_me_sends_each_mail_to_me_alone_and_counts_nowhere(desk, topic):
    for name in automatic.kinds():
        answer = desk.post(f"{PAGE}maison/{name}/do/run-on-me/", {"language": "fr"}, follow=True)
        assert "Sent to marie@brand.example" in answer.content.decode(), name

    mails = OutboxMail.objects.all()
    assert {mail.recipient for mail in mails} == {"marie@brand.example"} and len(mails) == len(automatic.kinds())
    texts = [words(mail).get_body(("plain",)).get_content() for mail in mails]
    assert any("7K2M9-PQRWX" in text for text in texts) and not any("{{" in text or "{%" in text for text in texts)
    assert not Delivery.objects.exists() and not Campaign.objects.filter(state="sending").exists()


def test_the_page_counts_what_came_of_each_mail(desk, topic):
    row = on(topic, "welcome")
    for n in range(3):
        contact = make_contact(email=f"p{n}@example.com", topic=topic)
        left = timezone.now() if n == 2 else None
        Delivery.objects.create(
            campaign=row.campaign, contact=contact, state="sent", sent_at=timezone.now(), unsubscribed_at=left
        )
        for kind in ["open", "click"][: n + 1]:
            Engagement.objects.create(
                campaign=row.campaign, contact=contact, kind=kind, first_at=timezone.now(), last_at=timezone.now()
            )

    counts = reports.of([row.campaign_id])[row.campaign_id]

    assert (counts.sent, counts.opened, counts.clicked, counts.unsubscribed) == (3, 3, 2, 1)
    assert desk.get(PAGE).status_code == 200


def test_delay_and_cap_change_on_a_page_of_their_own(desk, topic):
    row = on(topic, "welcome")

    answer = desk.post(f"{PAGE}{row.pk}/change/", {"delay_minutes": "1440", "cap_mails": "1", "cap_days": "30"})

    row.refresh_from_db()
    assert answer.status_code == 302 and (row.delay_minutes, row.cap_mails, row.cap_days) == (1440, 1, 30)
    assert "after 1 day" in desk.get(PAGE).content.decode()


def test_who_may_not_start_campaigns_may_not_switch(client, topic):
    client.force_login(make_user(username="eve", is_superuser=False))

    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}maison/welcome/do/on/").status_code == 403


def test_the_command_lists_and_switches(capsys, topic):
    call_command("automatic", "maison", "on", "birthday")
    call_command("automatic", "maison")
    said = capsys.readouterr().out

    assert "birthday             on   sent 0, opened 0, clicked 0, unsubscribed 0" in said and "welcome" in said
    with pytest.raises(CommandError, match="There is no automatic mail"):
        call_command("automatic", "maison", "on", "pigeon")
