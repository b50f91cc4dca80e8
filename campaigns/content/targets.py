"""Where a click leads when the link's target holds merge tags: filled in when it is followed, never in the mail."""

from __future__ import annotations

from campaigns.content import batch
from campaigns.content.evaluate import PLAIN, compile_program
from campaigns.content.merge import LiquidError, parse
from campaigns.content.recipients import NOBODY
from campaigns.content.rewriting import plain_address
from campaigns.models import Campaign, Delivery


def resolve(target: str, campaign: Campaign, delivery: Delivery | None = None) -> str:
    """Return the address behind a link for this delivery, or for nobody in particular; '' when there is none.

    What is filled in is percent-encoded and can change neither scheme nor site; a whole address from a contact's
    attribute must be http(s).
    """
    person = NOBODY
    if delivery is not None and delivery.contact is not None:
        person = batch.recipient_of(delivery, delivery.contact, campaign)
    values = {
        "contact": person.merge_values(),
        "campaign": {"name": campaign.name},
        "event": person.context,
        "links": {},
        "b": {},
    }
    try:
        template = parse(plain_address(target), language=person.language, autoescape=False)
        address = compile_program(template, PLAIN)(values)
    except LiquidError:
        return ""
    return address if address.startswith(("http://", "https://")) else ""
