"""Where to look after the demo: the desk, a mail, the pages of a subscriber, a friend, a cashier, the API.

addresses(shop, campaign)["offer"]      # → "http://localhost:8000/f/…"
"""

from __future__ import annotations

from django.conf import settings
from django.db.models import Count

from campaigns.models import Campaign, Engagement, OutboxMail
from config.demo import mails
from config.demo.mails import Letter
from config.demo.shop import Shop
from config.desk import address
from social.models import ShareLink


def addresses(shop: Shop, campaign: Campaign) -> dict[str, str]:
    """Return the addresses by name; only those that exist."""
    letters = _untouched(campaign)
    letter, other = [*letters, None, None][:2]
    link = ShareLink.objects.filter(campaign=campaign, visited_at__isnull=False).order_by("pk").first()
    fan = _busiest(campaign)
    found = {
        "desk": address("admin:index"),
        "campaign": address("admin:campaigns_campaign_change", campaign.pk),
        "report": address("admin:campaigns_campaign_report", campaign.pk),
        "fan": address("admin:contacts_contact_profile", fan) if fan else "",
        "friend": f"/v/{link.link.token}" if link else "",
        "sign_up": "/join/letter/",
        "till": "/till/",
        "api": address("api-docs"),
        "voucher": other.offer if other else "",
        **(_of(letter) if letter else {}),
    }
    return {name: settings.SITE_URL + path for name, path in found.items() if path}


def _of(letter: Letter) -> dict[str, str]:
    return {
        "mail": address("admin:campaigns_outboxmail_change", letter.pk),
        "offer": letter.offer,
        "share": letter.shares[0] if letter.shares else "",
        "unsubscribe": letter.unsubscribe,
    }


def _busiest(campaign: Campaign) -> int | None:
    """Return the contact who did most different things, friends brought included."""
    did = Engagement.objects.filter(campaign=campaign, contact__isnull=False).values("contact")
    best = did.annotate(n=Count("kind")).order_by("-n", "contact").first()
    return best["contact"] if best else None


def _untouched(campaign: Campaign) -> list[Letter]:
    """Return two mails of people who did nothing with them yet: the visitor's own to play with."""
    idle = OutboxMail.objects.filter(delivery__campaign=campaign, delivery__contact__language="en").exclude(
        delivery__contact__in=Engagement.objects.filter(campaign=campaign).values("contact")
    )
    return [mails.kept_letter(one) for one in idle.select_related("delivery").order_by("pk")[:2]]
