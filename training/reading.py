"""One sitting of a simulated reader: what she is drawn to, what she does with an article, which list item she follows.

All functions work on the sittings of one day at once. In shapes m is the number of sittings that go on, p the number of
articles that can be opened that day (the pool), k the length of a list.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recsys.event import EVENT_TYPES, LIST_NAMES, EventType, ListName
from recsys.times import DAY, SECOND
from training.simulated_readers import Readers, Site

ETA = 1.0
NEWS_HALF_LIFE_DAYS = 1.5
EVERGREEN_HALF_LIFE_DAYS = 60.0
EVERGREEN_START = 0.05
LONG_TAIL = 0.005  # interest that never dies: search engines and old links
STORY_PULL = 1.0
SEEN_BEFORE = 0.02
FOREIGN_LANGUAGE = 0.01
WORDS_PER_SECOND = 3.8
DWELL_SIGMA = 0.7
LONGEST_DWELL_SECONDS = 1_800.0
LIST_IN_VIEW = 0.25
CLICK_WHEN_EXAMINED = 0.6
LIST_LENGTHS: dict[ListName, int] = {"related": 10, "ranking": 8, "recommendation": 8}
REACTIONS: dict[EventType, float] = {"like": 0.15, "bookmark": 0.02, "share": 0.015, "comment": 0.012, "dislike": 0.005}

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sittings:
    """The sittings of one day that go on at one step; each visitor has at most one."""

    visitor: Ints  # (m,) each once, ascending
    at: Ints  # (m,) microseconds
    day: int
    step: int

    def __len__(self) -> int:
        return len(self.visitor)

    def only(self, keep: NDArray[np.bool_] | Ints) -> "Sittings":
        """Some of them, in the order of `keep`, a sitting as often as it is named."""
        return Sittings(self.visitor[keep], self.at[keep], self.day, self.step)


@dataclass(frozen=True, slots=True)
class World:
    """The site, its readers, and what the past has left with them; the arrays change as time passes."""

    site: Site
    readers: Readers
    rng: np.random.Generator
    seen: NDArray[np.bool_]  # (v, n) who has read what
    memory: Floats  # (v, t + 1) topic weight of what was read, decayed
    views: Floats  # (n,) decayed
    log: list[dict[str, NDArray[np.generic]]] = field(default_factory=list)  # blocks of events, as columns

    @classmethod
    def before_the_first_day(cls, site: Site, readers: Readers, rng: np.random.Generator) -> "World":
        """Nobody has read anything."""
        seen = np.zeros((len(readers), len(site)), dtype=bool)
        return cls(site, readers, rng, seen, np.zeros_like(readers.topic_taste), np.zeros(len(site)))

    def note(
        self, kind: EventType, row: Ints, sittings: Sittings, at: Ints, **columns: NDArray[np.generic] | int
    ) -> None:
        """Logs one event for each of `row`; `columns` may hold value, list (its number) and position."""
        given = {"value": np.nan, "list": -1, "position": 0} | columns
        whole = {"type": EVENT_TYPES.index(kind), "day": sittings.day, "step": sittings.step}
        block = {name: np.broadcast_to(np.asarray(column), row.shape) for name, column in (given | whole).items()}
        self.log.append(block | {"row": row, "visitor": sittings.visitor, "at": at})


def interest(age_days: Floats, evergreen: NDArray[np.bool_]) -> Floats:
    """What an article of this age draws, as a share of what news draws at birth: 0 before it is published."""
    age = np.maximum(age_days, 0.0)
    news = 0.5 ** (age / NEWS_HALF_LIFE_DAYS)
    guide = EVERGREEN_START * 0.5 ** (age / EVERGREEN_HALF_LIFE_DAYS)
    drawn: Floats = np.where(age_days < 0, 0.0, np.where(evergreen, guide, news) + LONG_TAIL)
    return drawn


def desire(world: World, sittings: Sittings, pool: Ints) -> Floats:
    """(m, p) weight with which each visitor opens each article now; 0 for what isn't live."""
    site, readers = world.site, world.readers
    who, at = sittings.visitor, sittings.at[:, None]
    draws = site.appeal[pool] * interest((at - site.published[pool]) / DAY, site.evergreen[pool])
    draws *= at < site.expires[pool]
    draws *= 0.1 + readers.section_taste[who][:, site.section[pool]] * len(site.sections)
    mind = world.memory[who] + 10 * readers.topic_taste[who]
    draws *= 1 + STORY_PULL * topic_sum(mind, site.topics[pool])
    draws *= np.where(readers.reads_language[who][:, site.language[pool]], 1.0, FOREIGN_LANGUAGE)
    draws *= np.where(world.seen[who][:, pool], SEEN_BEFORE, 1.0)
    return draws


def topic_sum(weights: Floats, topics: Ints) -> Floats:
    """(m, p) for each row of `weights` (m, t + 1) the sum over the topics of each article (p, slots)."""
    total = np.zeros((len(weights), len(topics)))
    for slot in topics.T:
        total += weights[:, slot]
    return total


