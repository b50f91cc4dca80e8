import io
import json
import zipfile

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contacts import consent, identities, jobs, profile, suppression
from contacts.models import AuditEntry, Brand, Consent, Contact, Job, Segment, Subscription, Suppression
from tests.make import make_contact, make_segment, make_topic, make_user

admin.autodiscover()
pytestmark = pytest.mark.django_db
FRENCH = {"all": [{"field": "language", "op": "is", "value": "fr"}]}


@pytest.fixture
def desk(client):
    client.force_login(make_user())
    return client


@pytest.mark.parametrize(
    "model", [model for model in admin.site._registry if model._meta.app_label == "contacts"], ids=lambda m: m.__name__
)
def test_every_list_and_form_opens(desk, model):
    ann = make_contact(topic=make_topic(), attributes={"city": "Lyon"})
    consent.give(ann, "profiling", method="form")
    make_segment()
    suppression.suppress("ben@example.com", "manual")
    name = f"admin:contacts_{model._meta.model_name}"

    assert desk.get(reverse(f"{name}_changelist")).status_code == 200
    assert desk.get(reverse(f"{name}_changelist"), {"q": "ann@example.com"}).status_code == 200
    assert desk.get(reverse(f"{name}_add")).status_code in (200, 403)
    row = model.objects.first()
    if row is not None:
        assert desk.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("term", ["ann@ex", "ANN", "smith", "Ann Smi", "2000123", "2000 123"])
def test_people_are_found_by_the_start_of_their_name_or_address_or_a_number(desk, term):
    ann = make_contact(email="ann@example.com", first_name="Ann", last_name="Smith")
    identities.attach(ann, "card", "2000123")
    make_contact(email="dan@example.com", first_name="Dan")

    page = desk.get(reverse("admin:contacts_contact_changelist"), {"q": term})
    assert [contact.pk for contact in page.context["cl"].result_list] == [ann.pk]


def test_the_list_filters_by_segment_and_topic(desk):
    segment, topic = make_segment(rules=FRENCH), make_topic()
    ann = make_contact(email="ann@example.com", language="fr")
    dan = make_contact(email="dan@example.com", language="en", topic=topic)
    url = reverse("admin:contacts_contact_changelist")

    assert [one.pk for one in desk.get(url, {"segment": segment.pk}).context["cl"].result_list] == [ann.pk]
    assert [one.pk for one in desk.get(url, {"topic": topic.slug}).context["cl"].result_list] == [dan.pk]


def test_a_contact_saved_by_hand_keeps_address_and_hash_in_step(desk):
    ann = make_contact(email="ann@example.com")
    data = {"email": "other@example.com", "first_name": "Anna", "attributes": "{}"}
    page = desk.get(reverse("admin:contacts_contact_change", args=[ann.pk]))
    for formset in page.context["inline_admin_formsets"]:
        data |= {f"{formset.formset.prefix}-TOTAL_FORMS": 0, f"{formset.formset.prefix}-INITIAL_FORMS": 0}

    answer = desk.post(reverse("admin:contacts_contact_change", args=[ann.pk]), data)

    assert answer.status_code == 302, answer.context["errors"]
    ann.refresh_from_db()
    assert (ann.first_name, ann.email) == ("Anna", "ann@example.com"), "an address is changed on its own page"
    desk.post(reverse("admin:contacts_contact_address", args=[ann.pk]), {"email": "Anna@Example.com"})
    ann.refresh_from_db()
    assert (ann.email, ann.address_hash) == ("anna@example.com", suppression.address_hash("anna@example.com"))


