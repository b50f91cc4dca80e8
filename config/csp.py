"""The content security policy: strict on every page, relaxed under /admin/ for its theme and a little for the API."""

from __future__ import annotations

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

# Strict everywhere; `Policy` relaxes it under /admin/, where the theme's Alpine build needs eval.
DIRECTIVES: dict[str, list[str]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "frame-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
    "object-src": [NONE],
}

# django-unfold ships Alpine's normal build, which evaluates expressions, and sets style attributes.
RELAXED = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}

# Swagger's page sets style attributes.
API_PAGE, ON_API_PAGE = "/api/docs/", {"style-src": [SELF, UNSAFE_INLINE]}


class Policy(CSPMiddleware):
    """django-csp's middleware, with the relaxed directives where they are needed and nowhere else."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/"):
            parts.replace = {**(parts.replace or {}), **RELAXED}
        elif request.path_info == API_PAGE:
            parts.replace = {**(parts.replace or {}), **ON_API_PAGE}
        return parts
