"""The friend's page: `/v/<TOKEN>` shows what was shared to people and robots, and signs the friend up in two taps.

    GET  /v/7K3M…        the page, its Open Graph tags, her advantage, the form
    GET  /v/7K3M…/mail   the mail's variant for friends, framed in the page
    POST /v/7K3M…        key=…&email=dan@example.com&newsletter=1 → a mail to confirm

The front stored the visit before Django. No cookie; the sponsor's first name only here, live, by her consent.
"""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.content import web
from campaigns.content.findings import BadContent
from contacts import askers, formkeys, signup
from contacts.addresses import BadAddress
from contacts.models import SignupForm, Topic
from contacts.pages import Page, not_found, private
from social import orphans, preview, referrals, sharing, subject, visits
from social.models import ShareLink
from social.networks import registry
from social.subject import Subject
from social.views.share import gain_of, share_link_of

TAGS_WITHIN = 32_768  # bytes: what robots read of a page
# The mail is styled inline and loads its pictures; it runs nothing and is shown in our own frame only.
MAIL_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": [SELF, "https:", "data:"],
    "script-src": [NONE],
    "connect-src": [NONE],
    "font-src": [NONE],
    "frame-src": [NONE],
    "manifest-src": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "base-uri": [NONE],
}


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was shared; on POST sign the friend up."""
    share_link = share_link_of(token)
    if share_link is None:
        orphans.note("v", token, request)
        return not_found(request)
    agent = request.headers.get("User-Agent", "")
    shown = Page(
        request,
        subject.brand_of(share_link.campaign),
        contact_language=share_link.contact.language if share_link.contact else "",
        written=[body.language for body in subject.bodies_of(share_link.campaign)],
        prefers_browser=not registry.robot_label(agent),  # a robot draws the card for the sharer's friends
    )
    about = subject.of(share_link.campaign, shown.language, share_link.block)
    if sharing.is_over(share_link):
        return shown.answer(
            "public/friend_over.html", {"subject": about, "join": join_of(about), "next": share_link.link.fallback}, 410
        )
    if request.method == "POST":
        return _sign_up(request, shown, about, share_link)
    is_own = visits.is_sharer(share_link, request.META.get("REMOTE_ADDR", ""), agent)
    return _show(shown, about, share_link, {"is_own": is_own})


def _show(shown: Page, about: Subject, share_link: ShareLink, more: dict[str, Any], status: int = 200) -> HttpResponse:
    token = str(share_link.link.token)
    advantage = about.advantage if about.advantage and not about.advantage.is_over else None
    context = {
        "subject": about,
        "advantage": advantage,
        "was_advantage": about.advantage if advantage is None else None,
        "robots": about.brand.friend_robots,
        "topic": share_link.campaign.topic,
        "sponsor": sponsor_name(share_link),
        "gain": gain_of(about) if share_link.contact_id else {},
        "url": sharing.address(share_link.link),
        "card": preview.ensure(about, subject.hero_of(share_link.campaign, shown.language)),
        "width": preview.WIDTH,
        "height": preview.HEIGHT,
        "on_url": f"/v/{token}/on?lang={shown.language}",
        "mail_url": f"/v/{token}/mail?lang={shown.language}",
        "form_key": formkeys.make(token, "friend"),
        **more,
    }
    answer = shown.answer("public/friend.html", context, status)
    answer["X-Robots-Tag"] = about.brand.friend_robots
    return answer


def sponsor_name(share_link: ShareLink) -> str:
    """Return the sponsor's first name while she consents to its being shown, else ''."""
    contact = share_link.contact
    return contact.first_name if contact is not None and contact.public_name_at is not None else ""


# --- Signing up ------------------------------------------------------------------------------------------------------


