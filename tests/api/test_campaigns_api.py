import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, Delivery
from tests.api.conftest import AT_DOCS, Partner
from tests.make import make_contact, make_segment, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db

BLOCKS = [
    {"id": "b1", "type": "heading", "text": "Hello {{ contact.first_name | default: 'you' }}"},
    {"id": "b2", "type": "footer"},
]
BODIES = [{"language": "en", "subject": "May", "blocks": BLOCKS}]


def draft(partner, **more):
    make_sender(brand=make_topic().brand)
    wish = {"name": "May", "topic": "offers", "everyone_reason": "all asked for it", "bodies": BODIES, **more}
    return partner.post("/api/v1/campaigns/", wish)


def test_a_campaign_goes_from_bodies_to_start_and_report_by_api_alone(partner):
    make_contact(topic=make_topic(), first_name="Ann", language="en")

    made = draft(partner)
    assert made.status_code == 201, made.json()
    path = f"/api/v1/campaigns/{made.json()['id']}/"
    check = partner.post(f"{path}check/").json()
    started = partner.post(f"{path}start/")

    assert (check["is_ready"], check["people"]) == (True, 1), check
    assert (started.status_code, started.json()["state"]) == (200, "sending"), started.json()
    assert Delivery.objects.get().state == "queued"
    report = partner.get(f"{path}report/").json()
    assert report["campaign_id"] == made.json()["id"] and report["funnel"][0]["key"] == "sent"


def test_starting_twice_is_a_conflict_but_repeating_with_the_same_key_is_not(partner):
    make_contact(topic=make_topic())
    path = f"/api/v1/campaigns/{draft(partner).json()['id']}/start/"

    answers = [partner.post(path, Idempotency_Key="go") for _time in range(2)] + [partner.post(path)]

    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert answers[2].json()["code"] == "wrong_state"
    assert Delivery.objects.count() == 1


def test_a_start_with_nobody_in_it_says_so_and_changes_nothing(partner):
    made = draft(partner)

    refused = partner.post(f"/api/v1/campaigns/{made.json()['id']}/start/")

    assert (refused.status_code, refused.json()["code"]) == (422, "not_ready")
    assert Campaign.objects.get().state == "draft"


def test_a_mail_with_an_unknown_name_is_refused_with_its_place_and_no_half_campaign_stays(partner):
    blocks = [{"id": "b1", "type": "text", "html": "<p>{{ contact.nickname }}</p>"}, {"id": "b2", "type": "footer"}]

    refused = draft(partner, bodies=[{"language": "en", "subject": "May", "blocks": blocks}])

    assert (refused.status_code, refused.json()["code"]) == (422, "bad_content")
    assert "nickname" in refused.json()["detail"]
    assert not Campaign.objects.exists()


def test_a_campaign_is_scheduled_paused_resumed_and_cancelled(partner):
    make_contact(topic=make_topic())
    path = f"/api/v1/campaigns/{draft(partner).json()['id']}/"

    partner.post(f"{path}start/")
    assert partner.post(f"{path}add-people/").status_code == 200
    taken_out = partner.post(f"{path}remove-people/", {"segment": make_segment(name="Nobody").pk})
    assert (taken_out.status_code, partner.post(f"{path}remove-people/", {"segment": 0}).status_code) == (200, 422)
    states = [
        partner.post(f"{path}pause/", {"reason": "wrong price"}).json(),
        partner.post(f"{path}resume/").json(),
        partner.post(f"{path}cancel/").json(),
    ]

    assert [answer["state"] for answer in states] == ["paused", "sending", "cancelled"]
    assert states[0]["paused_reason"] == "wrong price"


