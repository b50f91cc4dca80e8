"""The presses of a campaign's page: each calls the verb that API and command call too, and returns what was done."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.admin import steps, zones
from campaigns.delivery import control, leftovers
from campaigns.models import Campaign
from contacts.models import Segment


def start(request: HttpRequest, campaign: Campaign) -> str:
    control.start(campaign, request.user)
    return _("Started. The mails are going out.")


def schedule(request: HttpRequest, campaign: Campaign) -> str:
    at = zones.moment(request.POST.get("at", ""), request.POST.get("zone", ""))
    control.schedule(campaign, at, request.user, own_evening="own_evening" in request.POST)
    return _("Scheduled for %(at)s.") % {"at": zones.told(at)}


def unschedule(request: HttpRequest, campaign: Campaign) -> str:
    control.unschedule(campaign, request.user)
    return _("The start was taken back; the campaign is a draft again.")


def pause(request: HttpRequest, campaign: Campaign) -> str:
    control.pause(campaign, request.POST.get("reason", ""), request.user)
    return _("Paused. Mails already out stay out.")


def pace(request: HttpRequest, campaign: Campaign) -> str:
    wanted = request.POST.get("per_hour", "").strip()
    if wanted and not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 2**31):
        raise control.Refused(_("Write how many mails an hour, or nothing: as fast as the relays allow."))
    control.set_pace(campaign, int(wanted) if wanted else None, request.user)
    return _("The pace holds within five seconds.")


def resume(request: HttpRequest, campaign: Campaign) -> str:
    control.resume(campaign, request.user)
    return _("Resumed.")


def cancel(request: HttpRequest, campaign: Campaign) -> str:
    left = control.cancel(campaign, request.user)
    return _("Cancelled. %(n)s mails will never be sent.") % {"n": steps.number(left)}


def add_people(request: HttpRequest, campaign: Campaign) -> str:
    added = control.add_people(campaign, request.user)
    return _("%(n)s people were added.") % {"n": steps.number(added)}


def remove_people(request: HttpRequest, campaign: Campaign) -> str:
    chosen = request.POST.get("segment", "")
    segment = Segment.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() else None
    if segment is None:
        raise control.Refused(_("Choose the segment whose people are taken out."))
    removed = control.remove_people(campaign, segment, request.user)
    return _("%(n)s people were taken out. Who has the mail already keeps it.") % {"n": steps.number(removed)}


def resend(request: HttpRequest, campaign: Campaign) -> str:
    n = leftovers.resend_ambiguous(campaign, request.user, resend=True)
    return _("%(n)s mails in doubt are sent again.") % {"n": steps.number(n)}


def settle(request: HttpRequest, campaign: Campaign) -> str:
    n = leftovers.resend_ambiguous(campaign, request.user, resend=False)
    return _("%(n)s mails in doubt count as sent.") % {"n": steps.number(n)}


def retry_failed(request: HttpRequest, campaign: Campaign) -> str:
    n = leftovers.retry_failed(campaign, request.user)
    return ngettext("%(n)s failed mail is tried again.", "%(n)s failed mails are tried again.", n) % {
        "n": steps.number(n)
    }


VERBS: dict[str, Callable[[HttpRequest, Campaign], str]] = {
    verb.__name__.replace("_", "-"): verb
    for verb in (
        start,
        schedule,
        unschedule,
        pause,
        pace,
        resume,
        cancel,
        add_people,
        remove_people,
        resend,
        settle,
        retry_failed,
    )
}