def test_the_profile_shows_everything_and_the_look_is_audited(desk, django_assert_max_num_queries):
    topic = make_topic()
    ann = make_contact(email="ann@example.com", first_name="Ann", language="fr", attributes={"city": "Lyon"})
    consent.subscribe(ann, topic, basis="consent", method="form")
    identities.attach(ann, "card", "2000123", "imported", "till")
    make_contact(email="dan@example.com", first_name="Dan", referred_by=ann)
    make_segment(name="French people", rules=FRENCH)

    with django_assert_max_num_queries(80):
        page = desk.get(reverse("admin:contacts_contact_profile", args=[ann.pk]))

    text = page.content.decode()
    for said in (
        "ann@example.com",
        "2000123",
        "Lyon",
        "Subscribed to Offers",
        "French people",
        "Dan",
        "not observable",
    ):
        assert said in text
    assert AuditEntry.objects.get().verb == "looked at contact"


def test_the_timeline_is_paged_and_filtered(desk):
    ann = make_contact()
    for _ in range(120):
        consent.give(ann, "profiling", method="form")
    url = reverse("admin:contacts_contact_timeline", args=[ann.pk])

    first = desk.get(url, {"kind": "consent"})
    entries = list(first.context["entries"])
    while first.context["more"]:
        first = desk.get(url, {"kind": "consent", "before": first.context["more"]})
        entries += first.context["entries"]

    assert len(entries) == 120 and entries == sorted(entries, key=lambda entry: entry.at, reverse=True)
    assert [entry.kind for entry in profile.timeline(ann, kinds=["entry"])] == ["entry"]
    assert desk.get(url, {"before": "rubbish"}).status_code == 200


def test_export_unsubscribe_and_erase_from_the_profile(desk):
    ann = make_contact(topic=make_topic())
    exported = desk.post(reverse("admin:contacts_contact_export", args=[ann.pk]))
    assert zipfile.is_zipfile(io.BytesIO(exported.content))
    desk.post(reverse("admin:contacts_contact_unsubscribe", args=[ann.pk]), {"topic": "offers"})
    assert Subscription.objects.get().state == "unsubscribed"

    url = reverse("admin:contacts_contact_erase", args=[ann.pk])
    assert desk.get(url).status_code == 200 and Contact.objects.exists()
    desk.post(url)
    assert not Contact.objects.exists() and suppression.find("ann@example.com").reason == "erased"


@pytest.mark.parametrize("name", ["export", "unsubscribe"])
def test_a_get_changes_nothing(desk, name):
    ann = make_contact(topic=make_topic())
    assert desk.get(reverse(f"admin:contacts_contact_{name}", args=[ann.pk])).status_code == 405


def test_the_pages_need_their_rights(client):
    client.force_login(make_user(is_superuser=False))
    ann = make_contact()
    for name in ("profile", "timeline", "erase"):
        assert client.get(reverse(f"admin:contacts_contact_{name}", args=[ann.pk])).status_code == 403
    assert client.get(reverse("admin:contacts_job_import")).status_code == 403
    assert client.post(reverse("admin:contacts_segment_preview"), {"rules": "{}"}).status_code == 403


def test_consents_cannot_be_changed_or_added(desk):
    row = consent.give(make_contact(), "profiling", method="form")
    assert desk.get(reverse("admin:contacts_consent_add")).status_code == 403
    desk.post(reverse("admin:contacts_consent_change", args=[row.pk]), {"is_given": ""})
    desk.post(reverse("admin:contacts_consent_delete", args=[row.pk]), {"post": "yes"})
    assert Consent.objects.get().is_given


def test_a_suppression_is_added_by_address_and_lifted_with_a_reason(desk):
    desk.post(reverse("admin:contacts_suppression_add"), {"email": "Ann@Example.com", "reason": "manual"})
    row = Suppression.objects.get()
    assert row.address_hash == suppression.address_hash("ann@example.com")
    url = reverse("admin:contacts_suppression_changelist")
    assert len(desk.get(url, {"q": "ANN@example.com"}).context["cl"].result_list) == 1

    lift = {"action": "lift", "_selected_action": [row.pk]}
    desk.post(url, lift)
    assert suppression.is_suppressed("ann@example.com")
    desk.post(url, {**lift, "reason": "asked by phone"})
    assert not suppression.is_suppressed("ann@example.com")


