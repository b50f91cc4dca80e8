"""The till, /till/: a phone in a shop, enrolled once by its manager, opened with a PIN, complete without script.

/till/                  the PIN, then the field for a code, or a photo of it
/till/check/            POST: green or red, with the reason and the next step; moves nothing
/till/redeem/           POST: redeem, once per form; then ten seconds to undo
/till/undo/             POST: undo that redemption
/till/today/            what this shop redeemed today
/till/leave/            POST: the next cashier

Staff sign in here, so cookies and CSRF apply.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.money import money, read_money
from social import qr
from social.fans import networks, proofs
from social.models import Device, Redemption, StaffMember
from social.offers import counters, notes
from social.offers.reasons import Reason, Refused, remedy, sentence
from social.offers.redemption import CASHIER_UNDO, Verdict, Who, redeem, reverse, validate
from social.offers.value import headline, title_of
from social.tills import Till, open_till, sign_in

STAFF_COOKIE = "fanfare_cashier"
SHIFT = 12 * 3600  # seconds until the PIN is asked again
UNDO_SALT = "fanfare.till.undo"
LIST_LENGTH = 200

View = Callable[..., HttpResponse]


def at_till(view: View) -> View:
    """Let a view in only on an enrolled device with a cashier; it gets the Till as its second argument."""

    @wraps(view)
    @never_cache
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        till = open_till(request, STAFF_COOKIE, SHIFT)
        if till is None or till.staff is None:
            return redirect("till")
        return view(request, till, *args, **kwargs)

    return inside


@never_cache
@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """GET shows what the device may do now: be enrolled, ask for a PIN, take a code. POST signs a cashier in."""
    till = open_till(request, STAFF_COOKIE, SHIFT)
    if till is None:
        return render(request, "public/till_closed.html", status=403)
    if request.method == "POST":
        return _sign_in(request, till.device)
    if till.staff is None:
        return _pin_page(request, till.device)
    return _ready(request, till)


@require_POST
@at_till
def check(request: HttpRequest, till: Till) -> HttpResponse:
    """POST a typed code, a scanned text or a photo; the answer fills the screen."""
    raw = request.POST.get("code", "")[:400]
    photo = request.FILES.get("photo")
    if photo is not None:
        try:
            found = qr.read_photo(photo.read(qr.PHOTO_BYTES + 1))
        except qr.BadPhoto as why:
            return _ready(request, till, error=str(why))
        if not found:
            return _ready(request, till, error=_("No QR code was found in the picture. Go closer, or type the code."))
        if len(found) > 1:
            return _answer(request, till, Verdict(Reason.TWO_CODES), "")
        raw = found[0]
    if not raw.strip():
        return _ready(request, till, error=_("Type the code, or take a picture of it."))
    return _answer(request, till, validate(raw, place=till.place, who=_who(till)), raw)


@require_POST
@at_till
def use(request: HttpRequest, till: Till) -> HttpResponse:
    """POST redeems what was checked. The form's key makes it once, however often it is pressed."""
    raw, key = request.POST.get("code", "")[:400], request.POST.get("key", "")[:60]
    if not key:
        return _answer(request, till, validate(raw, place=till.place, who=_who(till)), raw)
    typed = request.POST.get("amount", "").strip()
    number = "".join(letter for letter in request.POST.get("order", "").strip() if letter.isprintable())[:120]
    try:
        amount = read_money(typed, request.POST.get("currency", "EUR")) if typed else None
    except ValueError:
        again = validate(raw, place=till.place, who=_who(till))
        error = _("“%(typed)s” is no amount. Write it like 12.50.") % {"typed": typed}
        return _answer(request, till, again, raw, error=error, typed=typed, number=number)
    try:
        made = redeem(raw, place=till.place, who=_who(till), key=key, amount_minor=amount, order_reference=number)
    except Refused as why:
        return _refused(request, till, why, raw, typed, number)
    return _done(request, till, made)


@require_POST
@at_till
def undo(request: HttpRequest, till: Till) -> HttpResponse:
    """POST undoes a redemption of this shop within a minute; later a manager can."""
    try:
        pk = signing.loads(request.POST.get("redemption", ""), salt=UNDO_SALT, max_age=3600)
    except signing.BadSignature:
        return redirect("till")
    made = Redemption.objects.select_related("place").filter(pk=pk, place=till.place).first()
    if made is None:
        return redirect("till")
    try:
        reverse(made, reason=_("Undone at the till"), who=_who(till), key=f"undo:{pk}", within=CASHIER_UNDO)
    except Refused as why:
        words = {"heading": str(why), "message": _("Ask the manager: the list of redemptions has the button.")}
        return _render(request, till, "till_answer", {"tone": "bad", **words}, status=409)
    words = {"heading": _("Undone"), "message": _("The code can be used again.")}
    return _render(request, till, "till_answer", {"tone": "undone", **words})


