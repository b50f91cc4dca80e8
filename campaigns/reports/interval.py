"""How sure a rate is: Wilson's interval, which stays honest at small n and at 0 or all.

wilson(3, 100)      # → (0.0103, 0.0845): 3 % seen, 1.0 to 8.5 % plausible
"""

from __future__ import annotations

from math import sqrt

Z95 = 1.959963984540054  # 95 %, two-sided normal quantile


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return the 95 % interval of a rate, as fractions; (0, 1) when nothing was tried.

    Source:  E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if n <= 0:
        return 0.0, 1.0
    rate = hits / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return (0.0 if hits == 0 else max(0.0, centre - half)), (1.0 if hits == n else min(1.0, centre + half))
