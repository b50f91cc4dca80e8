import io
import json
import zipfile

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns.models import Delivery, Engagement, Event
from contacts import consent, identities, privacy, suppression
from contacts.models import AuditEntry, Consent, Contact, Notice, Subscription
from social.models import FanProof, Order
from tests.make import make_contact, make_delivery, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    """Ann with something in many tables."""
    topic = make_topic()
    ann = make_contact(email="ann@example.com", first_name="Ann")
    identities.attach(ann, "card", "2000123", "imported")
    identities.attach(ann, "email", "old@example.com", "confirmed")
    consent.subscribe(ann, topic, basis="consent", method="form", evidence={"ip_prefix": "192.0.2.0/24"})
    delivery = make_delivery(contact=ann)
    Event.objects.create(
        kind="click", at=timezone.now(), key="k", contact=ann, delivery=delivery, campaign=delivery.campaign,
        ip_prefix="192.0.2.0/24", user_agent="Firefox",
    )  # fmt: skip
    Engagement.objects.create(
        campaign=delivery.campaign, contact=ann, kind="click", first_at=timezone.now(), last_at=timezone.now()
    )
    Notice.objects.create(contact=ann, kind="confirm_subscription", key="k")
    Order.objects.create(
        contact=ann, source="shop", reference="1042", amount_minor=3600, currency="EUR", ordered_at=timezone.now()
    )
    FanProof.objects.create(contact=ann, network="bluesky", level=1, method="declared", verified_at=timezone.now())
    return ann


def test_every_model_with_a_path_to_a_contact_says_what_erasure_does():
    found = privacy.personal_models()
    assert {one.on_erase for one in found} == {"delete", "detach", "keep"}
    assert len(found) > 15
    for model in apps.get_models():
        blanks = getattr(model, "erase_blanks", {})
        assert set(blanks) <= {field.name for field in model._meta.concrete_fields}


def test_a_detached_row_can_lose_its_contact():
    for one in privacy.personal_models():
        if one.on_erase == "detach" and one.is_direct:
            assert all(one.model._meta.get_field(path).null for path in one.paths), one.label


def test_the_export_holds_every_table_that_knows_her(ann):
    archive = zipfile.ZipFile(io.BytesIO(privacy.export_contact(ann)))

    names = set(archive.namelist())
    assert {"contact.json", "contacts.identity.json", "contacts.consent.json", "campaigns.event.json"} <= names
    assert {"campaigns.delivery.json", "social.order.json", "social.fanproof.json", "README.txt"} <= names
    assert json.loads(archive.read("contact.json"))[0]["email"] == "ann@example.com"
    assert {row["value"] for row in json.loads(archive.read("contacts.identity.json"))} == {
        "2000123",
        "old@example.com",
    }


def test_erasure_forgets_her_keeps_the_totals_and_never_writes_again(ann):
    dan = make_contact(email="dan@example.com", referred_by=ann)

    privacy.erase_contact(ann, actor="marie")

    assert list(Contact.objects.all()) == [dan]
    dan.refresh_from_db()
    assert dan.referred_by is None
    assert not (Subscription.objects.exists() or Notice.objects.exists() or FanProof.objects.exists())
    event = Event.objects.get()
    assert (event.contact, event.ip_prefix, event.user_agent) == (None, "", "")
    assert Delivery.objects.get().contact is None and Engagement.objects.get().contact is None
    assert Order.objects.get().amount_minor == 3600
    ledger = Consent.objects.get()
    assert (ledger.contact, ledger.evidence) == (None, {}) and ledger.address_hash
    assert suppression.is_suppressed("ann@example.com") and suppression.is_suppressed("old@example.com")
    assert "ann" not in json.dumps(list(AuditEntry.objects.values("detail", "verb", "actor_label")))


def test_the_commands_hand_out_and_erase(ann, tmp_path, capsys):
    call_command("export_contact", "ANN@example.com", to=str(tmp_path / "ann.zip"))
    assert zipfile.is_zipfile(tmp_path / "ann.zip")
    with pytest.raises(CommandError, match="Say --yes"):
        call_command("erase_contact", "ann@example.com")
    call_command("erase_contact", "ann@example.com", yes=True)
    assert not Contact.objects.exists()
    for command in ("export_contact", "erase_contact"):
        with pytest.raises(CommandError, match="Nobody has this address"):
            call_command(command, "ann@example.com")
