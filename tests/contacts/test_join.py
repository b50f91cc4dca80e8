import pytest

from contacts import consent, formkeys, upsert
from contacts.importing import upsert as importing
from contacts.importing.rows import Person
from contacts.models import Consent, Contact, Notice, SignupForm, Subscription, Suppression
from contacts.models.consent import Basis
from contacts.signup import ip_prefix
from tests.make import make_brand, make_contact, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def form():
    brand = make_brand()
    form = SignupForm.objects.create(
        brand=brand,
        slug="letter",
        name="Website",
        title={"en": "Letters", "fr": "La lettre"},
        wording={"en": "Write me."},
    )
    form.topics.add(make_topic(slug="letter", brand=brand))
    return form


def sign_up(client, **said):
    data = {"email": "Ann@Example.com", "key": formkeys.make("letter", "join"), **said}
    return client.post("/join/letter/", data, headers={"accept-language": "en"})


def test_the_page_shows_the_form_in_the_visitors_language_and_sets_no_cookie(client, form):
    page = client.get("/join/letter/", headers={"accept-language": "fr"})
    assert page.status_code == 200 and "La lettre" in page.content.decode()
    assert not page.cookies and "no-store" in page["Cache-Control"]
    assert not Contact.objects.exists()


def test_signing_up_asks_to_confirm_and_subscribes_nobody_yet(client, form):
    answer = sign_up(client, first_name="Ann", open_tracking="1")

    assert answer.status_code == 303 and answer["Location"].startswith("/join/letter/thanks/")
    assert not answer.cookies
    ann = Contact.objects.get()
    assert (ann.email, ann.first_name, ann.language, ann.open_tracking_at) == ("ann@example.com", "Ann", "en", None)
    assert Subscription.objects.get().state == "pending"
    notice = Notice.objects.get()
    assert notice.kind == "confirm_subscription"
    assert (notice.payload["topics"], notice.payload["purposes"]) == (["letter"], ["open_tracking"])
    assert not Consent.objects.exists()
    assert b"look into your mail" in client.get(answer["Location"]).content


def test_confirming_makes_the_subscription_the_consents_and_a_confirmed_address(client, form):
    sign_up(client, click_tracking="1")
    ann, notice = Contact.objects.get(), Notice.objects.get()

    consent.confirm(ann, notice.payload, evidence={"ip_prefix": "192.0.2.0/24"})
    consent.confirm(ann, notice.payload, evidence={})

    ann.refresh_from_db()
    assert ann.click_tracking_at and ann.open_tracking_at is None
    assert Subscription.objects.get().state == "subscribed"
    assert sorted(Consent.objects.values_list("purpose", flat=True)) == ["click_tracking", "email"]
    assert Consent.objects.filter(wording__startswith="Write me.", method="confirmation").count() == 2
    assert ann.identities.get().proof == "confirmed"


def test_an_address_that_is_known_gets_the_same_answer_and_keeps_its_name(client, form):
    make_contact(email="ann@example.com", first_name="Annabel")
    known, new = sign_up(client, first_name="Evil"), sign_up(client, email="dan@example.com")
    assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])
    assert Contact.objects.get(email="ann@example.com").first_name == "Annabel"


def test_an_inbox_is_not_flooded_through_the_form(client, form):
    for _ in range(3):
        sign_up(client)
    assert Notice.objects.count() == 1


def test_an_inbox_is_not_flooded_by_ever_new_wishes_either(client, form):
    slugs = [f"topic-{n}" for n in range(6)]
    form.topics.set([make_topic(slug=slug) for slug in slugs])
    for slug in slugs:
        assert sign_up(client, topic=slug).status_code == 303
    assert Notice.objects.count() == consent.MOST_REQUESTS


def test_robots_that_fill_the_hidden_field_are_thanked_and_forgotten(client, form):
    assert sign_up(client, website="https://spam.example").status_code == 303
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"email": "ann@"}, "is not an e-mail address"),
        ({"key": "1-x"}, "One more press"),
        ({"key": ""}, "One more press"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_right_is_kept(client, form, said, problem):
    page = sign_up(client, first_name="Zoé", **said)
    assert page.status_code == 400
    assert problem in page.content.decode() and 'value="Zoé"' in page.content.decode()
    assert not Contact.objects.exists()


def test_with_several_topics_one_must_be_chosen(client, form):
    form.topics.add(make_topic(slug="offers"))
    assert b"Choose at least one topic" in sign_up(client).content
    sign_up(client, topic=["offers", "foreign"])
    assert Subscription.objects.get().topic.slug == "offers"


def test_without_double_opt_in_the_press_subscribes(client, form):
    SignupForm.objects.update(is_double_opt_in=False)
    sign_up(client, open_tracking="1")
    assert Subscription.objects.get().state == "subscribed" and Contact.objects.get().open_tracking_at
    assert Consent.objects.filter(method="form").count() == 2


def test_who_left_everything_may_come_back_by_her_own_hand(client, form):
    ben = make_contact(email="ben@example.com", topic=form.topics.get())
    consent.unsubscribe(ben, None, method="one_click")
    sign_up(client, email="ben@example.com")
    assert Suppression.objects.filter(lifted_at=None).exists(), "anybody can type his address"
    assert Subscription.objects.get().state == "pending"

    consent.confirm(ben, Notice.objects.get().payload, evidence={})

    assert not Suppression.objects.filter(lifted_at=None).exists()
    assert Subscription.objects.get().state == "subscribed"


def test_a_stranger_who_types_an_address_opens_no_door_for_imports_and_partners(client, form):
    topic, other = form.topics.get(), make_topic(slug="other")
    ben = make_contact(email="ben@example.com", topic=topic)
    consent.unsubscribe(ben, None, method="one_click")
    sign_up(client, email="ben@example.com")

    for wished in (topic, other):
        wish = upsert.SubscriptionWish(wished, Basis.CONSENT, evidence={"form": "till"})
        upsert.upsert(upsert.ContactFields(email="ben@example.com", subscriptions=[wish]))
        options = importing.Options(topic=wished, basis=Basis.CONSENT, evidence={"said": "till"})
        importing.write([Person(2, "ben@example.com")], options)

    assert not Subscription.objects.filter(state="subscribed").exists()


def test_an_unknown_or_archived_form_is_not_found(client, form):
    assert client.get("/join/none/").status_code == 404
    SignupForm.objects.update(archived_at="2026-01-01T00:00Z")
    assert client.get("/join/letter/").status_code == 404


def test_evidence_holds_the_network_and_not_the_address():
    assert [ip_prefix(one) for one in ("192.0.2.77", "2001:db8:1:2::3", "?")] == ["192.0.2.0", "2001:db8:1::", ""]
