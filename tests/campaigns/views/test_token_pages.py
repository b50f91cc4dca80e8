"""Leave, choose, confirm: a GET changes nothing, a POST acts once, a wrong token meets one and the same answer."""

import pytest
from django.test import Client

from campaigns import links
from campaigns.models import Event
from campaigns.tracking.tokens import Purpose, make
from contacts import consent, formkeys
from contacts.models import Consent, Contact, Notice, Preference, Subscription, Suppression
from tests.make import make_contact, make_delivery, make_topic

pytestmark = pytest.mark.django_db
PAGES = {"u": Purpose.UNSUBSCRIBE, "p": Purpose.PREFERENCES, "confirm": Purpose.CONFIRM, "w": Purpose.WEB}


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def delivery():
    return make_delivery()


def token(delivery, purpose):
    return make(purpose, delivery.campaign_id, delivery.pk)


def path(delivery, page):
    return f"/{page}/{token(delivery, PAGES[page])}"


def press(client, delivery, page, **fields):
    key = formkeys.make(
        token(delivery, PAGES[page]), {"u": "unsubscribe", "p": "preferences", "confirm": "confirm"}[page]
    )
    return client.post(path(delivery, page), {"key": key, **fields})


def is_subscribed():
    return Subscription.objects.get().state == "subscribed"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_one_click_ends_the_subscription_without_redirect_or_cookie(client, delivery, slash, kind):
    body = "List-Unsubscribe=One-Click"
    if "boundary" in kind:
        body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    answer = client.post(path(delivery, "u") + slash, body, content_type=kind)

    assert answer.status_code == 200 and not answer.cookies
    assert not is_subscribed()
    assert Consent.objects.get(is_given=False).method == "one_click"


