"""What an operator can watch: counters and timings for Prometheus, without anything about readers."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Telemetry:
    """The metrics of one server process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("recsys_requests", "Requests answered.", ("route", "status"), registry=self._registry)
        self._seconds = Histogram(
            "recsys_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self._events = Counter(
            "recsys_events", "Events received, by what became of them.", ("outcome",), registry=self._registry
        )
        self.refused_bundles = Counter(
            "recsys_refused_bundles", "Activated models that did not verify.", registry=self._registry
        )

        self._answered: dict[tuple[str, int], tuple[Counter, Histogram]] = {}  # looking labels up costs 3 microseconds

    def gauge(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """A number that is asked for whenever the metrics are read."""
        Gauge(name, help_text, registry=self._registry).set_function(value)

    def count_events(self, accepted: int, duplicates: int, rejected: int) -> None:
        """Counts what became of a batch of events."""
        for outcome, count in (("accepted", accepted), ("duplicate", duplicates), ("rejected", rejected)):
            self._events.labels(outcome).inc(count)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Counts one request. `route` is a template, never a path that was sent."""
        if (route, status) not in self._answered:
            self._answered[route, status] = (self._requests.labels(route, str(status)), self._seconds.labels(route))
        requests, timings = self._answered[route, status]
        requests.inc()
        timings.observe(seconds)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)