def test_a_segment_is_saved_only_with_rules_that_hold(desk):
    url = reverse("admin:contacts_segment_add")
    bad = desk.post(url, {"name": "VIP", "rules": '{"field": "colour", "op": "is", "value": "red"}'})
    assert "There is no field" in bad.content.decode() and not Segment.objects.exists()
    desk.post(url, {"name": "French", "rules": json.dumps(FRENCH)})
    assert Segment.objects.get().rules == FRENCH


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (json.dumps(FRENCH), "language is “French”"),
        ("", "Nobody yet"),
        ('{"all": [', "This is not JSON yet"),
        ('{"all": [{"field": "x"}]}', "all[0].field"),
        ("[" * 5000, "This is not JSON yet"),
        ("7", "A rule is wanted here"),
    ],
)
def test_the_preview_says_who_that_is_or_what_is_wrong(desk, rules, said):
    make_contact(email="ann@example.com", first_name="Ann", language="fr")
    page = desk.post(reverse("admin:contacts_segment_preview"), {"rules": rules})
    assert page.status_code == 200 and said in page.content.decode()


def upload(desk, content, name="people.csv"):
    return desk.post(reverse("admin:contacts_job_import"), {"file": SimpleUploadedFile(name, content)})


def test_an_import_by_the_desk_from_upload_to_rejected_rows(desk, django_capture_on_commit_callbacks):
    topic = make_topic()
    answer = upload(desk, "E-mail;Prénom;Ville\nann@example.com;Zoé;Évreux\nnobody;;\n".encode("cp1252"))
    assert answer.status_code == 302
    page = desk.get(answer["Location"])
    assert "Zoé" in page.content.decode()
    assert [column.target for column in page.context["columns"]] == ["email", "first_name", "attribute:ville"]

    wish = {"topic": topic.pk, "basis": "consent", "tags": "fair, 2026", "overwrite": "on", "column-2": ""}
    without = desk.post(answer["Location"], wish)
    assert "without it nobody may be written to" in without.content.decode()
    started = desk.post(answer["Location"], {**wish, "evidence": "fair in May"})
    job = Job.objects.get(kind="import")
    assert started["Location"] == reverse("admin:contacts_job_change", args=[job.pk])
    assert "hx-get" in desk.get(started["Location"]).content.decode()
    jobs.run(job.pk)

    ann = Contact.objects.get()
    assert (ann.first_name, ann.attributes, ann.tags.count()) == ("Zoé", {}, 2)
    assert Subscription.objects.get().state == "subscribed"
    done = desk.get(reverse("admin:contacts_job_progress", args=[job.pk])).content.decode()
    assert "Download the rejected rows" in done and "hx-get" not in done
    rejected = b"".join(desk.get(reverse("admin:contacts_job_rejected", args=[job.pk])).streaming_content).decode()
    assert "nobody" in rejected and rejected.startswith("line,reason,")


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\n", b"x" * 1_200_000])
def test_a_wrong_upload_is_answered_on_the_page(desk, content):
    page = upload(desk, content)
    assert page.status_code == 200 and page.context["form"].errors["file"]
    assert not Job.objects.exists()


def test_a_file_without_addresses_asks_which_column_holds_them(desk):
    answer = upload(desk, b"colour,shape\nred,round\n")
    page = desk.post(answer["Location"], {"basis": "none"})
    assert "No column holds an e-mail address" in page.content.decode()


def test_a_running_import_can_be_stopped(desk):
    job = jobs.create("import", parameters={"name": "x"}, hint=False)
    desk.post(reverse("admin:contacts_job_cancel", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_a_brands_languages_are_ticked_and_one_without_a_box_is_kept(desk):
    brand = Brand.objects.create(name="Port", slug="port", languages=["fr", "br"])
    address = f"/admin/contacts/brand/{brand.pk}/change/"
    form = desk.get(address).context["adminform"].form
    given = {name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()}

    desk.post(address, {**given, "archived_at_0": "", "archived_at_1": "", "languages": ["en", "fr"]})

    brand.refresh_from_db()
    assert brand.languages == ["en", "fr", "br"]
