"""A double press of the sign-up form: two transactions that both find nobody. Only PostgreSQL lets them run at once."""

import threading

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from contacts import formkeys
from contacts.models import Contact, Notice, SignupForm
from contacts.upsert import ContactFields, upsert
from social import referrals
from social.models import Referral
from tests.make import make_share_link, make_topic

TIMES = 8


def at_once(act):
    """Return what `act` gave or raised, called by TIMES threads in the same moment."""
    gate, said = threading.Barrier(TIMES), []

    def run():
        try:
            gate.wait()
            said.append(act())
        except Exception as why:
            said.append(repr(why))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(TIMES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


if "postgresql" in settings.DATABASES["default"]["ENGINE"]:

    @pytest.mark.django_db(transaction=True)
    def test_presses_at_once_are_one_person_with_one_mail_to_confirm():
        topic = make_topic(slug="letter")
        SignupForm.objects.create(brand=topic.brand, slug="letter", name="Website").topics.add(topic)
        typed = {"email": "ann@example.com", "key": formkeys.make("letter", "join")}
        Client().get("/join/letter/")

        assert set(at_once(lambda: Client().post("/join/letter/", typed).status_code)) == {303}
        assert Contact.objects.count() == Notice.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_a_partners_calls_at_once_are_one_person():
        said = at_once(lambda: upsert(ContactFields(email="ann@example.com", first_name="Ann"))[0].email)
        assert set(said) == {"ann@example.com"} and Contact.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_a_friends_presses_at_once_are_one_referral():
        link = make_share_link()
        asked = {"email": "dan@example.com", "topics": [link.campaign.topic]}

        said = at_once(lambda: referrals.sign_up(link, **asked).pk)

        assert set(said) == {Referral.objects.get().pk}
