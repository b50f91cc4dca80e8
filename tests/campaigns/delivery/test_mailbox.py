import pytest
from django.core.exceptions import ImproperlyConfigured

from campaigns.delivery import mailbox
from contacts.models import Suppression
from tests.campaigns.delivery.imap import Imap
from tests.campaigns.delivery.test_bounces import payload, sent

pytestmark = pytest.mark.django_db


def url(server, password="pw"):
    return f"imap://bounces:{password}@127.0.0.1:{server.port}/INBOX"


def test_the_mailbox_is_read_once_and_what_nobody_understands_stays(settings):
    row = sent()
    huge = payload("postfix_unknown", row) + b"x" * 10_000_000
    with Imap([huge, payload("words_nothing", row), payload("away_fr", row)]) as server:
        settings.BOUNCE_MAILBOX = url(server)

        first, second = mailbox.read_all(), mailbox.read_all()

        assert (dict(first), dict(second)) == ({"bounce": 1, "unknown": 1, "auto_reply": 1}, {})
        assert server.flags == {2: {"\\Seen", "\\Flagged"}}
    assert Suppression.objects.get().reason == "hard_bounce"


def test_a_mailbox_that_does_not_open_says_why_without_the_password(settings):
    with Imap([]) as server:
        for address in (url(server, "secret"), url(server).replace("INBOX", "Nowhere")):
            settings.BOUNCE_MAILBOX = address
            with pytest.raises(mailbox.MailboxAway) as why:
                mailbox.read_all()
            assert "secret" not in str(why.value)


@pytest.mark.parametrize("wrong", ["pop://a:b@host", "imaps://host", "imaps://a:b@host:x/INBOX", "nonsense"])
def test_a_wrong_address_of_the_mailbox_is_refused(wrong):
    with pytest.raises(ImproperlyConfigured, match="imaps://user:password"):
        mailbox.described(wrong)
