"""Public URLs of this floor, with and without a trailing slash: a mail program's POST must not meet a redirect."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, path

from campaigns.views import archive, confirm, hooks, pictures, preferences, tracked, unsubscribe, web


def both(route: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    """Return the route without and with a slash at its end."""
    return [path(route, view, name=name), path(f"{route}/", view)]


urlpatterns: list[URLPattern | URLResolver] = [
    path("o/<str:token>.gif", tracked.open_pixel, name="open"),
    *both("c/<str:token>/<int:number>", tracked.click, "click"),
    *both("w/<str:token>", web.page, "web_version"),
    *both("u/<str:token>", unsubscribe.page, "unsubscribe"),
    *both("p/<str:token>", preferences.page, "preferences"),
    *both("confirm/<str:token>", confirm.page, "confirm"),
    *both("hooks/<slug:provider>", hooks.receive, "hook"),
    path("archive/<slug:slug>/", archive.page, name="archive"),
    path("media/<path:name>", pictures.show, name="picture"),
]
