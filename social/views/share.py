"""The share page `/s/`, the friend's page `/v/` and its picture `/card/`."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse


def page(request: HttpRequest, token: str, network: str = "") -> HttpResponse:
    """GET shows the networks; POST notes the press and opens the composer."""
    raise Http404


def friend(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what was shared; POST signs the friend up."""
    raise Http404


def friend_mail(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the mail's variant for friends, inside the friend's page."""
    raise Http404


def card(request: HttpRequest, name: str) -> HttpResponse:
    """GET gives the picture of a share, JPEG 1200 × 630."""
    raise Http404
