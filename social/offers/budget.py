"""What an offer may still cost: open claims × value × expected use, beside what is spent, against the budget.

    money = outlook(offer)      # → Outlook(open_claims=420, expected=0.31, each_minor=900, spent_minor=118_000, …)
    money.liability_minor       # 117_180
    check_claim(offer)          # refuses new claims when spent + liability reach the budget

Expected use is the marketer's figure, else learned: (used + 5) / (claims + 10), so that it starts at a half.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Avg, Count, Q

from social.models import Claim, Offer, Order, Redemption
from social.offers.reasons import Reason, Refused

WARN_AT = 0.8  # part of the budget
PRIOR_USED, PRIOR_CLAIMS = 5, 10


@dataclass(frozen=True)
class Outlook:
    """One offer's money as it stands. `each_minor` is what one use costs, 0 when nothing is known of it."""

    offer: Offer
    open_claims: int
    used: int
    expected: float
    each_minor: int

    @property
    def spent_minor(self) -> int:
        return self.offer.spent_minor

    @property
    def liability_minor(self) -> int:
        """What the codes that are out will probably cost."""
        return round(self.open_claims * self.each_minor * self.expected)

    @property
    def worst_minor(self) -> int:
        """What they cost if everybody comes."""
        return self.open_claims * self.each_minor

    @property
    def part(self) -> float | None:
        """Spent and liability as a part of the budget; None without a budget."""
        if not self.offer.budget_minor:
            return None if self.offer.budget_minor is None else 1.0
        return (self.spent_minor + self.liability_minor) / self.offer.budget_minor

    @property
    def level(self) -> str:
        """`""`, `warn` from 80 % of the budget on, `stop` from 100 % on."""
        if self.part is None or self.part < WARN_AT:
            return ""
        return "stop" if self.part >= 1 else "warn"


def outlook(offer: Offer) -> Outlook:
    """Return what the offer cost and will probably cost.

    Reads:   Claim by (offer, state), Redemption of the offer, orders where no redemption tells an amount.
    """
    counted = Claim.objects.filter(offer=offer).aggregate(
        open=Count("pk", filter=Q(state=Claim.State.OPEN)), used=Count("pk", filter=Q(state=Claim.State.REDEEMED))
    )
    return Outlook(
        offer=offer,
        open_claims=counted["open"],
        used=counted["used"],
        expected=expected_use(offer, counted["used"], counted["open"] + counted["used"]),
        each_minor=cost_of_one(offer),
    )


def expected_use(offer: Offer, used: int, claims: int) -> float:
    """Return which part of the claims will be used: the marketer's figure, else learned from this offer."""
    if offer.expected_percent is not None:
        return offer.expected_percent / 100
    return (used + PRIOR_USED) / (claims + PRIOR_CLAIMS)


def cost_of_one(offer: Offer) -> int:
    """Return what one use costs: the cost entered, the amount off, or the per cent of a usual order."""
    if offer.cost_minor:
        return offer.cost_minor
    if offer.kind == Offer.Kind.AMOUNT:
        return offer.amount_minor or 0
    if offer.kind != Offer.Kind.PERCENT or not offer.percent:
        return 0
    uses = Redemption.objects.filter(claim__offer=offer, kind=Redemption.Kind.REDEEM, amount_minor__isnull=False)
    usual = uses.aggregate(usual=Avg("amount_minor"))["usual"]
    if usual is None:  # nobody told an amount yet
        usual = Order.objects.filter(currency=offer.currency).aggregate(usual=Avg("amount_minor"))["usual"] or 0
    return int(usual * offer.percent / 100 + 0.5)


def check_claim(offer: Offer) -> None:
    """Refuse a new claim of an offer whose budget is spent or promised away.

    Raises:  Refused(BUDGET_SPENT).
    """
    if offer.budget_minor is not None and outlook(offer).level == "stop":
        raise Refused(Reason.BUDGET_SPENT)
