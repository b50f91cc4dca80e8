"""Who agreed to what, when, by which words; and who was erased gets nothing, whatever is imported again."""

import csv

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from campaigns.delivery import audience
from contacts import basis, consent, identities, privacy, upsert
from contacts.models import AuditEntry, Consent, Contact, Subscription
from contacts.models.consent import Basis
from tests.api.conftest import AT_DOCS
from tests.make import make_brand, make_campaign, make_contact, make_topic, make_user

pytestmark = pytest.mark.django_db


def test_the_ground_of_each_brand_is_its_strongest_and_none_where_nothing_holds():
    ann, maison, cave = make_contact(), make_brand(), make_brand(slug="cave")
    consent.subscribe(ann, make_topic(), basis="customer", method="import", wording="At the till")
    consent.subscribe(ann, make_topic(slug="letter"), basis="consent", method="form", wording="Write me")
    found = {one.brand: (one.basis, one.words) for one in basis.of(ann)}
    assert found == {maison: ("consent", "Write me"), cave: ("none", "")}


def test_an_import_or_a_partner_never_brings_consent_to_measure():
    wish = upsert.SubscriptionWish(make_topic(), Basis.CONSENT, evidence={"open_tracking": True})
    ann, _new = upsert.upsert(upsert.ContactFields(email="ann@example.com", subscriptions=[wish]))
    assert (ann.open_tracking_at, ann.click_tracking_at, ann.profiling_at) == (None, None, None)


def test_the_ledger_is_exported_as_filtered_with_words_and_without_formulas(client, tmp_path):
    ann = make_contact()
    consent.subscribe(ann, make_topic(), basis="consent", method="form", wording="=HYPERLINK(1)", language="fr")
    consent.give(ann, "open_tracking", method="form", wording="Measure")
    client.force_login(make_user())

    answer = client.get(reverse("admin:contacts_consent_export"), {"purpose": "email"})

    rows = list(csv.DictReader(b"".join(answer).decode().splitlines()))
    assert [(row["email"], row["topic"], row["wording"], row["given"]) for row in rows] == [
        ("ann@example.com", "offers", "'=HYPERLINK(1)", "yes")
    ]
    assert AuditEntry.objects.filter(verb="exported consents").exists()
    identities.attach(ann, "card", "2000123")
    call_command("export_consents", to=str(tmp_path / "c.csv"), who="card:2000 123")
    assert len((tmp_path / "c.csv").read_text().splitlines()) == 3
    with pytest.raises(CommandError, match="Nobody is known"):
        call_command("export_consents", to=str(tmp_path / "c.csv"), who="nobody@example.com")


def test_one_person_is_found_by_address_card_shop_and_number():
    ann = make_contact()
    identities.attach(ann, "card", "2000123")
    identities.attach(ann, "shop", "77")
    for words in ("ANN@example.com", "card:2000 123", "shop:77", f"#{ann.pk}"):
        assert identities.look_up(words) == ann
    assert [identities.look_up(words) for words in ("", "#", "#²", "card:", "x:1")] == [None] * 5


def test_erased_imported_again_and_sent_reaches_nobody():
    topic = make_topic()
    ann = make_contact(topic=topic)
    privacy.erase_contact(ann)
    wish = upsert.SubscriptionWish(topic, Basis.CONSENT, evidence={"form": "till"})
    with pytest.raises(upsert.Erased):
        upsert.upsert(upsert.ContactFields(email="Ann@Example.com", subscriptions=[wish]))
    again = make_contact(topic=topic)  # even were a row made past every door
    campaign = make_campaign(topic=topic)
    assert audience.count(campaign).excluded == {"suppressed": 1} and audience.snapshot(campaign) == 0
    assert Contact.objects.get() == again and Subscription.objects.count() == 1
    assert Consent.objects.count() == 0


def test_every_look_of_the_team_is_audited(client):
    ann = make_contact()
    client.force_login(make_user())
    for name in ("profile", "timeline", "change"):
        client.get(reverse(f"admin:contacts_contact_{name}", args=[ann.pk]))
    client.get(f"/api/v1/contacts/{ann.pk}/timeline/", headers=AT_DOCS)
    looks = AuditEntry.objects.filter(verb="looked at contact", subject_id=ann.pk)
    assert {row.detail.get("page", "profile") for row in looks} == {"profile", "timeline", "form", "api"}
