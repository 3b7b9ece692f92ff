"""A small site with real components, fitted on a few dozen articles and the reads of a few visitors."""

from dataclasses import dataclass
from functools import cache

from recsys.article import Article
from recsys.event import Event
from recsys.model import Model
from recsys.record import Micros, SectionPath
from recsys.settings import Settings
from recsys.store import StoredArticle
from recsys.times import DAY, HOUR, parse_time
from training.events import event_table
from training.fit import fit

NOW = parse_time("2026-03-01T12:00:00Z")
TOPICS = ("harbour", "orchard", "glacier", "theatre", "railway", "volcano")
WORDS = {
    "harbour": "ships cranes tide pilots containers docks cargo lighthouse",
    "orchard": "apples blossom cider pickers ladders frost honey grafting",
    "glacier": "ice crevasse meltwater moraine drilling cores summit snowfall",
    "theatre": "stage rehearsal actors curtain premiere lighting costumes applause",
    "railway": "tracks sleepers signals carriages timetable viaduct station freight",
    "volcano": "lava crater ash eruption tremor basalt observatory plume",
}


def stored(articles):
    return [StoredArticle(article=a, row=row, views_at=0, likes_at=0) for row, a in enumerate(articles)]


def article(number, **changes):
    topic = TOPICS[number % len(TOPICS)]
    words = WORDS[topic].split()
    turned = words[number % 5 :] + words[: number % 5]
    fields = {
        "id": f"a{number}",
        "title": f"{topic.title()} report {number}",
        "body": f"<p>The {topic} and its {' '.join(turned[:6])}, as seen on day {number}.</p>",
        "section": SectionPath(("News", topic.title())),
        "tags": (topic, words[0]),
        "language": "en",
        "published_at": Micros(NOW - (number + 1) * DAY // 2),
    }
    return Article(**(fields | changes))


def view(visitor, number, hours_ago, kind="view"):
    return Event(type=kind, article_id=f"a{number}", visitor_id=visitor, at=NOW - int(hours_ago * HOUR))


def model_of(articles, events=(), as_of=NOW):
    """The model of these articles and events, in memory."""
    return fitted(stored(articles), events, as_of)


def fitted(catalogue, events, as_of, *, until=None, with_totals=True):
    """A new model as of then. What is fitted to it, from the events before `until`, is so once in a process."""
    manifest, arrays = _fitted(tuple(catalogue), tuple(events), as_of, until or as_of, with_totals)
    return Model.open(manifest, dict(arrays))


@cache
def _fitted(catalogue, events, as_of, until, with_totals):
    row_of = {one.article.id: one.row for one in catalogue}
    table = event_table(events, row_of.get, until)
    arrays, manifest = fit(catalogue, table, as_of, Settings(), with_totals=with_totals)
    for array in arrays.values():
        array.flags.writeable = False  # as those of a bundle on disk
    return manifest, arrays


@dataclass(frozen=True)
class Reading:
    """Twelve visitors: each reads six or seven of the eight articles of a topic, one an hour; half backwards."""

    visitors = tuple(f"v{number}" for number in range(12))

    @property
    def events(self):
        return [
            view(visitor, number, 8 - place)
            for n, visitor in enumerate(self.visitors)
            for place, number in enumerate(self._numbers(n))
            if place != 2 + n // len(TOPICS)
        ]

    @staticmethod
    def _numbers(n):
        topic, backwards = n % len(TOPICS), n >= len(TOPICS)
        numbers = range(topic, 48, len(TOPICS))
        return reversed(numbers[1:]) if backwards else numbers
