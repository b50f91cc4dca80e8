"""How the desk looks and is walked: the theme's colours, the side menu by job, and what Ctrl-K finds.

    UNFOLD = desk.UNFOLD                          # in settings.py
    navigation(request)  →  [{"title": "People", "items": [{"title": "Contacts", "link": "/admin/contacts/contact/"}]}]

The menu shows what the person may see, and nothing that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOUND_PER_KIND = 6  # rows of one kind that the command palette shows


@dataclass(frozen=True)
class Item:
    """One line of the menu: its words, where it leads (a URL name), its icon, and the permission it asks for."""

    title: str | Promise
    url_name: str
    icon: str
    permission: str = ""


def table(title: str | Promise, app: str, model: str, icon: str) -> Item:
    """Return the menu line of one model's list, for those who may view it."""
    return Item(title, f"admin:{app}_{model}_changelist", icon, f"{app}.view_{model}")


MENU: list[tuple[str | Promise, list[Item]]] = [
    ("", [Item(_("Home"), "admin:index", "home")]),
    (
        _("People"),
        [
            table(_("Contacts"), "contacts", "contact", "group"),
            table(_("Segments"), "contacts", "segment", "filter_alt"),
            table(_("Customers (RFM)"), "social", "rfmscale", "grid_view"),
            table(_("Topics"), "contacts", "topic", "sell"),
            table(_("Imports and other work"), "contacts", "job", "upload_file"),
            table(_("Sign-up forms"), "contacts", "signupform", "how_to_reg"),
        ],
    ),
    (
        _("Campaigns"),
        [
            table(_("Campaigns"), "campaigns", "campaign", "campaign"),
            table(_("Automatic mails"), "campaigns", "automation", "bolt"),
            table(_("Mails and templates"), "campaigns", "emailcontent", "mail"),
            table(_("Images"), "campaigns", "image", "image"),
            Item(_("Calendar"), "admin:campaigns_campaign_calendar", "calendar_month", "campaigns.view_campaign"),
            table(_("Outbox"), "campaigns", "outboxmail", "outbox"),
        ],
    ),
    (
        _("Social"),
        [
            table(_("Networks"), "social", "networksetting", "hub"),
            table(_("Shares"), "social", "sharelink", "share"),
            Item(_("Trees of friends"), "admin:social_sharelink_trees", "account_tree", "social.view_sharelink"),
            table(_("Hits on no link of ours"), "social", "orphanhit", "link_off"),
            table(_("Referrals"), "social", "referral", "diversity_3"),
            table(_("Referral programmes"), "social", "referralprogram", "redeem"),
            table(_("Fans"), "social", "fanproof", "favorite"),
            table(_("Words of posts"), "social", "fanword", "tag"),
            table(_("Our accounts"), "social", "brandaccount", "verified"),
            table(_("Checks with networks"), "social", "fancheck", "quiz"),
        ],
    ),
    (
        _("Offers"),
        [
            table(_("Offers"), "social", "offer", "local_activity"),
            table(_("Claims"), "social", "claim", "confirmation_number"),
            table(_("Redemptions"), "social", "redemption", "task_alt"),
            Item(_("Budgets"), "admin:social_offer_budget", "account_balance_wallet", "social.view_offer"),
            table(_("Codes"), "social", "codebatch", "password"),
            table(_("QR studio"), "social", "qrcode", "qr_code_2"),
            table(_("Places"), "social", "place", "storefront"),
            table(_("Late redemptions"), "social", "tillnote", "edit_note"),
            table(_("Fraud"), "social", "fraudcase", "gpp_maybe"),
            table(_("Fraud rules"), "social", "fraudrule", "rule"),
            Item(_("Till"), "till", "point_of_sale", "social.view_redemption"),
        ],
    ),
    (
        _("Results"),
        [
            Item(_("Reports"), "admin:campaigns_report_list", "monitoring", "campaigns.view_campaign"),
            table(_("Orders"), "social", "order", "shopping_bag"),
            table(_("Events"), "campaigns", "event", "history"),
        ],
    ),
    (
        _("Settings"),
        [
            table(_("Senders"), "campaigns", "sender", "alternate_email"),
            table(_("Relays"), "campaigns", "relaystate", "dns"),
            table(_("Pace of relays"), "campaigns", "relaypace", "speed"),
            table(_("Quiet hours and cap"), "campaigns", "pacerule", "bedtime"),
            table(_("Brands"), "contacts", "brand", "palette"),
            table(_("Team"), "auth", "user", "badge"),
            table(_("Roles"), "auth", "group", "admin_panel_settings"),
            table(_("API keys"), "config", "apikey", "key"),
            table(_("Shops"), "social", "ordersource", "storefront"),
            table(_("Webhooks"), "config", "webhookendpoint", "webhook"),
            table(_("Suppressed addresses"), "contacts", "suppression", "block"),
            table(_("Consents"), "contacts", "consent", "verified_user"),
            table(_("Audit log"), "contacts", "auditentry", "policy"),
            table(_("Sending holds"), "campaigns", "sendinghold", "front_hand"),
            Item(_("API reference"), "api-docs", "api", "config.view_apikey"),
        ],
    ),
]


