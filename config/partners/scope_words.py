"""What a scope lets a key do, in words for whoever gives it.

told("campaigns:send")     # → "start, pause and cancel campaigns"
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# resource → what read lets see, what write lets do; '' = nothing: orders are written by conversions:write
WORDS: dict[str, tuple[str | Promise, str | Promise]] = {
    "contacts": (_("see people, their consents and what they did"), _("add, change, import and erase people")),
    "segments": (_("see segments and who is in them"), _("make and change segments")),
    "topics": (_("see topics"), ""),
    "campaigns": (_("see campaigns and their reports"), _("write campaigns, send tests of them")),
    "deliveries": (_("see who got which mail"), ""),
    "messages": (_("see the mails that it sent to one person"), _("send a mail to one person")),
    "events": (_("see opens, clicks and the like, person by person"), ""),
    "conversions": (_("see purchases and imports of orders"), _("report purchases, orders and returns, import orders")),
    "share-links": (_("see share links"), _("make share links")),
    "referrals": (_("see who brought whom"), _("approve and void referrals")),
    "webhooks": (_("see its webhooks and their log"), _("make webhooks, send messages again")),
    "offers": (_("see offers"), _("make offers, let them run and end them")),
    "codes": (_("see codes, each worth money"), _("make and check codes")),
    "claims": (_("see who took which offer"), _("take and reserve an offer for a person")),
    "redemptions": (_("see its redemptions"), _("redeem codes")),
    "reversals": (_("see its reversals"), _("take redemptions back")),
    "places": (_("see shops"), ""),
    "qr-codes": (_("see and fetch QR codes"), _("make and lead QR codes")),
    "orders": (_("see orders with their lines"), ""),
    "fan-proofs": (_("see who proved to be a fan"), _("give and revoke proofs of fans")),
}
SEND = _("start, pause and cancel campaigns")


def told(scope: str) -> str | Promise:
    """Return what a scope lets a key do, '' for one that opens nothing."""
    resource, _colon, verb = scope.partition(":")
    return SEND if verb == "send" else WORDS[resource][verb == "write"]
