"""A plain mail to somebody of the team: a webhook was switched off, a report is ready. It counts nowhere.

write([marie], "A webhook was switched off", "https://crm.example/hook has not answered for three days.")     # → 1
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from django.conf import settings
from django.contrib.auth.models import User

from campaigns.delivery import trial
from campaigns.models import Sender

logger = logging.getLogger(__name__)


def write(people: Iterable[User], subject: str, text: str) -> int:
    """Mail each person of the team who has an address, and return how many were written to.

    Writes:  OutboxMail where the first relay is the Outbox. A relay that refuses is logged and never stops the caller.
    """
    sender = Sender.objects.order_by("pk").first()
    usable = [one for one in settings.FANFARE_RELAYS if one["weight"] > 0]
    addresses = [person.email for person in people if person.email and person.is_active]
    if not (sender and usable and addresses):
        return 0
    mails = [(address, _message(sender, address, subject, text)) for address in dict.fromkeys(addresses)]
    try:
        trial.carry(usable[0], sender.from_email, mails)
    except trial.NotSent as why:
        logger.warning("a mail to the team was not sent: %s", why)
        return 0
    return len(mails)


def _message(sender: Sender, address: str, subject: str, text: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender.from_email, address, subject
    mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=sender.from_email.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834
    mail.set_content(text)
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
