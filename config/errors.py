"""What is said of an address that is not there: to a partner's program as JSON, to people as a page.

GET /api/v1/contcats/   → 404 application/problem+json
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from contacts import problems


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the 404 of an address that no route knows."""
    if request.path_info.startswith("/api/"):
        return JsonResponse(problems.nowhere(), status=404, content_type=problems.CONTENT_TYPE)
    return defaults.page_not_found(request, exception)
