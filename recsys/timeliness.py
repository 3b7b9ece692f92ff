"""What it says of two articles that they were published so many days apart.

On a news site articles of one week belong together; on a site of guides the date says nothing. Which of the two a site
is shows in its texts alone: where an article's nearest by text are closer to it in time than those that resemble it
less, closeness in time goes with likeness. `training.related` fits the ratio of the two,

    ratio(apart) = 1 + gain / (1 + apart / span)

and the lists weigh it by its cube root, as text and time don't speak independently. Where dates say nothing, gain is
near 0 and nothing changes. An evergreen article has no date in this sense: it is taken for neither near nor far.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXPONENT = 1 / 3


@dataclass(frozen=True, slots=True)
class Timeliness:
    """How much closeness in time counts on a site.

    gain   >= 0, 0 where dates say nothing      span  > 0, microseconds at which half of the gain is left
    usual  mean of 1 / (1 + apart / span) over articles that resemble each other little, 0..1
    """

    gain: float
    span: float
    usual: float = 0.0

    def boost(self, apart: NDArray[np.int64]) -> NDArray[np.float64]:
        """How many times likelier a match is than without regard to time: (m,) >= 1, for `apart` (m,) microseconds."""
        boosts: NDArray[np.float64] = (1.0 + self.gain / (1.0 + np.abs(apart) / self.span)) ** EXPONENT
        return boosts

    @property
    def most(self) -> float:
        """The boost of articles of the same moment."""
        return float((1.0 + self.gain) ** EXPONENT)

    @property
    def neutral(self) -> float:
        """The boost of articles of which one has no date: the ratio is then its mean over dates that tell nothing."""
        return float((1.0 + self.gain * self.usual) ** EXPONENT)