def test_schedule_needs_a_time_and_keeps_it(partner):
    make_contact(topic=make_topic())
    path = f"/api/v1/campaigns/{draft(partner).json()['id']}/schedule/"

    missing = partner.post(path)
    kept = partner.post(path, {"send_at": "2099-05-01T09:00:00Z"}).json()

    assert missing.json()["errors"][0]["pointer"] == "/send_at"
    assert (kept["state"], kept["scheduled_at"]) == ("scheduled", "2099-05-01T09:00:00Z")


def test_what_is_no_list_is_refused_where_a_list_is_asked_for(partner):
    refused = draft(partner, excluded_segments={})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/excluded_segments"


def test_writing_drafts_does_not_give_the_right_to_send():
    writer = Partner("campaigns:read", "campaigns:write")
    made = draft(writer)

    refused = writer.post(f"/api/v1/campaigns/{made.json()['id']}/start/")

    assert (made.status_code, refused.status_code) == (201, 403)
    assert "campaigns:send" in refused.json()["detail"]


def test_a_person_of_the_desk_needs_the_right_to_send_here_too(partner):
    client = Client(headers=AT_DOCS)
    writer = make_user(username="writer", is_superuser=False)
    rights = ["view_campaign", "change_campaign", "write_to_everybody"]
    writer.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(writer)
    make_contact(topic=make_topic())
    path = f"/api/v1/campaigns/{draft(partner).json()['id']}/"

    assert client.get(path).status_code == 200
    assert client.post(f"{path}start/").status_code == 403
    assert client.post("/api/v1/campaigns/", {}, "application/json").status_code == 403

    writer.user_permissions.add(*Permission.objects.filter(codename__in=["start_campaign", "add_campaign"]))
    assert client.post("/api/v1/campaigns/", {}, "application/json").status_code == 422
    assert "Ask for approval" in client.post(f"{path}start/").json()["detail"]

    writer.user_permissions.add(Permission.objects.get(codename="start_unapproved"))
    assert client.post(f"{path}start/").status_code == 200


def test_deliveries_and_events_are_read_not_written(partner):
    make_contact(topic=make_topic())
    partner.post(f"/api/v1/campaigns/{draft(partner).json()['id']}/start/")

    rows = partner.get("/api/v1/deliveries/", state="queued").json()["results"]

    assert [row["state"] for row in rows] == ["queued"]
    assert partner.get("/api/v1/events/").json()["results"] == []
    assert partner.post("/api/v1/deliveries/").status_code == partner.post("/api/v1/events/").status_code == 405


def test_only_the_failed_are_tried_again(partner):
    make_contact(topic=make_topic())
    path = f"/api/v1/campaigns/{draft(partner).json()['id']}/"
    partner.post(f"{path}start/")
    nothing = partner.post(f"{path}retry-failed/")
    Delivery.objects.update(state="failed")

    again = partner.post(f"{path}retry-failed/")

    assert (nothing.status_code, nothing.json()["code"]) == (422, "not_ready")
    assert (again.status_code, again.json()["state"], Delivery.objects.get().state) == (200, "sending", "queued")


def test_a_campaign_is_duplicated_and_its_readers_are_written_to(partner):
    make_contact(topic=make_topic())
    path = f"/api/v1/campaigns/{draft(partner).json()['id']}/"
    partner.post(f"{path}start/")
    Delivery.objects.update(state="sent", sent_at=timezone.now())

    copied, written = partner.post(f"{path}duplicate/"), partner.post(f"{path}write-to/", {"version": 1})

    assert (copied.status_code, copied.json()["state"], copied.json()["name"]) == (201, "draft", "Copy of May")
    assert (written.status_code, len(written.json()["segments"])) == (201, 1), written.json()
    check = partner.post(f"/api/v1/campaigns/{written.json()['id']}/check/").json()
    assert check["people"] == 1
    for wish in ({}, {"version": 1, "link": 1}, {"version": 8}, {"link": 8}, {"version": "x"}, {"who": 1}):
        assert partner.post(f"{path}write-to/", wish).status_code in (400, 422), wish
    assert Campaign.objects.count() == 3