@require_GET
@at_till
def today(request: HttpRequest, till: Till) -> HttpResponse:
    """GET lists what this shop redeemed since midnight, newest first."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = list(
        Redemption.objects.filter(place=till.place, at__gte=midnight)
        .select_related("claim__offer__brand", "claim__contact", "staff", "reversal")
        .prefetch_related("claim__offer__texts")
        .order_by("-at")[:LIST_LENGTH]
    )
    language = get_language() or "en"
    lines = [
        {
            "at": row.at,
            "is_reversal": row.kind == Redemption.Kind.REVERSE,
            "is_undone": hasattr(row, "reversal"),
            "title": title_of(row.claim.offer, language),
            "first_name": row.claim.contact.first_name if row.claim.contact else "",
            "staff": row.staff.name if row.staff else "",
            "amount": money(row.amount_minor, row.currency, language) if row.amount_minor is not None else "",
            "order": row.order_reference,
        }
        for row in rows
    ]
    n = sum(1 for line in lines if not line["is_reversal"] and not line["is_undone"])
    summary = ngettext("%(n)d redemption today", "%(n)d redemptions today", n) % {"n": n}
    late = notes.of_late(till.place)
    return _render(request, till, "till_today", {"lines": lines, "summary": summary, "notes": late})


@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """POST ends the cashier's turn; the device stays enrolled."""
    answer = redirect("till")
    answer.delete_cookie(STAFF_COOKIE, path="/till/")
    return answer


# --- pages -----------------------------------------------------------------------------------------------------------


def _pin_page(request: HttpRequest, device: Device, *, error: str = "", chosen: str = "") -> HttpResponse:
    staff = StaffMember.objects.filter(place=device.place, is_active=True).order_by("name")
    context = {"staff": staff, "error": error, "chosen": chosen}
    return _render(request, Till(device), "till_pin", context, status=403 if error else 200)


def _sign_in(request: HttpRequest, device: Device) -> HttpResponse:
    name = request.POST.get("staff", "")[:80]
    try:
        member = sign_in(device, name, request.POST.get("pin", "")[:12])
    except Refused as why:
        return _pin_page(request, device, error=f"{why} {remedy(why.reason)}", chosen=name)
    answer = HttpResponseRedirect(request.path)
    answer.set_signed_cookie(
        STAFF_COOKIE,
        f"{device.pk}:{member.pk}",
        salt=STAFF_COOKIE,
        max_age=SHIFT,
        path="/till/",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return answer


def _ready(request: HttpRequest, till: Till, *, error: str = "") -> HttpResponse:
    return _render(request, till, "till", {"error": error}, status=422 if error else 200)


def _answer(
    request: HttpRequest,
    till: Till,
    verdict: Verdict,
    raw: str,
    *,
    error: str = "",
    typed: str = "",
    number: str = "",
) -> HttpResponse:
    """Show green with the button, or red with the reason."""
    if not verdict.is_good or verdict.offer is None:
        words = {"heading": sentence(verdict.reason, verdict.detail), "message": remedy(verdict.reason)}
        about = title_of(verdict.offer, get_language() or "en") if verdict.offer else ""
        return _render(request, till, "till_answer", {"tone": "bad", "about": about, **words}, status=409)
    offer, language = verdict.offer, get_language() or "en"
    proof = verdict.proof
    context = {
        "offer": offer,
        "title": title_of(offer, language),
        "value": headline(offer, language),
        "first_name": verdict.first_name,
        "fan": proofs.words_for(proof.level) if proof else "",
        "fan_network": networks.name_of(proof.network) if proof and proof.network else "",
        "least": money(offer.min_order_minor, offer.currency, language) if offer.min_order_minor else "",
        "left": counters.left(offer),
        "code": raw,
        "key": get_random_string(32),
        "error": error,
        "typed": typed,
        "number": number,
    }
    return _render(request, till, "till_green", context, status=422 if error else 200)


def _refused(request: HttpRequest, till: Till, why: Refused, raw: str, typed: str, number: str) -> HttpResponse:
    """Show why it was not redeemed; a missing or small amount can be mended on the spot."""
    if why.reason == Reason.MIN_AMOUNT:
        again = validate(raw, place=till.place, who=_who(till))
        return _answer(request, till, again, raw, error=str(why), typed=typed, number=number)
    return _answer(request, till, Verdict(str(why.reason), why.detail), raw)


def _done(request: HttpRequest, till: Till, made: Redemption) -> HttpResponse:
    language = get_language() or "en"
    discount = made.discount_minor
    context = {
        "title": title_of(made.claim.offer, language),
        "discount": money(discount, made.currency, language) if discount is not None else "",
        "value": headline(made.claim.offer, language),
        "redemption": signing.dumps(made.pk, salt=UNDO_SALT),
    }
    return _render(request, till, "till_done", context)


def _render(request: HttpRequest, till: Till, page: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    everywhere = {"till": till, "brand": till.place.brand}
    return render(request, f"public/{page}.html", {**everywhere, **context}, status=status)


def _who(till: Till) -> Who:
    if till.staff is None:  # at_till has seen to it
        raise Refused(Reason.STAFF_NOT_ALLOWED)
    return Who.at_till(till.device, till.staff)