def read(world: World, sittings: Sittings, row: Ints) -> Ints:
    """Notes views, dwells and reactions on the articles `row` (m,); returns the moments (m,) at which they are left."""
    site, rng, who = world.site, world.rng, sittings.visitor
    first = ~world.seen[who, row]
    median = site.words[row] / WORDS_PER_SECOND * (0.3 + site.quality[row])
    seconds = np.clip(median * rng.lognormal(0.0, DWELL_SIGMA, len(row)), 1.0, LONGEST_DWELL_SECONDS).round(1)
    left: Ints = sittings.at + np.rint(seconds * SECOND).astype(np.int64)
    world.note("view", row, sittings, sittings.at)
    world.note("dwell", row, sittings, left, value=seconds)
    patience = np.minimum(seconds / median, 2.0)
    towards_the_end = sittings.at + (left - sittings.at) * 9 // 10
    for kind, share in REACTIONS.items():
        does = first & (rng.random(len(row)) < share * patience * _leaning(site, kind, row))
        world.note(kind, row[does], sittings.only(does), towards_the_end[does])
    world.seen[who, row] = True
    world.memory[who[:, None], site.topics[row]] += site.topic_weight[site.topics[row]]
    np.add.at(world.views, row, 1.0)
    return left


def _leaning(site: Site, kind: EventType, row: Ints) -> Floats:
    """(m,) how much an article invites this reaction, 1 for a middling one."""
    quality = 2 * site.quality[row]
    if kind == "like":
        return quality**2 * ~site.sensitive[row]
    if kind == "dislike":
        return (2 - quality) ** 2 * ~site.sensitive[row]
    return quality * np.where(site.evergreen[row] & (kind == "bookmark"), 3.0, 1.0)


def follow_lists(world: World, sittings: Sittings, pool: Ints, place: Ints, wish: Floats, *, left: Ints) -> Ints:
    """Notes impressions and clicks; returns the places in the pool (m,) of the articles clicked, -1 for none.

    place   (m,) the article on whose page the visitor is, as a place in the pool
    wish    (m, p) as `desire` returned it
    left    (m,) the moment at which the visitor leaves the page
    """
    rng = world.rng
    clicked = np.full(len(place), -1, dtype=np.int64)
    sees = (rng.random(len(place)) < LIST_IN_VIEW) & ~world.site.sensitive[pool[place]]
    chosen = rng.integers(0, len(LIST_NAMES), len(place))
    for number, name in enumerate(LIST_NAMES):
        page = np.flatnonzero(sees & (chosen == number))
        score = _list_scores(world, name, pool, place[page], wish[page])
        best = np.argsort(-score, axis=1, kind="stable")[:, : LIST_LENGTHS[name]]
        shown = np.take_along_axis(score, best, axis=1) > 0
        position = np.arange(1, best.shape[1] + 1)
        chance = position**-ETA * _attraction(wish[page], best)
        hit = shown & (rng.random(chance.shape) < chance)

        line, column = np.nonzero(shown)
        seen_at = (sittings.at[page] + left[page]) // 2
        seen_by = sittings.only(page[line])
        world.note(
            "impression", pool[best[line, column]], seen_by, seen_at[line], list=number, position=position[column]
        )

        line = np.flatnonzero(hit.any(axis=1))
        column = hit[line].argmax(axis=1)
        target = best[line, column]
        clicker = sittings.only(page[line])
        world.note("click", pool[target], clicker, left[page[line]], list=number, position=position[column])
        clicked[page[line]] = target
    return clicked


def _attraction(wish: Floats, best: Ints) -> Floats:
    """(m, k) chance of a click once examined: half of the most where an item equals the ten best wishes' mean."""
    wanted = np.take_along_axis(wish, best, axis=1)
    strong = np.sort(wish, axis=1)[:, -10:].mean(axis=1, keepdims=True)
    attraction: Floats = CLICK_WHEN_EXAMINED * wanted / (wanted + strong)
    return attraction


def _list_scores(world: World, name: ListName, pool: Ints, place: Ints, wish: Floats) -> Floats:
    """(m, p) what orders a simple list on each page; 0 for what may not stand in it."""
    site = world.site
    if name == "related":
        topics = site.topics[pool[place]]
        weights = np.zeros((len(place), len(site.topic_weight)))
        weights[np.arange(len(place))[:, None], topics] = site.topic_weight[topics]
        score = topic_sum(weights, site.topics[pool])
    elif name == "ranking":
        score = np.repeat(world.views[pool][None, :], len(place), axis=0)
    else:
        score = wish * world.rng.lognormal(0.0, 0.5, wish.shape)
    allowed = site.listed[pool] & (wish > 0) & (site.language[pool] == site.language[pool[place]][:, None])
    score = np.where(allowed, score, 0.0)
    score[np.arange(len(place)), place] = 0.0
    return score