def _sign_up(request: HttpRequest, shown: Page, about: Subject, share_link: ShareLink) -> HttpResponse:
    typed = signup.newcomer(request)
    wants_letter = bool(request.POST.get("newsletter")) or about.advantage is None or about.advantage.is_over
    more: dict[str, Any] = {"typed": typed, "newsletter": bool(request.POST.get("newsletter"))}
    with override(shown.language):
        if not formkeys.check(str(request.POST.get("key", "")), str(share_link.link.token), "friend"):
            problem = _("This page was open for more than an hour. Your words are still there: press once more.")
            return _show(shown, about, share_link, {**more, "problem": problem}, 400)
        if typed.is_robot:
            return _thanks(shown, about, share_link, typed.email)
        if not askers.may_ask(request, "join"):
            return _show(shown, about, share_link, {**more, "problem": signup.too_often()}, 429)
        topic = share_link.campaign.topic if wants_letter else None
        try:
            same_device = _ask(request, shown, about, share_link, typed, topic)
        except BadAddress as bad:
            return _show(shown, about, share_link, {**more, "problem": str(bad), "at": "email"}, 400)
    return _thanks(shown, about, share_link, typed.email, same_device=same_device)


def _ask(
    request: HttpRequest,
    shown: Page,
    about: Subject,
    share_link: ShareLink,
    typed: signup.Newcomer,
    topic: Topic | None,
) -> bool:
    """Ask her by mail; return whether she is at the sharer's own device."""
    address, agent = request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", "")
    same_device = visits.is_sharer(share_link, address, agent)
    referrals.sign_up(
        share_link,
        email=typed.email,
        first_name=typed.first_name,
        topics=[topic] if topic else [],
        wording=wording(about, topic),
        language=shown.language,
        evidence=signup.evidence(request, "/v/"),
        same_device=same_device,
    )
    return same_device


def wording(about: Subject, topic: Topic | None) -> str:
    """Return the words under which the friend agreed, as they stood on the page."""
    letter = _("Yes, write me: %(topic)s. I can leave at any time.") % {"topic": topic.name} if topic else ""
    advantage = _("Send me: %(advantage)s") % {"advantage": about.advantage.title} if about.advantage else ""
    return "\n".join(filter(None, (advantage, letter)))


def _thanks(
    shown: Page, about: Subject, share_link: ShareLink, email: str, *, same_device: bool = False
) -> HttpResponse:
    """The same page for all: who signs up, who is a customer already, whose address is her sponsor's.

    What differs is said of the device in her hand only, which tells nobody anything about an address.
    """
    context = {"subject": about, "email": email, "same_device": same_device, "token": share_link.link.token}
    return shown.answer("public/friend_done.html", context)


def join_of(about: Subject) -> str:
    """Return the path of the brand's sign-up page, '' where it has none."""
    form = SignupForm.objects.filter(brand_id=about.brand.pk, archived_at=None).order_by("pk").first()
    return f"/join/{form.slug}/" if form else ""


# --- What the page shows inside --------------------------------------------------------------------------------------


@csp_replace(MAIL_POLICY)  # type: ignore[arg-type]  # django-csp types views without arguments only
@xframe_options_sameorigin
@require_safe
def mail(request: HttpRequest, token: str) -> HttpResponse:
    """Show the mail's variant for friends: no code, QR, points or name in it."""
    share_link = share_link_of(token)
    if share_link is None:
        return not_found(request)
    language = str(request.GET.get("lang", ""))[:8]
    try:
        html = web.html(share_link.campaign, language=language, audience="friend")
    except BadContent:
        return not_found(request)
    return private(HttpResponse(sharing.with_reference(html, share_link)))


@require_safe
def card(request: HttpRequest, name: str) -> HttpResponse:
    """Give the picture of a share; its name is the hash of what it shows, so it may be kept for ever."""
    picture = preview.read(name)
    if picture is None:
        raise Http404
    return HttpResponse(
        picture,
        content_type="image/jpeg",
        headers={"Cache-Control": "public, max-age=31536000, immutable", "Content-Length": str(len(picture))},
    )
