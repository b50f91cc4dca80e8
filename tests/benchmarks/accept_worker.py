"""What `benchmark accept` serves beside Fanfare's own application: the barest answer, and the way of the peers.

granian --interface wsgi tests.benchmarks.accept_worker:bare
granian --interface wsgi tests.benchmarks.accept_worker:peer     # Django, its middleware, one ORM insert a hit
"""

import os

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
HEADERS = [("Content-Type", "image/gif"), ("Content-Length", str(len(GIF))), ("Cache-Control", "no-store")]  # as ours


def bare(environ, start_response):
    start_response("200 OK", HEADERS)
    return [GIF]


def pixel(request, token):
    from django.http import HttpResponse
    from django.utils import timezone

    from campaigns.models import Event
    from campaigns.tracking import tokens

    read = tokens.read(token, tokens.Purpose.OPEN)
    if read:
        Event.objects.create(
            kind="open",
            at=timezone.now(),
            key=os.urandom(12).hex(),
            campaign_id=read.campaign_id,
            user_agent=request.headers.get("user-agent", "")[:400],
        )
    return HttpResponse(GIF, content_type="image/gif")


def urls():
    from django.urls import path

    return [path("o/<str:token>.gif", pixel)]


def _peer():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": urls()})
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


if os.environ.get("ACCEPT_PEER"):
    peer = _peer()
