"""What a help is made of, and the words of the field that several pages explain alike."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Help:
    """What a page is for, and its terms with their meanings."""

    says: Words
    terms: tuple[tuple[Words, Words], ...] = ()


CONSENT = (
    _("Consent"),
    _("Her yes to one topic, with when, where and in which words it was given. Without it no mail goes out."),
)
HUMAN = (_("Human"), _("An act of a person. Robots, proxies and scanners that follow every link are counted apart."))
SUPPRESSED = (_("Suppressed"), _("An address that gets nothing more: it left, bounced, complained or was erased."))
CLAIM = (_("Claim"), _("A person took the offer: she has her own code. It is not used yet."))
REDEMPTION = (_("Redemption"), _("A code was used at a till or in the shop. It counts once, whoever shows it."))
INTENT = (_("Share intent"), _("She pressed a network’s button in the mail. Whether she posted is not known yet."))
EARNED = (_("Earned visit"), _("A person who came through somebody’s share, not from our mail."))
