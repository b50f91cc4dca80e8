"""Who was erased does not come back by the file she came in, and no mail goes to her."""

import pytest

from campaigns import composing
from campaigns.content import starters
from campaigns.delivery import control, sender
from campaigns.models import Campaign, OutboxMail
from contacts import privacy
from contacts.models import Contact
from tests.contacts.test_importing import adds_up, bring, rejected
from tests.make import make_brand, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db(transaction=True)

FILE = "email,first name,phone\nann@example.com,Ann,+33612345678\nAnn+x@example.com,,\nben@example.com,Ben,\n"


def test_erase_import_the_same_file_again_and_send_nothing_goes_to_the_erased():
    marie, brand = make_user(), make_brand()
    topic = make_topic(slug="letter", brand=brand)
    make_sender(brand=brand)
    wish = {"topic": topic, "basis": "consent", "evidence": "form on the website"}
    template = starters.create("announcement", brand, marie, is_template=True)

    def send(name):
        campaign = composing.compose(
            name=name, topic=topic, template=template, by=marie, everyone_reason="all of them asked for it"
        )
        control.start(campaign, marie)
        sender.run(campaign)
        assert Campaign.objects.get(pk=campaign.pk).state == "finished"
        return sorted(OutboxMail.objects.filter(delivery__campaign=campaign).values_list("recipient", flat=True))

    bring(FILE, **wish)
    assert "ann@example.com" in send("before")
    privacy.erase_contact(Contact.objects.get(email="ann@example.com"), actor="marie")
    again = bring(FILE, **wish)

    assert send("after") == ["ann+x@example.com", "ben@example.com"]
    assert adds_up(again) and (again.counts["created"], again.counts["rejected"]) == (0, 1)
    assert rejected(again)[0][2] == "ann@example.com" and "erased" in rejected(again)[0][1]
    assert not Contact.objects.filter(email="ann@example.com").exists()
    assert not Contact.objects.filter(identities__value="+33612345678").exists()
