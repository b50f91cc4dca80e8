"""The mail itself with, on each link, how many people followed it.

page(campaign, language="fr")     # → HTML of the public mail; each link wears its number and leads to its people

Shown in a sandbox. The links of the map lead to the desk, never through the tracking address: looking is not a click.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from campaigns.content import web
from campaigns.models import Campaign
from campaigns.reports import counts, words
from campaigns.reports.shapes import Rate
from campaigns.reports.tables import people_by_link

TRACKED = re.compile(r'(<a\b[^>]*?\bhref=")[^"]*/c/[0-9a-f]{32}/([0-9]{1,6})("[^>]*>)', re.IGNORECASE)
BADGE = (
    '<span style="display:inline-block;margin:0 4px;padding:2px 8px;border-radius:12px;background:#5b2a86;'
    "color:#ffffff;font:600 13px/1.5 system-ui,sans-serif;text-decoration:none;white-space:nowrap;"
    'box-shadow:0 0 0 2px #ffffff" title="{title}">{text}</span>'
)


def page(campaign: Campaign, *, language: str, address: Callable[[int], str]) -> str:
    """Return the mail as everybody sees it, each tracked link with its people of those measured.

    address  link number → where the link of the map leads.
    Raises:  BadContent when the campaign has no mail.
    """
    found = counts.read(campaign)
    measured, people = found.measured_clicks, people_by_link(campaign, found.mark)

    def badge(match: re.Match[str]) -> str:
        number = int(match[2])
        rate = Rate(people.get(number, 0), measured)
        shown = f"{words.number(rate.n)}" + ("" if rate.says_little else f" · {words.percent(rate.value or 0)} %")
        title = _("Link %(number)s: %(rate)s") % {"number": number, "rate": words.rate(rate)}
        link = f'{match[1]}{html.escape(address(number))}" target="_top{match[3]}'
        return link + BADGE.format(title=html.escape(title), text=shown)

    return TRACKED.sub(badge, web.html(campaign, language=language, audience="public"))
