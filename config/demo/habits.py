"""What each of the demo's recipients does with the mail: drawn once per person, always the same for the same number.

    habit(12)       # → Habit(reads_after=timedelta(hours=2.4), clicks=True, network="whatsapp", friends=2, …)

Rates are those of an ordinary shop's good mailing; a few machines are among the people, as everywhere.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from config.demo import SEED
from config.demo.doors import ANDROID, COMPUTER, PHONE

LONGEST = timedelta(hours=44)  # after this nobody opens any more; the campaign is two days old
NETWORKS = {"whatsapp": 45, "facebook": 25, "linkedin": 6, "telegram": 8, "x": 6, "bluesky": 10}  # weights


@dataclass(frozen=True)
class Habit:
    """One recipient's acts. Times count from the sending; everything after the click happens today.

    scanner     her company's mail scanner follows every link at once
    apple       Apple's mail privacy protection loads the picture, whoever reads
    friends     how many people come through what she shared
    """

    number: int
    browser: str
    scanner: bool
    apple: bool
    reads_after: timedelta | None
    clicks: bool
    reads_on_web: bool
    leaves: str
    network: str
    friends: int
    claims: bool
    redeems: bool
    buys_minor: int

    @property
    def ip(self) -> str:
        """Her address, of a household network."""
        return f"82.{64 + self.number // 60_000}.{self.number // 240 % 250}.{self.number % 240 + 10}"


def habit(number: int) -> Habit:
    """Return what the recipient of this number does."""
    told = random.Random(f"{SEED}/{number}")  # noqa: S311 - a story, not a secret
    reads = told.random() < 0.46
    clicks = reads and told.random() < 0.30
    shares = clicks and told.random() < 0.30
    claims = clicks and told.random() < 0.42
    redeems = claims and told.random() < 0.60
    return Habit(
        number=number,
        browser=told.choices([PHONE, ANDROID, COMPUTER], [5, 3, 2])[0],
        scanner=told.random() < 0.05,
        apple=told.random() < 0.35,
        reads_after=min(timedelta(hours=told.lognormvariate(1.1, 1.1)), LONGEST) if reads else None,
        clicks=clicks,
        reads_on_web=reads and told.random() < 0.04,
        leaves=_leaves(told) if reads and not clicks else "",
        network=told.choices(list(NETWORKS), list(NETWORKS.values()))[0] if shares else "",
        friends=told.choices([0, 1, 2, 3, 5], [35, 30, 18, 12, 5])[0] if shares else 0,
        claims=claims,
        redeems=redeems,
        buys_minor=told.randint(900, 7_500) if redeems or (clicks and told.random() < 0.12) else 0,
    )


def _leaves(told: random.Random) -> str:
    """How somebody leaves who has had enough: by the page, by her mail program's button, or (nearly all) not at all."""
    return told.choices(["", "page", "one_click"], [97, 2, 1])[0]
