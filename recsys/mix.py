"""How much each signal weighs in a Recommendation, fitted to the site by `training.mix`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.favoured import Favoured
from recsys.lookup import Zeros
from recsys.times import HOUR

# Ties of three kinds to what was read, likeness of text, taste in sections and tags; and of every article what visitors
# liked until the bundle was made, what readers turn to now, and what one of its age is about to draw.
SIGNALS = ("together", "after", "learned", "text", "section", "tags", "liked", "popular", "new")

# After so long a reader comes back rather than goes on, and wants other things: popularity serves who comes back best.
AWAY = 6 * HOUR


@dataclass(frozen=True, slots=True)
class Mix:
    """Weights of the signals, each of which is scaled so that its best candidate has 1.

    weights      (2, 9) float64, >= 0, sum 1, in the order of SIGNALS; row 0: reader is here, row 1: comes back
    liked_rows   (l,) int32 ascending, the articles that visitors liked most lately, as of the bundle
    liked_score  (l,) float64, > 0
    diversity    0..1, the setting of that name
    favoured     what readers turn to now, kept up as they do
    zeros        room to tell articles apart
    """

    weights: NDArray[np.float64]
    liked_rows: NDArray[np.int32]
    liked_score: NDArray[np.float64]
    diversity: float = 0.0
    favoured: Favoured = field(default_factory=Favoured, compare=False, repr=False)
    zeros: Zeros = field(default_factory=Zeros, compare=False, repr=False)

    @classmethod
    def default(cls, liked_rows: NDArray[np.int32], liked_score: NDArray[np.float64]) -> Self:
        """For a site whose past is too short to tell."""
        here = np.array([1.0, 0.5, 2.0, 0.3, 0.2, 0.2, 0.0, 1.0, 0.3])
        away = np.array([1.0, 0.5, 2.0, 0.3, 0.2, 0.2, 1.0, 2.0, 1.0])
        return cls(np.array([here / here.sum(), away / away.sum()]), liked_rows, liked_score)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls(arrays["weights"], arrays["liked_rows"], arrays["liked_score"], float(arrays["diversity"][0]))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        found = {name: getattr(self, name) for name in ("weights", "liked_rows", "liked_score")}
        return found | {"diversity": np.array([self.diversity])}

    def weights_at(self, idle: int) -> NDArray[np.float64]:
        """(9,) the weights for a reader last seen `idle` microseconds ago."""
        found: NDArray[np.float64] = self.weights[int(idle > AWAY)]
        return found
