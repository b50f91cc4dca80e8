"""Many small rates side by side, each drawn towards their common mean as far as its own number is small.

    rates = shrink([(9, 100), (1, 100), (1, 2)])
    rates[2].value                  # → far below the 50 % seen: two mails say little
    per_share = shrink([(40, 20), (2, 20)], counts=True)     # a mean that may be above 1: visits per share

Empirical Bayes by moments. `strength` is how many mails (or shares) the common mean weighs as much as: large where the
rows differ no more than chance does, small where they differ much; never more than all rows together.
Source:  Bühlmann and Straub 1970; Kleinman, JASA 68 (1973), 46-54, for proportions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.reports.interval import Z95, wilson
from campaigns.reports.shapes import Rate


@dataclass(frozen=True)
class Shrunk(Rate):
    """A rate drawn towards `mean`, which weighs as much as `strength` of its own tries."""

    mean: float = 0.0
    strength: float = 0.0
    is_mean: bool = False  # a mean of counts, which may be above 1

    @property
    def value(self) -> float | None:
        tries = self.of + self.strength
        return (self.n + self.strength * self.mean) / tries if tries else None

    @property
    def low(self) -> float:
        return self._interval()[0]

    @property
    def high(self) -> float:
        return self._interval()[1]

    def _interval(self) -> tuple[float, float]:
        """The 95 % score interval of what was seen with what was borrowed."""
        hits, tries = self.n + self.strength * self.mean, self.of + self.strength
        if not self.is_mean or not tries:
            return wilson(hits, tries)
        middle, half = hits + Z95**2 / 2, Z95 * (hits + Z95**2 / 4) ** 0.5
        return max(0.0, middle - half) / tries, (middle + half) / tries


def shrink(rows: Sequence[tuple[int, int]], *, counts: bool = False) -> list[Shrunk]:
    """Return each (n, of) drawn towards the mean of all; `counts` = n may be more than `of`."""
    tries = sum(of for _n, of in rows)
    mean = sum(n for n, _of in rows) / tries if tries else 0.0
    strength = _strength(rows, mean, tries, counts) if tries else 0.0
    return [Shrunk(n, of, mean, strength, counts) for n, of in rows]


def _strength(rows: Sequence[tuple[int, int]], mean: float, tries: int, counts: bool) -> float:
    by_chance = mean if counts else mean * (1 - mean)
    spread = sum(of * (n / of - mean) ** 2 for n, of in rows if of)
    asked = sum(1 for _n, of in rows if of)
    weight = tries - sum(of * of for _n, of in rows) / tries
    between = (spread - (asked - 1) * by_chance) / weight if weight else 0.0
    if between <= 0:
        return float(tries)
    return min(float(tries), max(0.0, by_chance / between - (0 if counts else 1)))
