"""Ranking: what readers favour now, and what is new enough that they are about to.

score = (1 - w) x what an article of that age is expected to draw in the coming horizon
          + w x what its own readers, faded, promise for it: (1 - .5^(H/h)) x sum over readers of weight x .5^(age/h)

with the horizon H of the window and h, w and the expectation fitted to the site's own past (`training.ranking`). For an
evergreen article, age is nothing: where that is more, it is expected to draw what evergreen ones draw at any age, and
its readers fade as slowly as those of the longest window that looks ahead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.favour_kernel import Curve
from recsys.interest import LONG_AGO, site_clock
from recsys.items import WINDOWS, Item, Reason, Window, Wish, filler, highest
from recsys.rules.placing import explained, governed, leading, weighed
from recsys.times import DAY, HOUR, SECOND

if TYPE_CHECKING:
    from recsys.columns import ArticleColumns
    from recsys.engagement import Engagement
    from recsys.model import Model

# A match has at least so much to show for itself, in views: expected in the horizon, or its own and faded.
EVIDENCE = 0.05

NEWEST = "newest"

LEADERS = 500  # where a list is full of these, no other article is looked at

PATCHED = 5_000  # rows that are brought up to date by themselves within a second; with more all are

_ARRAYS = ("horizons", "half_lives", "mix", "quality", "replays", "ages", "drawn", "evergreen_rate", "max_age")


@dataclass(frozen=True, slots=True)
class Standing:
    """Every article at one moment.

    clock    the site's, microseconds: what ages are counted from
    score    (n,) float64, what readers of the coming window would want
    current  (n,) bool, evergreen or not too old to be ranked
    leaders  (l,) ascending rows: all of those current and published before the second is over that score more than
             `beyond`, and some others
    """

    clock: int
    score: NDArray[np.float64]
    current: NDArray[np.bool_]
    leaders: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    beyond: float = np.inf


class _Memo(NamedTuple):
    """A standing at a `second`, and how many `changes` and `touched` rows of so many `articles` it knows of."""

    second: int
    articles: int
    changes: int
    touched: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Parts:
    """What the scores of m articles are made of, (m,) float64 each: score = own + expected.

    interest  of readers, faded      own  the part of it that counts      expected  of articles of their age
    """

    interest: NDArray[np.float64]
    own: NDArray[np.float64]
    expected: NDArray[np.float64]


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
    _standings: dict[int, _Memo] = field(default_factory=dict, compare=False, repr=False)
    _draws: dict[float, Curve] = field(default_factory=dict, compare=False, repr=False)

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
        return np.interp(ages, *self.curve(horizon))

    def bends(self, horizon: float) -> NDArray[np.float64]:
        """The ages, ascending from 0, between which `expected` is straight; beyond the last it stays as it is there."""
        return self.curve(horizon)[0]

    def curve(self, horizon: float) -> Curve:
        """The ages, ascending from 0, between which `expected` is straight, and what it is at each."""
        if horizon not in self._draws:
            # What is drawn from an age on is straight between the ages at which either end of the horizon meets a bend.
            bends = np.union1d(self.ages, np.maximum(self.ages - horizon, 0.0))
            drawn = np.interp(bends + horizon, self.ages, self.drawn) - np.interp(bends, self.ages, self.drawn)
            self._draws[horizon] = bends, drawn
        return self._draws[horizon]

    def standing(self, articles: "ArticleColumns", engagement: "Engagement", window: int, now: int) -> Standing:
        """All articles at `now`, to the second; valid until the next question.

        cost  O(articles) once a second; O(changes) within it, where the site is alive
        """
        second, known = now - now % SECOND, self._standings.get(window)
        standing = None
        if known is not None and (known.second, known.articles) == (second, len(engagement)):
            standing = self._carried_on(known, articles, engagement, window)
        if standing is None:
            standing = self._compute(articles, engagement, window, second)
        self._standings[window] = _Memo(second, len(engagement), engagement.changes, len(engagement.touched), standing)
        return standing

    def _carried_on(
        self, known: _Memo, articles: "ArticleColumns", engagement: "Engagement", window: int
    ) -> Standing | None:
        """What is known, with what changed since in the same second; None where all has to be worked out anew."""
        if known.changes == engagement.changes:
            return known.standing
        late = engagement.touched.view[known.touched :]
        # With an event of this second or a later one the clock stands still, whatever is published or taken away.
        if late.size > PATCHED or known.standing.clock != known.second or engagement.last_event < known.second:
            return None
        self._patch(known.standing, articles, engagement, window, late)
        return replace(known.standing, leaders=np.union1d(known.standing.leaders, late).astype(np.intp))

    def parts(
        self,
        articles: "ArticleColumns",
        engagement: "Engagement",
        window: int,
        clock: int,
        rows: NDArray[np.integer] | slice = slice(None),
    ) -> Parts:
        """What the scores of `rows` are made of when the site's clock says `clock`."""
        horizon, half_life, mix = self.horizons[window], self.half_lives[window], self.mix[window]
        interest = engagement.interest(window, clock, rows)
        if np.isinf(horizon):
            return Parts(interest, interest, np.zeros(interest.size))
        ages = np.maximum(clock - articles.published[rows], 0).astype(np.float64)
        own, expected = interest * _promise(horizon, half_life), self.expected(ages, horizon)
        evergreen = np.flatnonzero(articles.evergreen[rows])
        if evergreen.size:
            slowest = int(np.flatnonzero(np.isfinite(self.horizons))[-1])
            those = np.arange(len(articles))[rows][evergreen]
            steady = engagement.interest(slowest, clock, those) * _promise(horizon, self.half_lives[slowest])
            own[evergreen] = np.maximum(own[evergreen], steady)
            expected[evergreen] = np.maximum(expected[evergreen], self.evergreen_rate[0] * horizon)
        return Parts(interest, mix * own, (1.0 - mix) * expected)

    def _compute(self, articles: "ArticleColumns", engagement: "Engagement", window: int, now: int) -> Standing:
        published = articles.published
        newest = int(published.max(initial=LONG_AGO))
        if newest > now:
            newest = int(published[published <= now].max(initial=LONG_AGO))
        clock = now if newest == LONG_AGO else site_clock(now, engagement.last_event, newest)
        standing = Standing(clock, np.empty(published.size), np.empty(published.size, np.bool_))
        self._patch(standing, articles, engagement, window, slice(None))
        rows = np.flatnonzero(standing.current & (published < now + SECOND))
        leaders = rows[highest(standing.score[rows], rows, LEADERS)]
        beyond = float(standing.score[leaders].min(initial=np.inf)) if leaders.size < rows.size else -np.inf
        return replace(standing, leaders=leaders, beyond=beyond)

    def _patch(
        self,
        standing: Standing,
        articles: "ArticleColumns",
        engagement: "Engagement",
        window: int,
        rows: NDArray[np.integer] | slice,
    ) -> None:
        """Brings `rows` of a standing up to date."""
        parts = self.parts(articles, engagement, window, standing.clock, rows)
        standing.score[rows] = parts.own + parts.expected
        ages = standing.clock - articles.published[rows]
        standing.current[rows] = articles.evergreen[rows] | (ages <= self.max_age[0])


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
    standing = model.ranking.standing(model.articles, model.engagement, place, now)
    if wish.ruled is None or not (wish.ruled.boosts or wish.ruled.buries):
        leaders = standing.leaders[standing.current[standing.leaders]]
        items = _matches(model, place, leaders, wish, now)
        if len(items) == wish.limit and all(standing.score[item.row] > standing.beyond for item in items[-1:]):
            return items
    current = np.flatnonzero(standing.current)
    items = _matches(model, place, current, wish, now)
    if wish.fill == "none" or len(items) >= wish.limit:
        return items
    rows = current[model.articles.admits(current, wish, now, as_fill=True)]
    for longer in range(place + 1, len(WINDOWS)):
        if len(items) >= wish.limit:
            return items
        rows = _without(rows, items)
        more = _matches(
            model, longer, rows, msgspec.structs.replace(wish, limit=wish.limit - len(items), min_score=None), now
        )
        items += [filler(item.row, WINDOWS[longer]) for item in more]
    rows = _without(rows, items)
    published = model.articles.published[rows]
    newest = rows[leading(wish, published.astype(np.float64), rows, wish.limit - len(items))]
    return items + [filler(int(row), NEWEST) for row in newest]


