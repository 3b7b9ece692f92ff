"""What an operator can watch: counters and timings for Prometheus, over all workers, without anything about readers."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import accumulate
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from recsys.event import LIST_NAMES
from recsys.items import Item
from serving.counts import Counts
from serving.security import NEEDS

REFUSED = "refused"  # by the guard or the gate, whatever it was for
PAGES = "pages"  # the demo site and the documentation
ELSEWHERE = "elsewhere"
OTHER_STATUS = 0

Made = Literal["matches", "partly_filled", "filled", "empty"]
Shed = Literal["reader", "list", "request", "write"]

_ROUTES = (*dict.fromkeys(path for _, path in NEEDS), REFUSED, PAGES, ELSEWHERE)
_STATUSES = (
    *(200, 201, 202, 204, 304, 307, 400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 416, 421, 422, 428, 429),
    *(500, 503, 507, OTHER_STATUS),
)
_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_DELAYS = (1.0, 10.0, 60.0, 600.0, 3_600.0, 86_400.0)
_OUTCOMES = ("accepted", "duplicate", "rejected", "ignored")
_MADE: tuple[Made, ...] = get_args(Made)
_ITEMS = ("match", "fill")
_SHED: tuple[Shed, ...] = get_args(Shed)

# What a worker tells of itself, and how /metrics calls it.
_STATES = {
    "log_lag": ("recsys_log_lag", "Entries of the change log not applied yet."),
    "articles": ("recsys_articles", "Articles known, whether shown or not."),
    "trained_at": ("recsys_model_as_of_seconds", "Unix time that the model was trained as of; 0: none was trained."),
    "loop_lag": ("recsys_loop_lag_seconds", "How late the event loop was at its last beat."),
    "beat": ("recsys_worker_beat_seconds", "Unix time of the last beat: a worker that hangs has none."),
}

# Columns and amounts that an answer adds to each time it is given.
Tally = tuple[tuple[int, int], ...]


def _names() -> Iterator[Hashable]:
    for route in _ROUTES:
        yield from (("requests", route, status) for status in _STATUSES)
        yield from (("seconds", route, bucket) for bucket in range(len(_SECONDS) + 1))
        yield ("seconds_sum", route)
    yield from (("events", outcome) for outcome in _OUTCOMES)
    yield from (("delay", bucket) for bucket in range(len(_DELAYS) + 1))
    yield from (("lists", name, made) for name in LIST_NAMES for made in _MADE)
    yield from (("items", name, kind) for name in LIST_NAMES for kind in _ITEMS)
    yield from (("shed", what) for what in _SHED)
    yield from ("delay_sum", "refused_bundles", "restarts", *_STATES)


_PLACES = {name: place for place, name in enumerate(_names())}


def new_counts(workers: int = 1) -> Counts:
    """A table for so many workers and their parent."""
    return Counts(_PLACES, workers + 1)


def tally(name: str, items: Iterable[Item]) -> Tally:
    """What giving a list adds to the counters."""
    fills = [item.fill for item in items]
    matches, count = fills.count(None), len(fills)
    made: Made = "empty" if not count else "matches" if matches == count else "partly_filled" if matches else "filled"
    found = [(_PLACES["lists", name, made], 1)]
    if matches:
        found.append((_PLACES["items", name, "match"], matches))
    if matches < count:
        found.append((_PLACES["items", name, "fill"], count - matches))
    return tuple(found)


class Telemetry:
    """The metrics of one worker; `exposition` tells those of all."""

    def __init__(self, counts: Counts | None = None, worker: int = 0) -> None:
        """counts  shared by the workers of a server; None: there is one worker"""
        self._counts = counts or new_counts()
        self._row = self._counts.row(worker)
        self._gauges: list[tuple[str, str, Callable[[], float]]] = []
        self._answered: dict[tuple[str, int], tuple[int, int, int]] = {}

    def gauge(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """A number that is the same for all workers, asked for whenever the metrics are read."""
        self._gauges.append((name, help_text, value))

    def count_events(self, accepted: int, duplicates: int, rejected: int, ignored: int) -> None:
        """Counts what became of a batch of events; `ignored` are those of robots and pages loaded ahead."""
        for outcome, count in zip(_OUTCOMES, (accepted, duplicates, rejected, ignored), strict=True):
            self._row[_PLACES["events", outcome]] += count

    def count_delays(self, seconds: Iterable[float]) -> None:
        """Counts how long ago the events of a batch happened when they came in."""
        first, total = _PLACES["delay", 0], _PLACES["delay_sum"]
        for delay in seconds:
            self._row[first + bisect_left(_DELAYS, delay)] += 1
            self._row[total] += max(0.0, delay)

    def refused_bundle(self) -> None:
        """Counts an activated model that did not verify."""
        self._row[_PLACES["refused_bundles"]] += 1

    def shed(self, what: Shed) -> None:
        """Counts something that was not done, or done cheaper, because too much was asked."""
        self._row[_PLACES["shed", what]] += 1

    def restarted(self) -> None:
        """Counts a worker that took the place of one that died."""
        self._row[_PLACES["restarts"]] += 1

    def beat(self, **states: float) -> None:
        """What the worker tells of itself now; names as in `_STATES`."""
        for name, value in states.items():
            self._row[_PLACES[name]] = value

    def gave(self, given: Tally) -> None:
        """Counts the lists of an answer."""
        for place, count in given:
            self._row[place] += count

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Counts one request. `route` is a template, never a path that was sent."""
        places = self._answered.get((route, status))
        if places is None:
            known = route if route in _ROUTES else PAGES
            code = status if status in _STATUSES else OTHER_STATUS
            places = _PLACES["requests", known, code], _PLACES["seconds", known, 0], _PLACES["seconds_sum", known]
            self._answered[route, status] = places
        row = self._row
        row[places[0]] += 1
        row[places[1] + bisect_left(_SECONDS, seconds)] += 1
        row[places[2]] += seconds

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(_Collected(self._families))
        return generate_latest(registry)

    def _families(self) -> Iterator[Metric]:
        yield self._counter("recsys_requests", "Requests answered.", "requests", ("route", "status"))
        timings = HistogramMetricFamily("recsys_request_seconds", "Time to answer.", labels=("route",))
        for route in _ROUTES:
            buckets = self._buckets(("seconds", route), _SECONDS)
            if buckets[-1][1]:
                timings.add_metric((route,), buckets, self._counts.total(("seconds_sum", route)))
        yield timings
        yield self._counter("recsys_events", "Events received, by what became of them.", "events", ("outcome",))
        delays = HistogramMetricFamily("recsys_event_delay_seconds", "From an event to its arrival.")
        delays.add_metric((), self._buckets(("delay",), _DELAYS), self._counts.total("delay_sum"))
        yield delays
        yield self._counter("recsys_lists", "Lists answered, by what they are made of.", "lists", ("list", "made"))
        yield self._counter("recsys_items", "Items in the lists answered.", "items", ("list", "kind"))
        yield self._counter("recsys_shed", "Not done, or done cheaper, under overload.", "shed", ("what",))
        for name, text in (
            ("refused_bundles", "Activated models that did not verify."),
            ("restarts", "Workers that took the place of one that died."),
        ):
            counter = CounterMetricFamily(f"recsys_{name}", text)
            counter.add_metric((), self._counts.total(name))
            yield counter
        for state, (name, text) in _STATES.items():
            gauge = GaugeMetricFamily(name, text, labels=("worker",))
            for worker, (value, beat) in enumerate(
                zip(self._counts.each(state), self._counts.each("beat"), strict=True)
            ):
                if beat:
                    gauge.add_metric((str(worker),), value)
            yield gauge
        for name, text, ask in self._gauges:
            gauge = GaugeMetricFamily(name, text)
            gauge.add_metric((), ask())
            yield gauge

    def _counter(self, name: str, text: str, column: str, labels: tuple[str, ...]) -> CounterMetricFamily:
        family = CounterMetricFamily(name, text, labels=labels)
        for key in _PLACES:
            if isinstance(key, tuple) and key[0] == column and (total := self._counts.total(key)):
                family.add_metric(tuple("other" if part == OTHER_STATUS else str(part) for part in key[1:]), total)
        return family

    def _buckets(self, column: tuple[str, ...], bounds: tuple[float, ...]) -> list[tuple[str, float]]:
        counts = accumulate(self._counts.total((*column, bucket)) for bucket in range(len(bounds) + 1))
        return list(zip((*map(str, bounds), "+Inf"), counts, strict=True))


class _Collected(Collector):
    """What a registry asks for its metrics."""

    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Metric]:
        """All metrics now."""
        return self._collect()
