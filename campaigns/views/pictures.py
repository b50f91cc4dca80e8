"""Pictures of mails and public pages: stored under the hash of their bytes, so they may be kept for a year."""

from __future__ import annotations

import mimetypes

from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

KINDS = {"image/png", "image/jpeg", "image/webp", "image/gif"}


@require_safe
def show(request: HttpRequest, name: str) -> FileResponse:
    """Answer a picture of the public storage; anything else there is not found."""
    kind = mimetypes.guess_type(name)[0] or ""
    storage = storages["public"]
    if kind not in KINDS or not storage.exists(name):
        raise Http404
    answer = FileResponse(storage.open(name), content_type=kind)
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"  # mails show it from anywhere
    return answer
