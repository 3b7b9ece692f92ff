"""Ranking: what readers favour now, and what is new enough that they are about to.

score = (1 - w) x what an article of that age is expected to draw in the coming horizon
          + w x what its own readers, faded, promise for it: (1 - .5^(H/h)) x sum over readers of weight x .5^(age/h)

with the horizon H of the window and h, w and the expectation fitted to the site's own past (`training.ranking`). For an
evergreen article, age is nothing: where that is more, it is expected to draw what evergreen ones draw at any age, and
its readers fade as slowly as those of the longest window that looks ahead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.interest import site_clock
from recsys.items import WINDOWS, Item, Reason, Window, Wish, best, filler
from recsys.rules.placing import explained, governed, leading, weighed
from recsys.times import DAY, HOUR, SECOND

if TYPE_CHECKING:
    from recsys.columns import ArticleColumns
    from recsys.engagement import Engagement
    from recsys.model import Model

# A match has at least so much to show for itself, in views: expected in the horizon, or its own and faded.
EVIDENCE = 0.05

NEWEST = "newest"

LEADERS = 500

_ARRAYS = ("horizons", "half_lives", "mix", "quality", "replays", "ages", "drawn", "evergreen_rate", "max_age")


@dataclass(frozen=True, slots=True)
class Standing:
    """Every article at one moment, (n,) float64 each. `own` is the part of `interest` that counts.

    score = own + expected
    current  (n,) bool, evergreen or not too old to be ranked
    leaders  (l,) ascending rows, published, of the LEADERS highest in score, in interest and in expectation
    """

    clock: int
    interest: NDArray[np.float64]
    own: NDArray[np.float64]
    expected: NDArray[np.float64]
    score: NDArray[np.float64]
    current: NDArray[np.bool_]
    leaders: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class RankingFit:
    """What a site's past taught about its ranking. (w,) are by window, in the order of WINDOWS.

    horizons   (w,) float64, microseconds that the window looks ahead; inf: `all`, the undecayed total
    half_lives (w,) float64, microseconds; column i of `Engagement.interest` fades by the i-th
    mix        (w,) float64, 0..1, the weight of an article's own readers against the expectation
    quality    (w,) float64, 0..1, the nDCG that this would have reached in the replays of the site's past
    replays    (w,) float64, how many those were, older ones counting less; 0: nothing to learn from yet
    ages       (g,) float64, ascending from 0, microseconds
    drawn      (g,) float64, ascending from 0: how much interest an article has drawn by that age, on the average
    evergreen_rate  (1,) float64, interest that an evergreen article draws in a microsecond, on the average
    max_age         (1,) float64, microseconds: what is older and not evergreen is in no ranking; inf: no limit
    """

    horizons: NDArray[np.float64]
    half_lives: NDArray[np.float64]
    mix: NDArray[np.float64]
    quality: NDArray[np.float64]
    replays: NDArray[np.float64]
    ages: NDArray[np.float64]
    drawn: NDArray[np.float64]
    evergreen_rate: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    max_age: NDArray[np.float64] = field(default_factory=lambda: np.full(1, np.inf))
    _standings: dict[int, tuple[tuple[int, ...], Standing]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls(*(arrays[name] for name in _ARRAYS))  # type: ignore[arg-type]  # mypy counts the memo among them

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        return {name: getattr(self, name) for name in _ARRAYS}

    def report(self) -> dict[str, dict[str, float]]:
        """What was fitted, by window that looks ahead, for people."""
        columns = zip(WINDOWS, self.half_lives, self.mix, self.quality, self.replays, self.horizons, strict=True)
        return {
            window: {
                "half_life_hours": round(float(half_life) / HOUR, 2),
                "own_weight": float(mix),
                "ndcg": round(float(quality), 4),
                "replays": round(float(replays), 1),
            }
            for window, half_life, mix, quality, replays, horizon in columns
            if np.isfinite(horizon)
        }

    def expected(self, ages: NDArray[np.float64], horizon: float) -> NDArray[np.float64]:
        """What an article of each of `ages` (m,) >= 0, microseconds, draws in the next `horizon`, on the average."""
        return np.interp(ages + horizon, self.ages, self.drawn) - np.interp(ages, self.ages, self.drawn)

    def standing(self, articles: "ArticleColumns", engagement: "Engagement", window: int, now: int) -> Standing:
        """All articles at `now`, to the second. Computed anew only when something changed or the second is over."""
        second = now - now % SECOND
        key = (second, engagement.changes, len(engagement))
        if window not in self._standings or self._standings[window][0] != key:
            self._standings[window] = (key, self._compute(articles, engagement, window, second))
        return self._standings[window][1]

    def _compute(self, articles: "ArticleColumns", engagement: "Engagement", window: int, now: int) -> Standing:
        published = articles.published
        out = published[published <= now]
        clock = site_clock(now, engagement.last_event, int(out.max()) if out.size else now)
        horizon, half_life, mix = self.horizons[window], self.half_lives[window], self.mix[window]
        interest = engagement.interest(window, clock)
        ages = np.maximum(clock - published, 0).astype(np.float64)
        evergreen = articles.evergreen
        if np.isinf(horizon):
            own, expected = interest, np.zeros(interest.size)
        else:
            own, expected = interest * _promise(horizon, half_life), self.expected(ages, horizon)
            if evergreen.any():
                slowest = int(np.flatnonzero(np.isfinite(self.horizons))[-1])
                steady = engagement.interest(slowest, clock) * _promise(horizon, self.half_lives[slowest])
                own[evergreen] = np.maximum(own, steady)[evergreen]
                expected[evergreen] = np.maximum(expected, self.evergreen_rate[0] * horizon)[evergreen]
            own, expected = mix * own, (1.0 - mix) * expected
        score = own + expected
        current = evergreen | (ages <= self.max_age[0])
        rows = np.flatnonzero(published <= now)
        leading = [rows[best(of[rows], rows, LEADERS)] for of in (score, interest, expected)]
        leaders = np.unique(np.concatenate(leading))
        return Standing(clock, interest, own, expected, score, current, leaders)


def ranking(model: "Model", window: Window, wish: Wish, now: int) -> list[Item]:
    """The list that readers of the coming `window` would want, best first, at most `wish.limit` items.

    Scores are expected readers whatever the filters, so those of sections and tags compare. What is past the site's age
    limit and not evergreen is in no ranking, and an article with too little to show for itself is no match. Where
    `wish.fill` allows, the places left go to what the next longer windows would show, and then to the newest, marked
    with the name of that window or "newest".
    """
    wish, pins = governed(model, "ranking", None, wish, now)
    return pins.placed(_ranked(model, WINDOWS.index(window), wish, now))


def _ranked(model: "Model", place: int, wish: Wish, now: int) -> list[Item]:
    rows = np.flatnonzero(model.ranking.standing(model.articles, model.engagement, place, now).current)
    rows = rows[model.articles.admits(rows, wish, now)]
    items = _matches(model, place, rows, wish, now)
    if wish.fill == "none":
        return items
    rows = rows[model.articles.admits(rows, wish, now, as_fill=True)]
    for longer in range(place + 1, len(WINDOWS)):
        if len(items) >= wish.limit:
            return items
        rows = _without(rows, items)
        more = _matches(model, longer, rows, replace(wish, limit=wish.limit - len(items), min_score=None), now)
        items += [filler(item.row, WINDOWS[longer]) for item in more]
    rows = _without(rows, items)
    published = model.articles.published[rows]
    newest = rows[leading(wish, published.astype(np.float64), rows, wish.limit - len(items))]
    return items + [filler(int(row), NEWEST) for row in newest]


def _matches(model: "Model", window: int, rows: NDArray[np.intp], wish: Wish, now: int) -> list[Item]:
    standing = model.ranking.standing(model.articles, model.engagement, window, now)
    score = standing.score[rows]
    rows = rows[(score >= (EVIDENCE if wish.min_score is None else 0.0)) & (score > 0.0)]
    score = weighed(wish, rows, standing.score[rows])
    if wish.min_score is not None:
        rows, score = rows[score >= wish.min_score], score[score >= wish.min_score]
    picked = rows[leading(wish, score, rows, wish.limit)]
    return explained(wish, [_item(model, standing, int(row)) for row in picked])


def _promise(horizon: float, half_life: float) -> float:
    """What of a faded sum of readers comes again within the horizon, were they to come as they fade."""
    return float(1.0 - 0.5 ** (horizon / half_life))


def _item(model: "Model", standing: Standing, row: int) -> Item:
    reasons = []
    if standing.own[row] > 0.0:
        count = max(1, round(float(standing.interest[row])))
        reasons.append(Reason(kind="popular", weight=float(standing.own[row]), count=count))
    if standing.expected[row] > 0.0:
        days = max(0, standing.clock - int(model.articles.published[row])) / DAY
        reasons.append(Reason(kind="new", weight=float(standing.expected[row]), days=days))
    reasons.sort(key=lambda reason: -reason.weight)
    return Item(row, sum(reason.weight for reason in reasons), tuple(reasons))


def _without(rows: NDArray[np.intp], items: list[Item]) -> NDArray[np.intp]:
    return rows[~np.isin(rows, [item.row for item in items])]
