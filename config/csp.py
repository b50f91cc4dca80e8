"""The content security policy: strict on every page, relaxed only under /admin/ for its theme."""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

# django-unfold ships Alpine's normal build, which evaluates expressions, and sets style attributes.
RELAXED = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class Policy(CSPMiddleware):
    """django-csp's middleware, with the relaxed directives for paths under /admin/ and for nothing else."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/"):
            parts.replace = {**(parts.replace or {}), **RELAXED}
        return parts
