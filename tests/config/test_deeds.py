"""The audit log says in words who did what to which thing, in the reader's language."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User

from config.team import deeds
from contacts import audit, privacy
from tests.make import make_campaign, make_contact, make_till

ROOT = Path(__file__).resolve().parents[2]
CALL = re.compile(r"audit\.record\(\s*[^,]+,\s*(?:\"([^\"]+)\"|\"([^\"]+)\" if [^,]+ else \"([^\"]+)\")")


def test_every_verb_that_is_written_has_its_words():
    source = [path.read_text() for floor in deeds.ROOMS[:4] for path in (ROOT / floor).rglob("*.py")]
    written = {verb for text in source for found in CALL.findall(text) for verb in found if verb}

    assert len(written) > 60 and sorted(written - deeds.VERBS.keys()) == []


@pytest.mark.django_db
def test_the_log_names_things_as_they_are_called_now_and_leads_to_them(admin_client):
    campaign, ann = make_campaign(name="May offer"), make_contact(first_name="Ann", last_name="Le Goff")
    audit.record("marie", "started campaign", campaign)
    audit.record("marie", "looked at contact", ann)
    type(campaign).objects.update(name="June offer")

    page = unescape(admin_client.get("/admin/contacts/auditentry/").content.decode())
    admin_client.cookies["django_language"] = "fr"
    french = unescape(admin_client.get("/admin/contacts/auditentry/").content.decode())

    assert "started the campaign" in page and f'/campaign/{campaign.pk}/change/">June offer</a>' in page
    assert f'/contact/{ann.pk}/profile/">Ann Le Goff</a>' in page
    assert "a lancé la campagne" in french and "a regardé" in french


@pytest.mark.django_db
def test_who_was_erased_is_named_nowhere_in_it(admin_client):
    ann = make_contact(first_name="Ann", last_name="Le Goff")
    audit.record("marie", "looked at contact", ann)

    privacy.erase_contact(ann)

    page = unescape(admin_client.get("/admin/contacts/auditentry/").content.decode())
    assert "Le Goff" not in page and "erased a person" in page and f"contact {ann.pk or ''}".strip() in page


@pytest.mark.django_db
def test_who_may_read_the_log_but_not_look_at_people_reads_their_numbers_alone(client):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    ann = make_contact(first_name="Ann", last_name="Le Goff")
    audit.record("marie", "looked at contact", ann)
    client.force_login(clerk)

    page = unescape(client.get("/admin/contacts/auditentry/").content.decode())

    assert "Le Goff" not in page and f"contact {ann.pk}" in page


@pytest.mark.django_db
def test_a_page_of_the_log_asks_once_a_kind(admin_client, django_assert_max_num_queries):
    for number in range(30):
        audit.record("marie", "started campaign", make_campaign(name=f"No. {number}"))
    device, _staff = make_till()
    for number in range(10):
        device.pk, device.secret_hash = None, f"{number + 1:064x}"
        device.save()
        audit.record("marie", "enrolled till", device)

    with django_assert_max_num_queries(12):
        admin_client.get("/admin/contacts/auditentry/")