def test_one_click_repeated_a_hundred_times_changes_once(client, delivery):
    for _ in range(100):
        assert client.post(path(delivery, "u"), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Consent.objects.filter(is_given=False).count() == 1
    assert Event.objects.filter(kind="unsubscribe").count() == 1
    delivery.refresh_from_db()
    assert delivery.unsubscribed_at


def test_one_click_is_not_redirected_to_https(client, delivery, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.post(path(delivery, "u"), {"List-Unsubscribe": "One-Click"}).status_code == 200


def test_one_click_still_answers_after_the_person_was_erased(client, delivery):
    delivery.contact.delete()
    assert client.post(path(delivery, "u"), {"List-Unsubscribe": "One-Click"}).status_code == 200


@pytest.mark.parametrize("page", ["u", "p"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_get_changes_nothing_and_sets_no_cookie(client, delivery, page, method):
    answer = getattr(client, method)(path(delivery, page))
    assert answer.status_code == 200 and not answer.cookies
    assert answer["Cache-Control"] == "no-store" and answer["Referrer-Policy"] == "no-referrer"
    assert is_subscribed() and not Event.objects.exists()


def test_leaving_everything_lasts(client, delivery):
    press(client, delivery, "u", scope="all")
    assert not is_subscribed()
    assert Suppression.objects.get().reason == "unsubscribed_all"


def test_a_post_without_the_pages_key_asks_again(client, delivery):
    answer = client.post(path(delivery, "u"), {"scope": "topic"})
    assert "Press once more" in answer.content.decode()
    assert is_subscribed()


def test_pages_show_neither_name_nor_address(client, delivery):
    Contact.objects.update(first_name="Annabelle", last_name="Lopez")
    for page in ("u", "p"):
        shown = client.get(path(delivery, page)).content.decode()
        assert "Annabelle" not in shown and "Lopez" not in shown and "ann@example.com" not in shown


def test_pages_speak_the_persons_language(client, delivery):
    Contact.objects.update(language="fr")
    assert client.get(path(delivery, "u"))["Content-Language"] == "fr"


def test_preferences_change_topics_measurement_and_pause(client, delivery):
    news = make_topic(slug="news", brand=delivery.campaign.topic.brand)
    answer = press(client, delivery, "p", topic="news", measure=["open_tracking"], pause="30")

    ann = delivery.contact
    ann.refresh_from_db()
    assert answer.status_code == 200
    assert dict(ann.subscriptions.values_list("topic__slug", "state")) == {
        "news": "subscribed",
        delivery.campaign.topic.slug: "unsubscribed",
    }
    assert ann.open_tracking_at and not ann.click_tracking_at and ann.paused_until
    given = Consent.objects.get(purpose="open_tracking")
    assert given.method == "preferences" and given.wording and given.wording_hash
    assert news.pk

    press(client, delivery, "p", topic="news", pause="none")
    ann.refresh_from_db()
    assert ann.open_tracking_at is None and ann.paused_until is None


def test_confirming_subscribes_and_tells_the_hooks(client, settings, monkeypatch):
    import tests.campaigns.views.hook as hook

    settings.CONFIRMED_HOOKS = ["tests.campaigns.views.hook"]
    hook.seen.clear()
    topic, ann = make_topic(slug="letters"), make_contact()
    notice = consent.request(ann, [topic], form_slug="f", wording="Write me", language="en", evidence={}, purposes=[])
    delivery = make_delivery(contact=ann, context=notice.payload)

    assert "letters" in client.get(path(delivery, "confirm")).content.decode().lower()
    assert ann.subscriptions.get(topic=topic).state == "pending"
    press(client, delivery, "confirm")

    assert ann.subscriptions.get(topic=topic).state == "subscribed"
    assert hook.seen == [ann]


@pytest.mark.parametrize("page", [*PAGES, "c"])
def test_forged_cut_foreign_and_unknown_tokens_meet_the_same_404(client, delivery, page):
    purpose = PAGES.get(page, Purpose.CLICK)
    right = token(delivery, purpose)
    wrong = [
        right[:-1] + ("0" if right[-1] != "0" else "1"),
        right[:20],
        token(delivery, Purpose.OPEN),
        make(purpose, delivery.campaign_id, 4_000_000) if page != "c" else "0" * 32,
        "é" * 32,
        "x" * 300,
    ]
    tail = "/1" if page == "c" else ""
    answers = {(a.status_code, a.content) for raw in wrong for a in [client.get(f"/{page}/{raw}{tail}")]}
    assert len(answers) == 1 and answers.pop()[0] == 404
    if page != "c":
        assert {client.post(f"/{page}/{raw}").status_code for raw in wrong} <= {404, 405}


def test_a_click_is_redirected_and_merge_tags_are_filled_in(client, delivery):
    plain = links.number_for(delivery.campaign, None, "b1", "https://shop.example/été?x=1")
    tagged = links.number_for(delivery.campaign, None, "b2", "https://shop.example/?l={{ contact.language }}")
    Contact.objects.update(language="fr")
    click = f"/c/{make(Purpose.CLICK, delivery.campaign_id, delivery.pk)}"

    assert client.get(f"{click}/{plain.number}")["Location"] == "https://shop.example/%C3%A9t%C3%A9?x=1"
    assert client.get(f"{click}/{tagged.number}")["Location"] == "https://shop.example/?l=fr"
    assert client.get(f"{click}/99").status_code == 404


def test_a_click_on_an_ended_link_says_so(client, delivery):
    from django.utils import timezone

    link = links.number_for(delivery.campaign, None, "b1", "https://shop.example/")
    link.expires_at = timezone.now()
    link.save()
    answer = client.get(f"/c/{make(Purpose.CLICK, delivery.campaign_id, delivery.pk)}/{link.number}")
    assert answer.status_code == 410 and "ended" in answer.content.decode()


def test_the_pixel_is_answered_for_any_token(client):
    answer = client.get("/o/nonsense.gif")
    assert answer.status_code == 200 and answer.content.startswith(b"GIF89a") and not answer.cookies


def test_preferences_keep_what_she_declares_and_nothing_else(client, delivery):
    said = {
        "frequency": "weekly", "hour": "19", "network": "bluesky", "motivation": ["offer", "forged"],
        "reply_within": "24", "reply_by": "email", "language": "fr", "topic": "offers",
    }  # fmt: skip
    press(client, delivery, "p", **said)
    row = Preference.objects.get()
    assert (row.frequency, row.hour, row.network, row.motivations) == ("weekly", 19, "bluesky", ["offer"])
    assert (row.reply_within_hours, row.reply_by, Contact.objects.get().language) == (24, "email", "fr")

    press(client, delivery, "p", frequency="daily", hour="99", network="myspace", reply_within="²", topic="offers")
    row = Preference.objects.get()
    assert (row.frequency, row.hour, row.network, row.reply_within_hours) == ("", None, "", None)


def test_a_reason_is_asked_after_leaving_and_may_stay_empty(client, delivery):
    assert b"Why, if you like" in press(client, delivery, "u", scope="topic").content
    assert not is_subscribed() and Subscription.objects.get().reason == ""
    assert b"Thank you" in press(client, delivery, "u", scope="topic", why="too_many").content
    assert Subscription.objects.get().reason == "Too many mails"


def test_an_old_mails_link_opens_no_data_but_mails_a_fresh_link(client, delivery):
    answer = press(client, delivery, "p", your_data="1")
    assert b"Look into your mail" in answer.content and b"ann@example.com" not in answer.content
    assert Notice.objects.get().kind == "your_data" and is_subscribed()
