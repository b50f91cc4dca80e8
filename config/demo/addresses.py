"""Where to look after the demo: the desk, a mail, the pages of a subscriber, a friend, a cashier, the API.

addresses(shop, campaign)["offer"]      # → "http://localhost:8000/f/…"
"""

from __future__ import annotations

from django.conf import settings

from campaigns.models import Campaign, Engagement, Event, OutboxMail
from config.demo import mails
from config.demo.mails import Letter
from config.demo.shop import Shop
from config.desk import address
from social.models import ShareLink


def addresses(shop: Shop, campaign: Campaign) -> dict[str, str]:
    """Return the addresses by name; only those that exist."""
    letter = _untouched(campaign)
    fan = Engagement.objects.filter(campaign=campaign, kind=Event.Kind.REDEEM).order_by("pk").first()
    link = ShareLink.objects.filter(campaign=campaign, visited_at__isnull=False).order_by("pk").first()
    found = {
        "desk": address("admin:index"),
        "campaign": address("admin:campaigns_campaign_change", campaign.pk),
        "report": address("admin:campaigns_campaign_report", campaign.pk),
        "mail": address("admin:campaigns_outboxmail_change", letter.pk) if letter else "",
        "offer": letter.offer if letter else "",
        "share": letter.shares[0] if letter and letter.shares else "",
        "unsubscribe": letter.unsubscribe if letter else "",
        "fan": address("admin:contacts_contact_profile", fan.contact_id) if fan and fan.contact_id else "",
        "friend": f"/v/{link.link.token}" if link else "",
        "sign_up": "/join/letter/",
        "till": "/till/",
        "api": address("api-docs"),
    }
    return {name: settings.SITE_URL + path for name, path in found.items() if path}


def _untouched(campaign: Campaign) -> Letter | None:
    """Return the mail of somebody who did nothing with it yet: the visitor's own to play with."""
    idle = OutboxMail.objects.filter(delivery__campaign=campaign, delivery__contact__isnull=False).exclude(
        delivery__contact__in=Engagement.objects.filter(campaign=campaign).values("contact")
    )
    one = idle.filter(delivery__contact__language="en").select_related("delivery").order_by("pk").first()
    return mails.kept_letter(one) if one else None
