"""What sharing adds to a contact's timeline: shares, friends' visits, friends who came, and through whom she came.

entries(7, before=now, limit=50)   # → [TimelineEntry(…, kind="share", title="Pressed share on Bluesky: May"), …]

Named in settings.TIMELINE_SOURCES. What offers add is in `social.offers.timeline`.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.profile import Panel, TimelineEntry
from social import sharing
from social.models import EarnedVisit, Referral, ShareLink, TreeNode
from social.networks import registry

FEW = 10  # people of a panel
COUNTED = (Referral.State.HELD, Referral.State.APPROVED)


def entries(contact_id: int, *, before: datetime, limit: int) -> list[TimelineEntry]:
    """Return the newest `limit` entries about her sharing before that time."""
    found = [
        *_shares(contact_id, before, limit),
        *_visits(contact_id, before, limit),
        *_friends(contact_id, before, limit),
        *_arrival(contact_id, before),
    ]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]


def network_choices() -> list[tuple[str, str]]:
    """Return (key, name) of the networks that somebody may prefer."""
    return [(key, network_name(key)) for key, _name in registry.choices()]


def network_name(key: str) -> str:
    """Return a network's name; a label that is no network's (a robot's) as it stands."""
    network = registry.networks().get(key)
    return sharing.network_name(network) if network else key.capitalize()


def _shares(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = ShareLink.objects.filter(contact=contact_id).select_related("campaign")
    pressed = rows.filter(intended_at__lt=before).order_by("-intended_at")[:limit]
    composed = rows.filter(composed_at__lt=before).order_by("-composed_at")[:limit]
    made = [
        TimelineEntry(row.intended_at, "share", _title(_("Pressed share on %s"), row), "", _page(row))
        for row in pressed
        if row.intended_at
    ]
    seen = _("the network's own robot fetched her link")
    made += [
        TimelineEntry(
            row.composed_at, "share_composed", _title(_("Share composed on %s"), row), _seen(row, seen), _page(row)
        )
        for row in composed
        if row.composed_at
    ]
    return made


def _title(words: str, row: ShareLink) -> str:
    return f"{words % network_name(row.network)}: {row.campaign.name}"


def _seen(row: ShareLink, words: str) -> str:
    if not row.observed_network:
        return words
    return f"{words}; " + _("seen on %(network)s too") % {"network": network_name(row.observed_network)}


def _visits(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = (
        EarnedVisit.objects.filter(share_link__contact=contact_id, is_sharer=False, first_at__lt=before)
        .select_related("share_link__campaign")
        .order_by("-first_at")[:limit]
    )
    return [
        TimelineEntry(
            row.first_at,
            "earned_visit",
            _title(_("Somebody came through her share on %s"), row.share_link),
            network_name(row.observed_network) if row.observed_network else "",
            _page(row.share_link),
        )
        for row in rows
    ]


def _friends(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = (
        Referral.objects.filter(sponsor=contact_id, created_at__lt=before)
        .select_related("friend")
        .order_by("-created_at")[:limit]
    )
    return [
        TimelineEntry(
            row.created_at,
            "friend",
            _("Brought a friend: %(friend)s") % {"friend": row.friend or "—"},
            str(row.get_state_display()),
            reverse("admin:social_referral_change", args=[row.pk]),
        )
        for row in rows
    ]


def _arrival(contact_id: int, before: datetime) -> list[TimelineEntry]:
    row = (
        Referral.objects.filter(friend=contact_id, created_at__lt=before)
        .select_related("sponsor", "share_link")
        .first()
    )
    if row is None:
        return []
    where = network_name(row.share_link.network) if row.share_link else ""
    title = _("Came through %(sponsor)s") % {"sponsor": row.sponsor or "—"}
    return [TimelineEntry(row.created_at, "came", title, where, reverse("admin:social_referral_change", args=[row.pk]))]


def _page(row: ShareLink) -> str:
    return reverse("admin:social_sharelink_change", args=[row.pk])


def panels(contact_id: int) -> list[Panel]:
    """Return her shares by network, each step of the ladder apart."""
    links = ShareLink.objects.filter(contact=contact_id)
    rows = list(
        links.values("network")
        .annotate(
            pressed=Count("pk", filter=Q(intended_at__isnull=False)),
            confirmed=Count("pk", filter=Q(composed_at__isnull=False) | Q(visited_at__isnull=False)),
        )
        .order_by("-confirmed", "network")
    )
    visits = EarnedVisit.objects.filter(share_link__contact=contact_id, is_sharer=False).count()
    friends = Referral.objects.filter(sponsor=contact_id, state__in=COUNTED, confirmed_at__isnull=False).count()
    branch = TreeNode.objects.filter(contact=contact_id, version=F("tree__version"))
    in_all = branch.aggregate(friends=Sum("branch_friends"))["friends"] or 0
    shares = Panel(
        title=_("Shares and friends"),
        columns=(_("network"), _("pressed"), _("confirmed")),
        rows=[(network_name(row["network"]), row["pressed"], row["confirmed"]) for row in rows],
        figures=(
            (_("friends' visits"), visits),
            (_("friends brought"), friends),
            (_("with her friends' friends"), max(friends, in_all)),
        ),
        empty=_("She has not shared anything yet. A mail with a share bar gives her the chance."),
        url=f"{reverse('admin:social_sharelink_changelist')}?contact__id__exact={contact_id}",
    )
    return [shares, *_brought(contact_id), *_through(contact_id)]


def _brought(contact_id: int) -> list[Panel]:
    """Whom she brought, with what each of them brought in turn; nothing where she brought nobody."""
    rows = list(
        Referral.objects.filter(sponsor=contact_id).select_related("friend", "share_link").order_by("-created_at")[:FEW]
    )
    if not rows:
        return []
    theirs = Referral.objects.filter(sponsor__in=[row.friend_id for row in rows if row.friend_id], state__in=COUNTED)
    turned = dict(theirs.order_by().values_list("sponsor").annotate(n=Count("pk")))
    return [
        Panel(
            title=_("Whom she brought"),
            columns=(_("person"), _("network"), _("state"), _("brought in turn")),
            rows=[
                (
                    _person(row.friend),
                    network_name(row.share_link.network) if row.share_link else "—",
                    row.get_state_display(),
                    turned.get(row.friend_id, 0),
                )
                for row in rows
            ],
            url=f"{reverse('admin:social_referral_changelist')}?sponsor__id__exact={contact_id}",
        )
    ]


def _through(contact_id: int) -> list[Panel]:
    """The way up: who brought her, who brought that one, and so on."""
    steps: list[tuple[str, str, str]] = []
    seen, at = {contact_id}, contact_id
    while len(steps) < FEW:
        row = Referral.objects.filter(friend=at).exclude(state=Referral.State.VOIDED).select_related(
            "sponsor", "share_link__campaign"
        ).first()  # fmt: skip
        if row is None:
            break
        where = row.share_link.campaign.name if row.share_link else "—"
        network = network_name(row.share_link.network) if row.share_link else "—"
        steps.append((_person(row.sponsor), network, where))
        if row.sponsor_id is None or row.sponsor_id in seen:
            break
        seen.add(row.sponsor_id)
        at = row.sponsor_id
    if not steps:
        return []
    return [Panel(title=_("Who brought her"), columns=(_("person"), _("network"), _("campaign")), rows=steps)]


def _person(contact: Contact | None) -> str:
    if contact is None:
        return _("a friend, not known")
    return format_html('<a href="{}">{}</a>', reverse("admin:contacts_contact_profile", args=[contact.pk]), contact)
