"""What a cascade of shares shows: K with its interval, cycle time, the whole one seed leads to.

Ratio(children=50, parents=100, squares=60).interval    # → (0.38, 0.66) around 0.5
multiplier(0.2)                                         # → 1.25: a thousand people become 1,250

A *participant* is a person who shared. K of a generation = people of the next generation who shared in turn, per person
who shared in this one; K = i × c, with i = visitors per participant and c = the part of them who shared in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from campaigns.reports.interval import Z95
from campaigns.reports.shapes import TOO_FEW


@dataclass(frozen=True, slots=True)
class Ratio:
    """So many children of so many parents; `squares` = the sum of the squares of children per parent."""

    children: int
    parents: int
    squares: int = 0

    @property
    def value(self) -> float | None:
        return self.children / self.parents if self.parents else None

    @property
    def says_little(self) -> bool:
        return self.parents < TOO_FEW

    @property
    def interval(self) -> tuple[float, float | None]:
        """The 95 % interval; its upper end is None where nobody shared.

        The score interval of a Poisson mean, widened where some bring many and most bring none (the variance per
        parent over the mean), so that it stays honest at 0 children.
        Source:  Garwood 1936 for the problem; score form in Barker, American Statistician 56 (2002), 85-89.
        """
        if not self.parents:
            return 0.0, None
        spread, z = self.dispersion, Z95
        middle = self.children + z * z * spread / 2
        half = z * sqrt(spread * self.children + (z * spread) ** 2 / 4)
        return max(0.0, middle - half) / self.parents, (middle + half) / self.parents

    @property
    def dispersion(self) -> float:
        """Variance over mean of the children per parent, at least 1 (Poisson)."""
        if self.parents < 2 or not self.children:
            return 1.0
        mean = self.children / self.parents
        variance = (self.squares - self.children * mean) / (self.parents - 1)
        return max(1.0, variance / mean)


def multiplier(k: float) -> float | None:
    """Return how many participants one of the first generation leads to in the end; None for K ≥ 1: no end."""
    return 1 / (1 - k) if 0 <= k < 1 else None


def median(values: list[float]) -> float | None:
    """Return the median, None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
