"""The web version of a mail, `/w/<t>`: what everybody may see of it, in a sandbox without script."""

from __future__ import annotations

from csp.decorators import csp_exempt
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from campaigns.content import web
from campaigns.content.findings import BadContent
from campaigns.models import Campaign
from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose
from campaigns.views.visit import visit
from contacts.pages import not_found, private

# The mail is the marketer's HTML: it gets an origin of its own, no script, no form.
SANDBOX = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src * data:; "
    "style-src 'unsafe-inline'; font-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@csp_exempt()  # type: ignore[untyped-decorator, arg-type, unused-ignore]
@csrf_exempt
@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the mail without name, code or points: a link cannot tell its owner from a friend."""
    found = visit(request, token, Purpose.WEB)
    try:
        if found is not None:
            html = web.html(found.campaign, delivery=found.delivery, language=found.language, audience="public")
        else:
            html = _for_the_crowd(request, token)
    except BadContent:
        return not_found(request)
    if not html:
        return not_found(request)
    answer = private(HttpResponse(html))
    answer["Content-Security-Policy"] = SANDBOX
    return answer


def _for_the_crowd(request: HttpRequest, raw: str) -> str:
    token = tokens.read(raw, Purpose.WEB)
    campaign = Campaign.objects.filter(pk=token.campaign_id).first() if token and not token.delivery_id else None
    return web.html(campaign, language=request.GET.get("lang", ""), audience="public") if campaign else ""
