"""Words per language and a person's attributes are typed in fields of their own, never as JSON."""

import pytest
from django.urls import reverse

from contacts.models import Contact, SignupForm
from tests.make import make_attribute, make_brand, make_contact, make_topic

pytestmark = pytest.mark.django_db
KINDS = {"city": "text", "points": "number", "born": "date", "vip": "boolean", "likes": "list"}


def management(page):
    """The hidden fields that Django's inlines count by."""
    found = page.context["inline_admin_formsets"]
    return {f"{one.formset.prefix}-{kind}_FORMS": "0" for one in found for kind in ("TOTAL", "INITIAL")}


def edit(admin_client, person, **typed):
    address = reverse("admin:contacts_contact_change", args=[person.pk])
    page = admin_client.get(address)
    data = {"email": person.email, "language": "fr", "time_zone": "Europe/Paris", **management(page), **typed}
    return page.content.decode(), admin_client.post(address, data)


def test_each_declared_attribute_has_a_field_of_its_type_and_others_are_kept(admin_client):
    for name, kind in KINDS.items():
        make_attribute(name=name, label=name.title(), type=kind)
    ann = make_contact(email="ann@example.com", attributes={"points": 3, "likes": ["tea", "cake"], "old": "kept"})

    page, answer = edit(
        admin_client, ann, attributes_city=" Lyon ", attributes_points="12.5", attributes_born="1990-04-30",
        attributes_vip="false", attributes_likes="tea, coffee,",
    )  # fmt: skip

    assert 'value="tea, cake"' in page and 'for="id_attributes_points"' in page
    assert answer.status_code == 302, answer.context["errors"]
    assert Contact.objects.get(pk=ann.pk).attributes == {
        "old": "kept", "city": "Lyon", "points": 12.5, "born": "1990-04-30", "vip": False, "likes": ["tea", "coffee"],
    }  # fmt: skip


def test_what_is_emptied_goes_and_what_is_no_number_is_said(admin_client):
    make_attribute(name="points", label="Points", type="number")
    ann = make_contact(email="ann@example.com", attributes={"points": 3})

    _page, wrong = edit(admin_client, ann, attributes_points="many")
    assert "Enter a number." in wrong.content.decode()
    edit(admin_client, ann, attributes_points="")

    assert Contact.objects.get(pk=ann.pk).attributes == {}


def test_a_sign_up_forms_words_are_typed_per_language(admin_client):
    topic = make_topic()
    form = SignupForm.objects.create(brand=make_brand(), slug="letter", name="Letter", title={"fr": "Bonjour"})
    form.topics.add(topic)
    address = reverse("admin:contacts_signupform_change", args=[form.pk])

    page = admin_client.get(address).content.decode()
    data = {"brand": form.brand_id, "slug": "letter", "name": "Letter", "topics": [topic.pk], "title_fr": "Salut"}
    answer = admin_client.post(address, {**data, "title_en": "", "wording_en": "I agree.", "wording_fr": "D’accord."})

    assert 'value="Bonjour"' in page
    assert answer.status_code == 302
    form.refresh_from_db()
    assert form.title == {"fr": "Salut"}
    assert form.wording == {"en": "I agree.", "fr": "D’accord."}
