"""The team's pages: a person's own account, inviting, and the two doors before the desk.

GET, POST /admin/account/    where I am signed in, my second proof
GET, POST /admin/invite/     address and roles
GET, POST /team/welcome/…/   an invited person chooses her password
GET, POST /team/second/      the code of the telephone, after the password
"""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from config.team import inviting, notifying, second, signins, tries
from config.team.models import SecondFactor
from config.team.roles import RolesField
from contacts import audit, pages
from social import qr


def account(request: HttpRequest) -> HttpResponse:
    """GET, POST /admin/account/ {do: sign_out_elsewhere | begin | confirm | drop | wish}."""
    user = cast(User, request.user)
    shown: dict[str, Any] = {}
    if request.method == "POST":
        act = ACTS.get(request.POST.get("do", ""))
        if act is not None:
            shown = act(request, user)
        if not shown:
            return redirect("team_account")
    factor = SecondFactor.objects.filter(user=user).first()
    is_on = bool(factor and factor.confirmed_at)
    context = {
        **admin.site.each_context(request),
        "title": _("My account"),
        "sign_ins": signins.active(user),
        "here": request.session.session_key,
        "is_on": is_on,
        "left": len(factor.recovery) if factor else 0,
        "code": mark_safe(qr.svg(second.uri(factor))) if factor and not is_on else "",
        "uri": second.uri(factor) if factor and not is_on else "",
        "told": _told(user),
        **shown,
    }
    return pages.private(render(request, "admin/team/account.html", context))


def _told(user: User) -> list[dict[str, Any]]:
    """Return each kind of thing that can be told to her, and where she wants it."""
    chosen = notifying.wishes(user)
    return [
        {
            "key": kind.key,
            "label": kind.label,
            "on_home": kind.key not in chosen.hidden,
            "by_mail": kind.key in chosen.mailed,
        }
        for kind in notifying.kinds(user)
    ]


def _wish(request: HttpRequest, user: User) -> dict[str, Any]:
    desk, mail = set(request.POST.getlist("desk")), set(request.POST.getlist("mail"))
    try:
        notifying.choose(user, desk=desk, mail=mail, language=get_language() or "")
        messages.success(request, _("Saved: you are told as you chose."))
    except notifying.NoAddress as why:
        messages.error(request, str(why))
    return {}


def _sign_out_elsewhere(request: HttpRequest, user: User) -> dict[str, Any]:
    n = signins.end_others(user, request.session.session_key)
    text = ngettext("Signed out in %(n)d other browser.", "Signed out in %(n)d other browsers.", n)
    messages.success(request, text % {"n": n})
    return {}


def _begin(request: HttpRequest, user: User) -> dict[str, Any]:
    second.begin(user)
    return {}


def _confirm(request: HttpRequest, user: User) -> dict[str, Any]:
    factor = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    if factor is None:
        return {}
    codes = second.confirm(factor, request.POST.get("code", ""))
    if not codes:
        messages.error(
            request, _("That is not the code of now. Wait for the next one, and look at the telephone's clock.")
        )
        return {}
    signins.end_others(user, request.session.session_key)
    return {"codes": codes}


def _drop(request: HttpRequest, user: User) -> dict[str, Any]:
    if not user.check_password(request.POST.get("password", "")):
        messages.error(request, _("That is not your password; two-step sign-in stays on."))
        return {}
    second.drop(user, by=user)
    messages.success(request, _("Two-step sign-in is off."))
    return {}


ACTS = {
    "sign_out_elsewhere": _sign_out_elsewhere,
    "begin": _begin,
    "confirm": _confirm,
    "drop": _drop,
    "wish": _wish,
}


class InviteForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=150)
    roles = RolesField(Group.objects.order_by("name"), label=gettext_lazy("Roles"), widget=forms.CheckboxSelectMultiple)


def invite(request: HttpRequest) -> HttpResponse:
    """GET, POST /admin/invite/ {email, roles}."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = inviting.invite(form.cleaned_data["email"], form.cleaned_data["roles"], by=cast(User, request.user))
        except inviting.NotInvited as why:
            form.add_error(None, str(why))
        else:
            messages.success(
                request, _("%(email)s was written to; the link works for three days.") % {"email": user.email}
            )
            return redirect("admin:auth_user_changelist")
    context = {**admin.site.each_context(request), "title": _("Invite somebody"), "form": form}
    return render(request, "admin/team/invite.html", context)


def welcome(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """GET, POST /team/welcome/…/ {new_password1, new_password2}: GET shows the form, POST lets in."""
    user = inviting.invited(uid, token)
    if user is None:
        context = {"text": _("This invitation was used, or is older than three days. Ask for a new one.")}
        return pages.Page(request, None).answer("team/message.html", context, 404)
    form = SetPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        inviting.accept(user, form.cleaned_data["new_password1"])
        return redirect("admin:login")
    return pages.Page(request, None).answer("team/welcome.html", {"form": form, "email": user.email})


def second_proof(request: HttpRequest) -> HttpResponse:
    """GET, POST /team/second/ {code}: for a session whose password was right and whose second proof is owed."""
    if not request.session.get(signins.OWED) or not request.user.is_authenticated:
        return redirect("admin:index")
    user, error = request.user, ""
    factor = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:  # an administrator switched it off meanwhile
        del request.session[signins.OWED]
        return redirect("admin:index")
    if request.method == "POST":
        error = _proven(request, user, factor)
        if not error:
            wanted = request.session.pop(signins.OWED)
            return redirect(wanted if isinstance(wanted, str) else "admin:index")
    return pages.Page(request, None).answer("team/second.html", {"error": error}, 403 if error else 200)


def _proven(request: HttpRequest, user: User, factor: SecondFactor) -> str:
    """Return '' for the right code, else what is wrong and what to do."""
    who, address = f"second {user.pk}", request.META.get("REMOTE_ADDR", "")
    try:
        tries.begin(who, address)
    except tries.TooMany as wait:
        return str(wait)
    if not second.prove(factor, request.POST.get("code", "")):
        return _("That is not the code of now. Wait for the next one, or use a recovery code.")
    tries.forget(who, address)
    audit.record(user, "gave the second proof", None)
    return ""


desk = [
    path("account/", admin.site.admin_view(account), name="team_account"),
    path(
        "invite/",
        admin.site.admin_view(permission_required("auth.add_user", raise_exception=True)(invite)),
        name="team_invite",
    ),
]
