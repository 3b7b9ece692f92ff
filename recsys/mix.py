"""How much each signal weighs in a Recommendation, fitted to the site by `training.mix`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.items import WINDOWS
from recsys.times import HOUR

# Ties of three kinds to what was read, likeness of text, taste in sections and tags, and of every article what readers
# turn to now and what one of its age is about to draw.
SIGNALS = ("together", "after", "learned", "text", "section", "tags", "popular", "new")

# After so long a reader comes back rather than goes on, and wants other things: popularity serves who comes back best.
AWAY = 6 * HOUR


@dataclass(frozen=True, slots=True)
class Mix:
    """Weights of the signals, each of which is scaled so that its best candidate has 1; row 0: here, row 1: away.

    weights  (2, 8) float64, >= 0, in the order of SIGNALS
    windows  (2,) int64, position in WINDOWS: the ranking that "popular" and "new" are taken from
    """

    weights: NDArray[np.float64]
    windows: NDArray[np.int64]

    @classmethod
    def default(cls) -> Self:
        """For a site whose past is too short to tell."""
        week = WINDOWS.index("week")
        here = [1.0, 0.5, 1.0, 0.5, 0.2, 0.2, 1.0, 0.3]
        away = [1.0, 0.5, 1.0, 0.5, 0.2, 0.2, 3.0, 1.0]
        return cls(np.array([here, away]), np.array([week, week]))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls(arrays["weights"], arrays["windows"])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        return {"weights": self.weights, "windows": self.windows}

    def at(self, idle: int) -> tuple[NDArray[np.float64], int]:
        """The weights (8,) and the window for a reader last seen `idle` microseconds ago."""
        row = int(idle > AWAY)
        return self.weights[row], int(self.windows[row])
