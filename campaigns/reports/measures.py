"""Every measure of a report: its label and what it means, in a sentence. docs/measures.md has them all."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MEASURES: dict[str, tuple[str | Promise, str | Promise]] = {
    "sent": (_("sent"), _("Mails that the receiving server took. Says nothing about inbox or spam folder.")),
    "open": (
        _("opened"),
        _("People who agreed to be measured and whose mail program loaded the pixel, each once."),
    ),
    "open_proxy": (
        _("opens by proxies"),
        _("Pixel loads by Apple, Gmail or Yahoo on somebody's behalf. Apple loads every mail, read or not."),
    ),
    "open_machine": (_("opens by machines"), _("Pixel loads by scanners and robots. They count for nothing.")),
    "click": (
        _("clicked"),
        _("People who agreed to be measured and followed a link themselves, each once. Of those measured."),
    ),
    "share_intent": (_("pressed share"), _("People who chose a network on the share page. An intent, not yet a post.")),
    "share_composed": (
        _("shares composed"),
        _("A network's own robot fetched a contact's link: a post was written. Not proof that it was published."),
    ),
    "shared": (
        _("shared, with evidence"),
        _("People whose link the network's own robot fetched, or through whose link a friend came."),
    ),
    "earned_visit": (
        _("friends' visits"),
        _("Visits to a shared link by people other than the sharer, each visitor once a day."),
    ),
    "earned_contact": (_("friends signed up"), _("New contacts who came through a shared link.")),
    "claim": (_("claimed the offer"), _("People who took the offer and got a code.")),
    "redeem": (
        _("redeemed"),
        _("People whose code was accepted at a till, in the shop or by the API, also where it was undone later."),
    ),
    "conversion": (_("bought"), _("People with an order that is credited to this campaign.")),
    "returned": (_("came back to buy"), _("People whose order credited to this campaign was not their first.")),
    "revenue": (_("revenue"), _("Net value of the orders credited to this campaign, returns taken off, one currency.")),
    "loads": (_("loads"), _("Every load or click that a person's browser made, repeats included.")),
    "people": (_("people"), _("Different contacts, exactly counted, who agreed to be measured.")),
    "control": (
        _("ordered since"),
        _("People with at least one order since the campaign began, whatever led to it; both groups alike."),
    ),
}


def label(key: str) -> str:
    """Return the measure's name."""
    return str(MEASURES[key][0])


def meaning(key: str) -> str:
    """Return what the measure says and what it does not."""
    return str(MEASURES[key][1])
