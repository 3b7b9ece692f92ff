"""What of the lists is clicked, as the active model's training counted it, with intervals."""

import math
from typing import Any

from recsys.bundle import Manifest

_Z = 1.959964  # of a normal distribution: 95% lie within so many standard deviations


def click_through(manifest: Manifest) -> dict[str, Any]:
    """By list and place: readers shown, readers who clicked, their share with its 95% interval (Wilson, JASA 1927)."""
    lists: dict[str, Any] = manifest.metrics.get("signals", {}).get("lists", {})
    found = {}
    for name, told in lists.items():
        rate = _rate(told["clicked"], told["shown"])
        places = [place | _rate(place["clicked"], place["shown"]) for place in told["places"]]
        found[name] = {"shown": told["shown"], "clicked": told["clicked"], **rate, "places": places}
    return {"version": manifest.version if manifest.articles else None, "lists": found}


def _rate(clicked: int, shown: int) -> dict[str, float]:
    low, high = wilson(clicked, shown)
    return {"rate": round(clicked / shown, 5) if shown else 0.0, "low": round(low, 5), "high": round(high, 5)}


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95% score interval of a share, within 0..1; (0, 1) where nothing was tried."""
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, _Z * _Z / trials
    middle = share + spread / 2
    half = _Z * math.sqrt((share * (1 - share) + spread / 4) / trials)
    # Rounding must not put the share itself outside.
    return max(0.0, min(share, (middle - half) / (1 + spread))), min(1.0, max(share, (middle + half) / (1 + spread)))
