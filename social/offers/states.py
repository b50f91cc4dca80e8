"""An offer goes live, pauses, ends; each with what speaks against it.

problems(offer)              # → [Finding("error", "offer.no_words", …), …]
go_live(offer, by=marie)     # raises NotReady(findings)
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.content.findings import Finding, errors
from campaigns.models import Campaign
from contacts import audit
from social.models import Code, Offer
from social.offers import mailing

Person = AbstractBaseUser | AnonymousUser | str | None


class NotReady(Exception):
    """The offer cannot go live; `findings` says why."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(" ".join(f"{found.message} {found.remedy}".strip() for found in findings))


def problems(offer: Offer) -> list[Finding]:
    """Return what is wrong or missing: errors keep the offer from going live, warnings deserve a look."""
    return [*_words(offer), *_dates(offer), *_codes(offer), *_budget(offer)]


def go_live(offer: Offer, by: Person) -> None:
    """Open the offer from its first day on.

    Writes:  Offer.state with history, AuditEntry.
    Raises:  NotReady with every error.
    """
    found = errors(problems(offer))
    if found:
        raise NotReady(found)
    _move(offer, Offer.State.LIVE, "set offer live", by)


def pause(offer: Offer, by: Person) -> None:
    """Stop claims and redemptions for a while; codes stay theirs.

    Writes:  Offer.state with history, AuditEntry.
    """
    _move(offer, Offer.State.PAUSED, "paused offer", by)


def end(offer: Offer, by: Person) -> None:
    """End the offer now: nothing can be claimed or redeemed any more.

    Writes:  Offer.state with history, AuditEntry.
    """
    _move(offer, Offer.State.ENDED, "ended offer", by)


def _move(offer: Offer, state: str, verb: str, by: Person) -> None:
    if offer.state != state:
        offer.state = state
        offer.save()
        audit.record(by, verb, offer)


def _error(code: str, message: str, remedy: str) -> list[Finding]:
    return [Finding("error", code, message, remedy)]


def _words(offer: Offer) -> list[Finding]:
    texts = {text.language: text for text in offer.texts.all()}
    if not texts:
        return _error("offer.no_words", _("The offer has no title."), _("Add its words in at least one language."))
    found = []
    for language in offer.brand.languages or [offer.brand.default_language]:
        words = texts.get(language)
        if words is None:
            message = _("There are no words in %(language)s.") % {"language": language}
            found.append(Finding("warning", "offer.language", message, _("Others see them in another language.")))
        elif not words.terms.strip():
            message = _("There are no terms in %(language)s.") % {"language": language}
            found.append(Finding("warning", "offer.terms", message, _("Say who, where, how often, until when.")))
    return found


def _dates(offer: Offer) -> list[Finding]:
    if offer.ends_at <= timezone.now():
        return _error("offer.over", _("The offer ended before now."), _("Move its end."))
    return []


def _codes(offer: Offer) -> list[Finding]:
    free = Code.objects.filter(offer=offer, state=Code.State.FREE)
    if offer.code_mode == Offer.CodeMode.POOL and not free.exists():
        return _error("offer.no_codes", _("No free code is left."), _("Make or import a batch of codes."))
    if offer.code_mode == Offer.CodeMode.GENERIC and offer.holding == Offer.Holding.PERSONAL:
        remedy = _("Give each contact a code of her own.")
        return _error("offer.generic_personal", _("One code for all cannot be personal."), remedy)
    mail = Campaign.objects.filter(kind=Campaign.Kind.TRANSACTIONAL, trigger=mailing.KIND, state=Campaign.State.SENDING)
    if offer.holding == Offer.Holding.PERSONAL and not mail.exists():
        remedy = _("Switch “Your code” on under Campaigns › Automatic mails.")
        return _error("offer.code_mail", _("No mail is switched on that brings the code."), remedy)
    return []


def _budget(offer: Offer) -> list[Finding]:
    if offer.budget_minor is not None and not offer.cost_minor and offer.kind in (Offer.Kind.GIFT, Offer.Kind.TEXT):
        message = _("A budget is set, but one redemption costs 0.")
        return [Finding("warning", "offer.cost", message, _("Enter what one redemption costs."))]
    return []
