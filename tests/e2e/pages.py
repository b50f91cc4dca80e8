"""The pages of a site by name and path, as JSON: `python -m tests.e2e.pages [NAME…]` in the site's own environment.

[{"name": "campaigns.campaign change", "path": "/admin/campaigns/campaign/3/change/", "door": "desk"}, …]
The desk's pages are found in the URLconf, each with its newest row; the public ones in a mail of the demo.
"""

import json
import os
import re
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.apps import apps  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import URLPattern, URLResolver, get_resolver  # noqa: E402

from campaigns.models import Campaign, OutboxMail  # noqa: E402
from config.demo import mails  # noqa: E402
from config.demo.addresses import _untouched  # noqa: E402
from contacts.models import Brand, SignupForm  # noqa: E402
from social.models import FanWord, ShareLink  # noqa: E402

ID = re.compile(r"<(int:pk|(?:path:|int:)?object_id)>")
ACTS = ("delete/", "history/", "autocomplete/", "jsi18n/", "logout/", "password_change/done/", "<path:", "(?P")


def walk(patterns, before=""):
    for entry in patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


def desk():
    """Yield name and path of the desk's pages that a GET can show."""
    for route in walk(get_resolver().url_patterns):
        route = re.sub(r"^\^|\$$", "", route)
        if not route.startswith("admin/") or (any(act in route for act in ACTS) and not ID.search(route)):
            continue
        if any(act in route for act in ("delete/", "history/")):
            continue
        path = filled(route)
        if path:
            yield " ".join(part for part in route.split("/")[1:] if part and "<" not in part) or "home", path


def filled(route):
    """Return the route with its newest row and a language, or None where the site has no such row."""
    parts = route.split("/")
    if ID.search(route):
        row = newest(parts[1], parts[2])
        if row is None:
            return None
        route = ID.sub(str(row.pk), route)
    route = route.replace("<str:language>", "en").replace("<slug:language>", "en")
    return None if "<" in route else "/" + route


def newest(app, model):
    """Return the row that shows most: the campaign and the person whom the demo tells of, or the newest one."""
    try:
        found = apps.get_model(app, model)._default_manager.all()
    except LookupError:
        return None
    if model == "campaign":
        return found.filter(finished_at__isnull=False, kind="campaign").first() or found.last()
    if model == "sharelink":  # the trees under its address are named by their campaign
        return Campaign.objects.filter(finished_at__isnull=False, kind="campaign").first()
    return found.order_by("pk").last()


def public():
    """Yield name and path of the pages that people outside meet, from a mail that nobody has touched yet."""
    campaign = newest("campaigns", "campaign")
    kept = next(iter(_untouched(campaign)), None)
    if kept is not None:
        mail = OutboxMail.objects.select_related("delivery").get(pk=kept.pk)
        letter = mails.kept_letter(mail)
        yield "offer", letter.offer
        yield "unsubscribe", letter.unsubscribe
        page = Client(SERVER_NAME="localhost").get(letter.unsubscribe).content.decode()
        yield "choices", next(iter(re.findall(r'href="(/p/[^"]+)"', page)), "")
        for path in letter.shares[:1]:
            yield "share", path
    link = ShareLink.objects.filter(campaign=campaign, visited_at__isnull=False).select_related("link").first()
    if link:
        yield "friend", f"/v/{link.link.token}"
    for form in SignupForm.objects.all()[:1]:
        yield "sign-up", f"/join/{form.slug}/"
        yield "sign-up thanks", f"/join/{form.slug}/thanks/"
    for brand in Brand.objects.all()[:1]:
        yield "archive", f"/archive/{brand.slug}/"
    for word in FanWord.objects.all()[:1]:
        yield "word of a post", f"/fan/{word.token}"
    yield "your data", "/your-data/"
    yield "till", "/till/"
    yield "api docs", "/api/docs/"
    yield "sign-in", "/admin/login/"
    yield "a link that nobody knows", "/u/nobody-knows-this"


def shown(client, path):
    """Say whether a GET shows a page here: not a file, a piece for htmx, a redirect, or an act that wants POST."""
    answer = client.get(path)
    is_page = answer.get("Content-Type", "").startswith("text/html") and not answer.get("Content-Disposition")
    return answer.status_code in (200, 404) and is_page and (answer.streaming or b"<html" in answer.content[:2000])


def main():
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.filter(is_superuser=True).order_by("pk").first())
    wanted = set(sys.argv[1:])
    inside = {path: name for name, path in desk() if not wanted or name in wanted}
    found = [{"name": name, "path": path, "door": "desk"} for path, name in inside.items() if shown(client, path)]
    found += [{"name": name, "path": path, "door": "public"} for name, path in public() if path]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
