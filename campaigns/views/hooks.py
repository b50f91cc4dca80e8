"""The door for providers' reports: `/hooks/postmark`. Every answer is short and none says what we know."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.delivery import webhooks

logger = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's report; 404 unknown provider, 403 not believed or not set up, 400 not readable."""
    if provider not in webhooks.VIEWS:
        return HttpResponse("There is no such provider.\n", status=404, content_type="text/plain")
    if request.method == "HEAD":  # some providers look whether somebody is there
        return HttpResponse()
    try:
        webhooks.receive(request, provider)
    except webhooks.NotSetUp as why:
        logger.warning("hook=%s is not set up: %s", provider, why)
        return HttpResponse("This hook is not set up.\n", status=403, content_type="text/plain")
    except webhooks.NotBelieved:
        logger.warning("hook=%s refused: no valid signature or secret", provider)
        return HttpResponse("No valid signature or secret.\n", status=403, content_type="text/plain")
    except webhooks.NotRead:
        return HttpResponse("The body is not what this provider sends.\n", status=400, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