def address(url_name: str, *args: object) -> str:
    """Return the URL of that name, '' where no such page exists."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side menu for the person of this request, in the theme's form: her pinned pages, then by job."""
    return [*_pinned(request), *by_job(request)]


def by_job(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu's groups with what the person may see; the line under which the page lies is active."""
    groups = [(title, list(_lines(request, items))) for title, items in MENU]
    shown = [line for _title, lines in groups for line in lines]
    here = _here(request.path, [line["link"] for line in shown])
    for line in shown:
        line["active"] = line["link"] == here
    return [{"title": title, "items": lines, "separator": bool(title)} for title, lines in groups if lines]


def _pinned(request: HttpRequest) -> list[dict[str, Any]]:
    from config.team import tools  # settings.py reads this file before there are tables

    lines = [
        {"title": one.name, "icon": "keep", "link": one.path, "active": request.get_full_path() == one.path}
        for one in tools.pins_of(request)
    ]
    return [{"title": _("Pinned"), "items": lines, "separator": False}] if lines else []


def _lines(request: HttpRequest, items: list[Item]) -> Iterator[dict[str, Any]]:
    for item in items:
        link = address(item.url_name)
        if link and (not item.permission or request.user.has_perm(item.permission)):
            yield {"title": item.title, "icon": item.icon, "link": link}


def line_of(path: str) -> str:
    """Return the URL name of the menu's line under which a page lies, '' for none."""
    links = {address(item.url_name): item.url_name for _title, items in MENU for item in items}
    return links.get(_here(path, [link for link in links if link]), "")


def title_of(url_name: str) -> str:
    """Return what the menu calls the page of that URL name, '' for one that is not in it."""
    return next((str(item.title) for _title, items in MENU for item in items if item.url_name == url_name), "")


def _here(path: str, links: list[str]) -> str:
    """Return the one link under which the page lies: the longest; Home is under none but itself."""
    home = reverse("admin:index")
    fitting = [link for link in links if path == link or (link != home and path.startswith(link))]
    return max(fitting, key=len, default="")


def crumbs(request: HttpRequest, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the way to the page as the menu says it: its group, its line, then the row; `parts` are the theme's.

    The theme's first two parts name Django's app and table; a page without them has its title alone.
    """
    for group in by_job(request):
        for line in group["items"]:
            if line["active"] and group["title"]:
                of_row = parts[2:] if parts and parts[0].get("link") else []
                own = parts if request.path != line["link"] and parts and not parts[0].get("link") else []
                return [{"title": group["title"]}, {"title": line["title"], "link": line["link"]}, *of_row, *own]
    return parts[1:] if len(parts) > 1 else parts


# --- Ctrl-K ----------------------------------------------------------------------------------------------------------


def find(request: HttpRequest, term: str) -> list[Any]:
    """Return presses, pages, people, campaigns, segments and offers whose name begins with or holds the words typed.

    Contacts are found by the beginning of address or name (contacts/searching.py).
    """
    from unfold.dataclasses import SearchResult

    results = list(_pages(request, term.strip()))
    for app, model, icon, rows in _searches(request, term.strip()):
        if not request.user.has_perm(f"{app}.view_{model}") or not address(f"admin:{app}_{model}_changelist"):
            continue
        for row in rows()[:FOUND_PER_KIND]:
            page = "profile" if model == "contact" else "change"
            link = reverse(f"admin:{app}_{model}_{page}", args=[row.pk])
            kind = str(row._meta.verbose_name)
            results.append(SearchResult(title=str(row), description=kind, link=link, icon=icon))
    return results


ACTIONS = [
    Item(_("Write a new campaign"), "admin:campaigns_campaign_add", "add", "campaigns.add_campaign"),
    Item(_("Import contacts"), "admin:contacts_job_changelist", "upload_file", "contacts.add_job"),
    Item(_("Add a contact"), "admin:contacts_contact_add", "person_add", "contacts.add_contact"),
    Item(_("Make a segment"), "admin:contacts_segment_add", "filter_alt", "contacts.add_segment"),
    Item(_("Make an offer"), "admin:social_offer_add", "local_activity", "social.add_offer"),
    Item(_("Invite somebody"), "team_invite", "mail", "auth.add_user"),
    Item(_("Start here"), "desk_start", "flag", "campaigns.add_campaign"),
    Item(_("My account"), "team_account", "account_circle"),
    Item(_("Pinned pages"), "desk_pins", "keep"),
]


def _pages(request: HttpRequest, term: str) -> Iterator[Any]:
    """Find presses and pages by any part of their words, in the reader's language."""
    from unfold.dataclasses import SearchResult

    items = [(item, _("Action")) for item in ACTIONS] + [(item, title) for title, lines in MENU for item in lines]
    fitting = [(item, where) for item, where in items if term.casefold() in str(item.title).casefold()]
    for item, where in fitting[:FOUND_PER_KIND] if term else []:
        for line in _lines(request, [item]):
            yield SearchResult(
                title=str(line["title"]), description=str(where), link=line["link"], icon=str(line["icon"])
            )


def _searches(request: HttpRequest, term: str) -> list[tuple[str, str, str, Callable[[], QuerySet[Any]]]]:
    from campaigns import writers
    from contacts.models import Segment
    from contacts.searching import beginning_with
    from social.models import Offer

    return [
        ("contacts", "contact", "person", lambda: beginning_with(term)),
        (
            "campaigns",
            "campaign",
            "campaign",
            lambda: writers.visible(request.user).filter(name__icontains=term).order_by("-id"),
        ),
        ("contacts", "segment", "filter_alt", lambda: Segment.objects.filter(name__icontains=term)),
        ("social", "offer", "local_activity", lambda: Offer.objects.filter(name__icontains=term).order_by("-id")),
    ]


# --- The theme -------------------------------------------------------------------------------------------------------

PLUM = {
    "50": "#f8f4fb",
    "100": "#f1eaf7",
    "200": "#e2d3f0",
    "300": "#cdb3e6",
    "400": "#c5a8ec",
    "500": "#b794e6",
    "600": "#5b2a86",
    "700": "#4d2372",
    "800": "#3f1d5d",
    "900": "#33184b",
    "950": "#200d31",
}
INK = {
    "50": "#faf8f5",
    "100": "#f3f0f3",
    "200": "#e4e0e8",
    "300": "#cdc8d8",
    "400": "#a7a1b5",
    "500": "#686477",
    "600": "#4a4657",
    "700": "#393545",
    "800": "#2b2737",
    "900": "#201d2a",
    "950": "#16141d",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Fanfare",
    "SITE_HEADER": "Fanfare",
    "SITE_SUBHEADER": _("social e-mailing"),
    "SITE_URL": None,
    "SITE_ICON": lambda request: static("fanfare/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("fanfare/icon.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": INK, "primary": PLUM},
    "STYLES": [lambda request: static("fanfare/admin.css")],
    "SCRIPTS": [lambda request: static("fanfare/desk.js")],
    "DASHBOARD_CALLBACK": "config.dashboard.home",
    "COMMAND": {"search_models": False, "show_history": True, "search_callback": "config.desk.find"},
    "ACCOUNT": {
        "navigation": [
            {"title": _("My account"), "link": reverse_lazy("team_account")},
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
        ]
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "config.desk.navigation",
    },
}
