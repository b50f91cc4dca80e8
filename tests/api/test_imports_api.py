"""A partner sends a file, follows it, and fetches people as a file."""

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile

from contacts import jobs
from contacts.models import Contact, Subscription
from tests.api.conftest import Partner
from tests.make import make_contact, make_segment, make_topic


def send(partner, content, **fields):
    file = SimpleUploadedFile("people.csv", content.encode())
    return partner.client.post("/api/v1/imports/", {"file": file, **fields}, headers=partner.headers())


def test_a_file_is_taken_in_followed_and_its_rejected_rows_fetched(partner):
    make_topic(slug="letter")
    wish = {"topic": "letter", "basis": "consent", "evidence": "form", "columns": '{"Ville": "attribute:city"}'}

    made = send(partner, "email,Ville\nann@example.com,Lyon\nnobody,x\n", **wish)
    jobs.run(made.json()["id"])
    done = partner.get(f"/api/v1/imports/{made.json()['id']}/").json()

    assert made.status_code == 202 and made.json()["columns"] == {"email": "email", "Ville": "attribute:city"}
    assert (done["state"], done["percent"], done["counts"]["created"], done["counts"]["rejected"]) == (
        "done",
        100,
        1,
        1,
    )
    assert Contact.objects.get().attributes == {"city": "Lyon"}
    assert Subscription.objects.get().state == "subscribed"
    rejected = partner.get(f"/api/v1/imports/{done['id']}/rejected/")
    assert b"nobody" in b"".join(rejected.streaming_content)


def test_what_is_wrong_with_a_file_or_wish_is_said_at_its_place(partner):
    make_topic(slug="letter")
    for content, wish, field in [
        ("colour\nred\n", {}, "file"),
        ("", {}, "file"),
        ("email\nann@example.com\n", {"source": ""}, "source"),
        ("email\nann@example.com\n", {"topic": "letter", "basis": "consent"}, "evidence"),
        ("email\nann@example.com\n", {"columns": '{"Town": "attribute:city"}'}, "columns"),
        ("email,a\nann@example.com,b\n", {"columns": '{"a": "nonsense"}'}, "columns"),
        ("email\nann@example.com\n", {"columns": '["email"]'}, "columns"),
        ("email\nann@example.com\n", {"existing": "sometimes"}, "existing"),
    ]:
        answer = send(partner, content, **wish)
        assert answer.status_code == 422 and field in answer.content.decode(), (content, wish, answer.content)
    assert not Contact.objects.exists()


def test_a_rehearsal_writes_nothing_and_a_waiting_import_can_be_stopped(partner):
    made = send(partner, "email\nann@example.com\n", dry_run="true").json()
    answer = partner.post(f"/api/v1/imports/{made['id']}/cancel/")
    assert answer.json()["state"] == "cancelled" and not Contact.objects.exists()


def test_a_segment_is_fetched_as_csv_or_xlsx(partner):
    make_contact(email="ann@example.com", language="fr")
    make_contact(email="ben@example.com", language="en")
    segment = make_segment(rules={"all": [{"field": "language", "op": "is", "value": "fr"}]})

    answer = partner.get("/api/v1/exports/", segment=segment.pk)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    sheet = partner.get("/api/v1/exports/", type="xlsx")

    assert [row["email"] for row in csv.DictReader(io.StringIO(text))] == ["ann@example.com"]
    assert sheet.content.startswith(b"PK") and "contacts.xlsx" in sheet["Content-Disposition"]
    assert partner.get("/api/v1/exports/", segment=999).status_code == 422


def test_an_import_needs_the_right_to_write_people(db):
    reader = Partner("contacts:read")
    assert send(reader, "email\nann@example.com\n").status_code == 403
    assert Partner("segments:read", owner=reader.key.owner).get("/api/v1/exports/").status_code == 403
