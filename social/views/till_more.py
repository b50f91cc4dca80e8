"""More doors of the till: a camera's frames, people without their mail, notes from without network.

/till/frame/            POST a picture of the camera; JSON: the code in it, or a sentence
/till/find/             people by card or e-mail: first name and offers only
/till/fan/              her follow seen on her phone: a proof of level 3, for the code that her offer page shows
/till/notes/            POST what the phone noted without network; JSON: which it may forget
/till/offline/          what the phone keeps to show without network
/till/worker.js         the script that shows it
/till/sign-up/          a QR code for customers: the sign-up form, carrying this shop
/till/paper/            a form to print, for when even the phone is off
/till/join/<secret>/    the manager's QR code: makes this phone a till
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.models import SignupForm
from social import qr
from social.fans import messages, networks, pairing, proofs
from social.offers import finding, notes
from social.offers.reasons import Refused, remedy
from social.tills import COOKIE_DAYS, DEVICE_COOKIE, Till, ticket, use_ticket
from social.views.till import _render, _who, at_till
from social.views.vouchers import data_uri

NOTES_BYTES = 200_000


@require_POST
@at_till
def frame(request: HttpRequest, till: Till) -> HttpResponse:
    """POST one picture of a running camera. 200 with the code, '' while none is in sight, or a sentence."""
    photo = request.FILES.get("photo")
    if photo is None:
        return JsonResponse({"code": "", "error": _("Type the code, or take a picture of it.")}, status=422)
    try:
        found = qr.read_photo(photo.read(qr.PHOTO_BYTES + 1))
    except qr.BadPhoto as why:
        return JsonResponse({"code": "", "error": str(why)}, status=422)
    if len(found) > 1:
        return JsonResponse({"code": "", "error": _("The picture shows more than one QR code.")})
    return JsonResponse({"code": found[0][:400] if found else "", "error": ""})


@require_http_methods(["GET", "POST"])
@at_till
def find(request: HttpRequest, till: Till) -> HttpResponse:
    """GET asks for a card or an e-mail address; POST shows first name and offers, each with its button."""
    typed = request.POST.get("who", "").strip()[:254]
    context: dict[str, Any] = {"typed": typed, "found": None, "error": ""}
    if request.method == "POST":
        try:
            context["found"] = finding.look_up(typed, place=till.place, who=_who(till))
        except Refused as why:
            context["error"] = f"{why} {remedy(why.reason)}"
        if context["found"] is None and not context["error"]:
            context["error"] = _("Nobody is known by this. Ask for another address or the card.")
    return _render(request, till, "till_find", context, status=422 if context["error"] else 200)


@require_http_methods(["GET", "POST"])
@at_till
def fan(request: HttpRequest, till: Till) -> HttpResponse:
    """GET asks for the code of her offer page; POST names the network to look at; a second POST says it was seen."""
    typed = request.POST.get("code", "")[:40]
    context: dict[str, Any] = {"typed": typed, "error": ""}
    if request.method == "POST":
        try:
            if request.POST.get("seen"):
                proof = messages.enter(typed, by=till, in_shop=True)
                context |= {"proof": proof, "level": proofs.words_for(proof.level)}
                context["network"] = networks.name_of(proof.network)
            else:
                code = messages.look(typed, by=till)
                context |= {
                    "code": code,
                    "shown": pairing.display(code.code),
                    "network": networks.name_of(code.network),
                }
        except Refused as why:
            context["error"] = f"{why} {remedy(why.reason)}"
    return _render(request, till, "till_fan", context, status=422 if context["error"] else 200)


@require_POST
@at_till
def keep_notes(request: HttpRequest, till: Till) -> HttpResponse:
    """POST {"notes": [{"id", "code", "at", "amount", "order"}]}: kept for the manager, each once."""
    if len(request.body) > NOTES_BYTES:
        return JsonResponse({"kept": []}, status=413)
    try:
        wished = json.loads(request.body)["notes"]
        kept = notes.keep(till, wished if isinstance(wished, list) else [])
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"kept": []}, status=422)
    return JsonResponse({"kept": kept})


@require_GET
@at_till
def sign_up(request: HttpRequest, till: Till) -> HttpResponse:
    """GET shows customers a QR code of the sign-up form that carries this shop."""
    form = SignupForm.objects.filter(brand=till.place.brand, archived_at=None).order_by("pk").first()
    address = f"{settings.SITE_URL}/join/{form.slug}/?at={till.place.slug}" if form else ""
    context = {"address": address, "picture": data_uri(address) if address else ""}
    return _render(request, till, "till_sign_up", context)


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """GET is the page that a phone keeps: no name, no shop, a field for codes and a list of what was noted."""
    return render(request, "public/till_offline.html", {})


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """GET is the script that answers the till's addresses without network; it lies here because of its reach."""
    path = finders.find("fanfare/till-worker.js")
    with open(str(path), encoding="utf-8") as file:
        source = file.read()
    kept = [static("fanfare/public.css"), static("fanfare/till-notes.js")]
    source = f"const KEPT = {json.dumps(['/till/offline/', *kept])};\n{source}"
    answer = HttpResponse(source, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_GET
@at_till
def paper(request: HttpRequest, till: Till) -> HttpResponse:
    """GET is a form to print: time, code, amount, order number, initials."""
    return _render(request, till, "till_paper", {"rows": range(20), "printed": timezone.now()})


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """GET names shop and till, POST makes this phone that till; the manager's code works once, for minutes."""
    wanted = ticket(secret)
    if wanted is None:
        words = {
            "heading": _("This code has been used or is over"),
            "message": _("Ask the manager for a fresh one: it works once, for 15 minutes."),
        }
        return render(request, "public/message.html", words, status=410)
    if request.method == "GET":
        return render(request, "public/till_join.html", {"ticket": wanted, "brand": wanted.place.brand})
    made = use_ticket(wanted)
    if made is None:
        return redirect("till")
    answer = redirect("till")
    answer.set_cookie(
        DEVICE_COOKIE, made, max_age=COOKIE_DAYS * 86_400, path="/till/", httponly=True, samesite="Lax",
        secure=request.is_secure(),
    )  # fmt: skip
    return answer
