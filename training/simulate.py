"""Simulated readers: what visitors with tastes would do on a site, from one seed.

The sample site ships with no reader's data; its events are drawn here, and its pages say so. The same articles, numbers
and seed give the same events, byte for byte.

Day by day each visitor comes at most once, at an hour of the daily rhythm, and reads on until the sitting ends:

- **What is opened** is drawn with a weight of appeal x interest(age) x taste x story. Interest in news halves every
  36 hours, the half-life of pages on a news portal (Dezso et al., Dynamics of information access on the web, Phys. Rev.
  E 2006); evergreen articles start lower and halve in 60 days. Topics of what a visitor has read pull her to more of
  them, so running stories keep their readers; the memory halves in 20 days.
- **Lists** stand on some pages: what shares topics (related), what was viewed lately (ranking), what this visitor is
  drawn to (recommendation). Each shown item is an impression. An item is clicked when it is examined, with probability
  1 / position^ETA, and attracts (position-based model: Craswell et al., WSDM 2008; this form of the propensity:
  Joachims, Swaminathan and Schnabel, WSDM 2017). The first click opens its article.
- **Dwell** is log-normal around the time that the text takes (Yin et al., Silence is also evidence, KDD 2013), longer
  for good articles. Likes follow quality and dwell; bookmarks favour guides; comments, shares and dislikes are rare. A
  visitor reacts to an article on the first reading only.

`training/simulated_readers.py` draws the appeal of articles and the tastes of visitors, `training/reading.py` the
sittings. At most `POOL` articles, the most alluring ones, can be opened on one day, so that cost does not grow with the
archive.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
import numpy as np

from recsys.article import Article
from recsys.event import EVENT_TYPES, LIST_NAMES, Event
from recsys.record import Micros
from recsys.times import DAY, HOUR, SECOND, parse_time
from training.reading import Ints, Sittings, World, desire, follow_lists, interest, read
from training.simulated_readers import Readers, Site, describe_site, draw_readers

SAMPLE_END = parse_time("2026-03-31T18:00:00Z")
SAMPLE_DAYS = 60
SAMPLE_VISITORS = 400

POOL = 2_000
MEMORY_HALF_LIFE_DAYS = 20.0
VIEWS_HALF_LIFE_DAYS = 1.0
READS_ON = 0.5
# Relative number of visits in each hour of the day (UTC): breakfast, lunch, and most of all after supper.
HOURS = np.array([2, 1, 1, 1, 1, 3, 7, 10, 9, 7, 6, 7, 10, 8, 6, 5, 6, 8, 10, 12, 12, 10, 7, 4], dtype=np.float64)

R = TypeVar("R", Article, Event)

_DWELL = EVENT_TYPES.index("dwell")
_TIMES = ("published_at", "updated_at", "expires_at", "at")


def simulate(
    articles: Sequence[Article],
    *,
    days: int = SAMPLE_DAYS,
    visitors: int = SAMPLE_VISITORS,
    seed: int = 7,
    end: int = SAMPLE_END,
) -> list[Event]:
    """Events of `visitors` readers over the `days` before `end` (microseconds), in order of time.

    Every event is at or after its article's publication, before its expiry, and before `end`. Ids begin with the seed,
    so that simulations with different seeds can be imported side by side.
    raises  ValueError: days or visitors below 1
    cost    O(sittings x min(articles, POOL)) time, O(visitors x articles) bytes
    """
    if days < 1 or visitors < 1:
        raise ValueError(f"expected at least one day and one visitor, got {days} and {visitors}")
    if not articles:
        return []
    site, readers = population(articles, visitors, seed)
    world = World.before_the_first_day(site, readers, np.random.default_rng([seed, 2]))
    for day in range(days):
        _live_through(world, day, end - (days - day) * DAY)
        world.memory[:] *= 0.5 ** (1 / MEMORY_HALF_LIFE_DAYS)
        world.views[:] *= 0.5 ** (1 / VIEWS_HALF_LIFE_DAYS)
    return _events(world, [a.id for a in articles], seed, end)


def population(articles: Sequence[Article], visitors: int, seed: int) -> tuple[Site, Readers]:
    """The site and readers behind the events that `simulate` draws with this seed; visitor v is `sim-<seed>-<v>`."""
    site = describe_site(articles, np.random.default_rng([seed, 0]))
    return site, draw_readers(site, visitors, np.random.default_rng([seed, 1]))


def shift(records: Sequence[R], delta: int) -> list[R]:
    """The records with every time in them moved by `delta` microseconds."""
    moved = []
    for record in records:
        times = {name: getattr(record, name, None) for name in _TIMES}
        later = {name: Micros(at + delta) for name, at in times.items() if at is not None}
        moved.append(msgspec.structs.replace(record, **later))
    return moved


def _live_through(world: World, day: int, start: int) -> None:
    """Draws all that happens in the 24 hours from `start`."""
    rng = world.rng
    visitor = np.flatnonzero(rng.random(len(world.readers)) < world.readers.visits)
    hour = rng.choice(24, size=len(visitor), p=HOURS / HOURS.sum())
    of_day = hour * HOUR + rng.integers(0, HOUR, len(visitor))
    sittings = Sittings(visitor, start + (of_day - start) % DAY, day, 0)
    pool = _pool(world.site, start)
    opened = np.full(len(visitor), -1, dtype=np.int64)  # what a click has opened, as a place in the pool
    while len(sittings) and len(pool):
        wish = desire(world, sittings, pool)
        cumulative = np.cumsum(wish, axis=1)
        drawn = np.argmax(cumulative > (rng.random(len(wish)) * cumulative[:, -1])[:, None], axis=1)
        place = np.where(opened >= 0, opened, drawn)
        finds = cumulative[:, -1] > 0
        sittings, place, wish = sittings.only(finds), place[finds], wish[finds]
        left = read(world, sittings, pool[place])
        clicked = follow_lists(world, sittings, pool, place, wish, left=left)
        on = (clicked >= 0) | (rng.random(len(clicked)) < READS_ON)
        pause = np.where(clicked[on] >= 0, 0, rng.integers(SECOND, 20 * SECOND, on.sum()))
        sittings, opened = Sittings(sittings.visitor[on], left[on] + pause, day, sittings.step + 1), clicked[on]


def _pool(site: Site, start: int) -> Ints:
    """(p,) rows that can be opened on the day that begins at `start`, ascending."""
    live = np.flatnonzero((site.published < start + DAY) & (site.expires > start))
    if len(live) <= POOL:
        return live
    age = np.maximum(start + DAY - site.published[live], 0) / DAY
    alluring = np.argsort(-site.appeal[live] * interest(age, site.evergreen[live]), kind="stable")[:POOL]
    return np.sort(live[alluring])


def _events(world: World, ids: Sequence[str], seed: int, end: int) -> list[Event]:
    """What was noted, as records by time, without what fell past an article's life or past the end."""
    if not world.log:
        return []
    columns = {name: np.concatenate([block[name] for block in world.log]) for name in world.log[0]}
    at, row = columns["at"], columns["row"]
    inside = (at >= world.site.published[row]) & (at < world.site.expires[row]) & (at < end)
    columns = {name: column[inside] for name, column in columns.items()}
    order = np.lexsort([columns[name] for name in ("position", "type", "step", "visitor", "at")])
    names = ("type", "row", "visitor", "day", "step", "at", "value", "list", "position")
    events = []
    for number, event in enumerate(zip(*(columns[name][order].tolist() for name in names), strict=True)):
        kind, article, visitor, day, step, moment, value, shown_in, position = event
        session = f"sim-{seed}-{visitor}-{day}"
        events.append(
            Event(
                id=f"sim-{seed}-{number}",
                type=EVENT_TYPES[kind],
                article_id=ids[article],
                visitor_id=f"sim-{seed}-{visitor}",
                session_id=session,
                at=Micros(moment),
                value=value if kind == _DWELL else None,
                list=LIST_NAMES[shown_in] if shown_in >= 0 else None,
                position=position or None,
                request_id=f"{session}-{step}" if shown_in >= 0 else None,
            )
        )
    return events
