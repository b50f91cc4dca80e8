"""Making a till of a phone: /till/enrol/, for a manager signed in to the admin."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from social.tills import COOKIE_DAYS, DEVICE_COOKIE, enrol, places_of


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """GET asks for shop and name; POST makes this browser a till of that shop."""
    places = places_of(request.user)
    user = request.user
    if not places or not isinstance(user, User):
        words = {
            "heading": _("Only a shop's manager can do this"),
            "message": _("Ask an administrator to name you as manager of the shop."),
        }
        return render(request, "public/message.html", words, status=403)
    error = ""
    if request.method == "POST":
        place = next((place for place in places if place.slug == request.POST.get("place")), None)
        name = "".join(letter for letter in request.POST.get("name", "").strip() if letter.isprintable())
        if place is not None and name:
            _device, secret = enrol(place, name, user)
            answer = redirect("till")
            answer.set_cookie(
                DEVICE_COOKIE,
                secret,
                max_age=COOKIE_DAYS * 86_400,
                path="/till/",
                httponly=True,
                samesite="Lax",
                secure=request.is_secure(),
            )
            return answer
        error = _("Choose the shop and give the till a name.")
    context = {"places": places, "error": error, "brand": places[0].brand}
    return render(request, "public/till_enrol.html", context, status=422 if error else 200)
