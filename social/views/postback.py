"""The door of shops that post their orders: `POST /postback/<source>/`, signed, without a key or a cookie."""

from __future__ import annotations

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from social import postback
from social.conversions import BadOrder
from social.models import OrderSource

logger = logging.getLogger(__name__)

REFUSED = "Unknown shop or wrong signature. Sign the raw body with the secret shown in the desk."


@csrf_exempt
@require_POST
def receive(request: HttpRequest, source: str) -> HttpResponse:
    """Answer 204 when the order is kept, 401 for strangers, 413 for what is too long, 422 for what is no order."""
    shop = OrderSource.objects.filter(slug=source, is_active=True).first()
    try:
        body = request.body
    except RequestDataTooBig:
        body = b" " * (postback.LARGEST + 1)
    if len(body) > postback.LARGEST:
        return _problem(413, f"The body is longer than {postback.LARGEST} bytes.")
    if shop is None:
        return _problem(401, REFUSED)
    try:
        order = postback.accept(shop, body, request.headers)
    except postback.BadSignature:
        return _problem(401, REFUSED)
    except BadOrder as why:
        logger.warning("postback source=%s refused: no order", shop.pk)
        return _problem(422, str(why))
    logger.info("postback source=%s order=%s", shop.pk, order.pk)
    return HttpResponse(status=204)


def _problem(status: int, detail: str) -> JsonResponse:
    titles = {401: "Unauthorized", 413: "Content Too Large", 422: "Unprocessable Content"}
    words = {"type": "about:blank", "title": titles[status], "status": status, "detail": detail}
    return JsonResponse(words, status=status, content_type="application/problem+json")