def _matches(model: "Model", window: int, rows: NDArray[np.intp], wish: Wish, now: int) -> list[Item]:
    """The best of `rows` that the wish admits and that have something to show for themselves."""
    standing = model.ranking.standing(model.articles, model.engagement, window, now)
    score = standing.score[rows]
    rows = rows[(score >= (EVIDENCE if wish.min_score is None else 0.0)) & (score > 0.0)]
    rows = rows[model.articles.admits(rows, wish, now)]
    score = weighed(wish, rows, standing.score[rows])
    if wish.min_score is not None:
        rows, score = rows[score >= wish.min_score], score[score >= wish.min_score]
    picked = rows[leading(wish, score, rows, wish.limit)]
    parts = model.ranking.parts(model.articles, model.engagement, window, standing.clock, picked)
    days = np.maximum(standing.clock - model.articles.published[picked], 0) / DAY
    columns = (picked, parts.interest, parts.own, parts.expected, days)
    return explained(wish, [_item(*values) for values in zip(*(column.tolist() for column in columns), strict=True)])


def _promise(horizon: float, half_life: float) -> float:
    """What of a faded sum of readers comes again within the horizon, were they to come as they fade."""
    return float(1.0 - 0.5 ** (horizon / half_life))


def _item(row: int, interest: float, own: float, expected: float, days: float) -> Item:
    reasons = []
    if own > 0.0:
        reasons.append(Reason(kind="popular", weight=own, count=max(1, round(interest))))
    if expected > 0.0:
        reasons.append(Reason(kind="new", weight=expected, days=days))
    reasons.sort(key=lambda reason: -reason.weight)
    return Item(row, sum(reason.weight for reason in reasons), tuple(reasons))


def _without(rows: NDArray[np.intp], items: list[Item]) -> NDArray[np.intp]:
    return rows[~np.isin(rows, [item.row for item in items])]
