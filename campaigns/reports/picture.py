"""The funnel as a picture drawn by the server: bars from zero, the interval as a band, a label beside each.

bars(report.funnel)     # → [Bar(y=0, width=640.0, …), …] for templates/admin/reports/funnel.svg.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.reports import words
from campaigns.reports.shapes import Step

WIDTH = 640  # units of the drawing for the widest bar
ROW = 44
NARROW_WIDTH = 360  # of the drawing for phones, its labels above the bars
NARROW_ROW = 56
LEAST = 2  # a bar of something is seen


@dataclass(frozen=True)
class Bar:
    """One step of the picture; `low` and `high` are the ends of the interval on the same scale, or None."""

    step: Step
    y: int
    width: float
    low: float | None
    high: float | None
    text: str

    @property
    def middle(self) -> int:
        return self.y + ROW // 2

    @property
    def narrow_y(self) -> int:
        return self.y // ROW * NARROW_ROW

    @property
    def narrow_width(self) -> float:
        return self.width / WIDTH * NARROW_WIDTH

    @property
    def band(self) -> float:
        return max((self.high or 0) - (self.low or 0), 1)


def bars(funnel: Sequence[Step]) -> list[Bar]:
    """Return the bars, all on the scale of the largest number of people or acts; money has no bar."""
    counted = [step for step in funnel if step.money is None]
    most = max((step.n for step in counted), default=0) or 1
    return [_bar(step, at * ROW, WIDTH / most) for at, step in enumerate(counted)]


def height(made: Sequence[Bar]) -> int:
    """Return the height of the drawing."""
    return len(made) * ROW


def narrow_height(made: Sequence[Bar]) -> int:
    """Return the height of the drawing for phones."""
    return len(made) * NARROW_ROW


def _bar(step: Step, y: int, scale: float) -> Bar:
    width = max(step.n * scale, LEAST if step.n else 0)
    rate = step.rate
    said = words.number(step.n)
    if rate is None or rate.says_little:
        return Bar(step, y, width, None, None, said)
    text = f"{said} · {words.rate(rate, short=True)}"
    return Bar(step, y, width, rate.low * rate.of * scale, rate.high * rate.of * scale, text)
