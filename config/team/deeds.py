"""The audit log in words: “Marie started the campaign May offer”, in the reader's language, under today's names.

words("started campaign")     # → "a lancé la campagne"
things(entries, reader)       # → {("campaign", 12): ("May offer", "/admin/campaigns/campaign/12/change/")}

A new verb needs its words here: tests/config/test_deeds.py reads the source for verbs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import AuditEntry

VERBS: dict[str, str | Promise] = {
    "accepted the invitation of": _("accepted the invitation of"),
    "added people to campaign": _("added people to the campaign"),
    "added webhook": _("added the webhook"),
    "approved campaign": _("approved the campaign"),
    "approved template": _("approved for shops the template"),
    "approved referral": _("approved the referral"),
    "called off alarm": _("called off the alarm"),
    "cancelled campaign": _("cancelled the campaign"),
    "cancelled job": _("stopped the job"),
    "changed address of contact": _("changed the address of"),
    "changed automatic mail": _("changed the automatic mail"),
    "changed offer": _("changed the offer"),
    "changed pace": _("changed the pace of"),
    "changed pace of campaign": _("changed the pace of the campaign"),
    "changed style": _("changed the look of"),
    "changed webhook": _("changed the webhook"),
    "composed": _("began the campaign"),
    "copied": _("made a copy of"),
    "created segment": _("made the segment"),
    "downloaded QR codes": _("fetched QR codes"),
    "ended till": _("ended the till"),
    "enrolled till": _("set up the till"),
    "entered paper notes": _("entered notes on paper"),
    "erased contact": _("erased a person"),
    "exported consents": _("exported the consents of"),
    "exported contact": _("exported all that is held about"),
    "exported contacts": _("exported people"),
    "exported people of report": _("exported people of the report of"),
    "founded brand": _("set up the brand"),
    "founded sender": _("set up the sender"),
    "founded topic": _("set up the topic"),
    "gave fan proof": _("gave the proof of a fan"),
    "gave the second proof": _("gave the second proof of signing in"),
    "imported contacts": _("imported people"),
    "imported orders": _("imported orders"),
    "imported suppressions": _("imported addresses to suppress"),
    "invited": _("invited"),
    "issued API key": _("issued the API key"),
    "lifted sending hold": _("let mails go again"),
    "lifted suppression": _("lifted the suppression of an address"),
    "looked at contact": _("looked at"),
    "looked at duplicates": _("looked at the doubles"),
    "merged contact": _("merged a double into"),
    "mended": _("mended the mail of"),
    "opened fraud case": _("opened the fraud case"),
    "named the people of": _("named the people of"),
    "ordered QR codes": _("ordered QR codes"),
    "paused campaign": _("paused the campaign"),
    "placed sending hold": _("stopped all sending"),
    "played": _("told a part of the demo"),
    "published mail of campaign": _("published the mail of the campaign"),
    "put notes aside": _("put notes of tills aside"),
    "removed people from campaign": _("removed people from the campaign"),
    "removed webhook": _("removed the webhook"),
    "renewed secret of webhook": _("renewed the secret of the webhook"),
    "renewed shop secret": _("renewed the secret of the shop"),
    "replayed webhook": _("sent messages of the webhook again"),
    "resumed campaign": _("resumed the campaign"),
    "retargeted link": _("led a link elsewhere"),
    "retried failed mails": _("sent failed mails again of"),
    "reversed redemption": _("took back the redemption"),
    "revoked API key": _("revoked the API key"),
    "revoked fan proof": _("revoked the proof of a fan"),
    "rotated API key": _("renewed the API key"),
    "rotated word": _("renewed the word of a post"),
    "scheduled campaign": _("scheduled the campaign"),
    "sent a test of": _("sent a test of"),
    "settled mails in doubt": _("decided about mails in doubt of"),
    "showed till ticket": _("showed the ticket of a till"),
    "signed in": _("signed in to the desk"),
    "signed out elsewhere": _("signed out everywhere else"),
    "started campaign": _("started the campaign"),
    "suppressed address": _("suppressed an address"),
    "switched off automatic mail": _("switched off the automatic mail"),
    "switched off two-step sign-in of": _("switched off two-step sign-in of"),
    "switched off webhook": _("switched off the webhook"),
    "switched on automatic mail": _("switched on the automatic mail"),
    "switched on two-step sign-in of": _("switched on two-step sign-in of"),
    "tagged people": _("put on people the tag"),
    "took list of followers": _("took in a list of followers"),
    "unscheduled campaign": _("took back the start of the campaign"),
    "unsubscribed contact": _("unsubscribed the person"),
    "unsubscribed people": _("unsubscribed people from"),
    "untagged people": _("took off people the tag"),
    "used a recovery code of": _("used a recovery code of"),
    "voided referral": _("voided the referral"),
    "withdrew approval of template": _("took back the approval of the template"),
}
ROOMS = ("contacts", "campaigns", "social", "config", "auth")
Thing = tuple[str, str]  # its name, its address in the desk or ''


JOINED = {"device": "place", "tillticket": "place", "automation": "brand", "codebatch": "offer"}  # in their names


def things(entries: Iterable[AuditEntry], reader: User) -> dict[tuple[str, int], Thing]:
    """Return what the things of these entries are called now, by kind and number.

    Left out is what is gone, and what the reader of the log may not look at. One query a kind.
    """
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.subject_kind and entry.subject_id:
            numbers[entry.subject_kind].add(entry.subject_id)
    found: dict[tuple[str, int], Thing] = {}
    for kind, wanted in numbers.items():
        model = _model(kind)
        if model is not None and reader.has_perm(f"{model._meta.app_label}.view_{kind}"):
            rows = model._default_manager.select_related(JOINED.get(kind)).in_bulk(wanted)  # None: nothing is joined
            found |= {(kind, pk): (str(row), _address(model, pk)) for pk, row in rows.items()}
    return found


def _model(kind: str) -> type[Model] | None:
    for room in ROOMS:
        if kind in apps.all_models[room]:
            return apps.all_models[room][kind]
    return None


def _address(model: type[Model], pk: int) -> str:
    page = "profile" if model._meta.model_name == "contact" else "change"
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[pk])
    except NoReverseMatch:
        return ""


def words(verb: str) -> str:
    """Return a verb of the log in the reader's language; one that is not known as it was written."""
    return str(VERBS.get(verb, verb))
