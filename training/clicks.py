"""How often what was shown was clicked, from the log: by list, place, model and variant.

An impression and a click are of one look where request, reader, list and article are the same. A reader who sees the
same answer twice looks once. The model is the one that was active when the impression was stamped.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping

import msgspec
import numpy as np

from recsys.event import LIST_NAMES, Event, ListName
from recsys.metrics import Interval
from recsys.store import ChangeLog
from training.progress import Progress
from training.rates import clustered_rate, rate_difference, ratio_mismatch

NO_NAME = "(none)"
MISMATCH = 0.001  # below it the split is not the one that was set: nothing that follows from it can be believed

_ENTRIES = 256

# request, reader, list, article
_Look = tuple[str, str, ListName, str]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Of the looks at `list` under one name of a place, model or variant: the share clicked, with its interval."""

    list: ListName
    name: str
    impressions: int
    clicks: int
    rate: float
    low: float
    high: float


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of `variant` minus that of `against`, with its interval."""

    list: ListName
    variant: str
    against: str
    value: float
    low: float
    high: float


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """How many visitors each variant had, beside the shares that were set; p of no mismatch; and what that says."""

    visitors: dict[str, int]
    shares: dict[str, float]
    p: float
    says: str


class Clicks(msgspec.Struct, frozen=True, kw_only=True):
    """What the log tells of the lists."""

    protocol: str
    impressions: int
    clicks: int
    by_list: tuple[Rate, ...] = ()
    by_position: tuple[Rate, ...] = ()
    by_model: tuple[Rate, ...] = ()
    by_variant: tuple[Rate, ...] = ()
    differences: tuple[Difference, ...] = ()
    split: Shares | None = None
    notes: tuple[str, ...] = ()


class _Shown:
    """One look, or, where nobody knows whose, all of them."""

    __slots__ = ("clicked", "looks", "model", "position", "variant")

    def __init__(self, position: int | None, model: str, variant: str | None) -> None:
        self.position, self.model, self.variant = position, model, variant
        self.looks = 0
        self.clicked = 0


def clicks_of(log: ChangeLog, before: int, shares: Mapping[str, float], progress: Progress) -> Clicks:
    """What the events of the log stamped before `before` tell; `shares` of visitors by variant, as the settings say."""
    shown: dict[_Look, _Shown] = {}
    clicked: dict[_Look, int] = {}
    variants: dict[str, set[str]] = {}
    nameless = after = 0
    last, activations = log.last(), _activations(log)
    while after < last and (entries := log.read(after, min(_ENTRIES, last - after))):
        after = entries[-1].seq
        for event in (event for entry in entries for event in entry.events if event.at < before):
            if event.variant is not None and event.visitor_id is not None:
                variants.setdefault(event.visitor_id, set()).add(event.variant)
            if event.type not in ("impression", "click") or event.list is None:
                continue
            look = _look(event)
            if look is None:
                nameless += event.type == "impression"
            elif event.type == "click":
                clicked[look] = clicked.get(look, 0) + 1
            else:
                if look not in shown:
                    shown[look] = _Shown(event.position, activations(event.at), event.variant)
                shown[look].looks += 1
        progress("reading events", after, last)
    unseen = _join(shown, clicked)
    crossed = sum(len(names) > 1 for names in variants.values())
    by_variant = _rates(shown, lambda look: look.variant)
    return Clicks(
        protocol="one look a reader and answer; intervals of 95% by reader",
        impressions=sum(look.looks for look in shown.values()),
        clicks=sum(look.clicked for look in shown.values()),
        by_list=_rates(shown, lambda _: ""),
        by_position=_rates(shown, lambda look: None if look.position is None else f"{look.position}"),
        by_model=_rates(shown, lambda look: look.model),
        by_variant=by_variant,
        differences=_differences(by_variant, [*shares]),
        split=_split(variants, shares),
        notes=_notes(nameless, unseen, crossed),
    )


def _activations(log: ChangeLog) -> Callable[[int], str]:
    """Which model was active at a moment, as the log tells."""
    found, after = [], 0
    while entries := log.read(after, _ENTRIES):
        found += [(entry.at, entry.ids[0]) for entry in entries if entry.kind == "activate"]
        after = entries[-1].seq
    found.sort(key=lambda pair: pair[0])
    times = [at for at, _ in found]
    return lambda at: found[place - 1][1] if (place := bisect_right(times, at)) else NO_NAME


def _look(event: Event) -> _Look | None:
    if event.request_id is None or event.list is None:
        return None
    reader = event.visitor_id or event.session_id or ""
    return event.request_id, reader, event.list, event.article_id


def _join(shown: Mapping[_Look, _Shown], clicked: Mapping[_Look, int]) -> int:
    """Lets each look know whether it was clicked; how many clicks were on what was not seen to be shown."""
    for look, one in shown.items():
        if look[1]:
            one.looks = 1
        one.clicked = min(one.looks, clicked.get(look, 0))
    return sum(count for look, count in clicked.items() if look not in shown)


def _rates(shown: Mapping[_Look, _Shown], name_of: Callable[[_Shown], str | None]) -> tuple[Rate, ...]:
    """By list and name, those without a name left out; places in their order, other names by how much was shown."""
    counts: dict[tuple[ListName, str], dict[str, list[int]]] = {}
    for (request, reader, list_, _), look in shown.items():
        name = name_of(look)
        if name is not None:
            of_reader = counts.setdefault((list_, name), {}).setdefault(reader or f"\x1f{request}", [0, 0])
            of_reader[0] += look.looks
            of_reader[1] += look.clicked
    found = []
    for (list_, name), by_reader in counts.items():
        looks, clicks = np.array([*by_reader.values()]).T
        rate = clustered_rate(looks, clicks)
        found.append(
            Rate(
                list=list_,
                name=name,
                impressions=int(looks.sum()),
                clicks=int(clicks.sum()),
                rate=rate.mean,
                low=rate.low,
                high=rate.high,
            )
        )
    found.sort(key=lambda rate: (LIST_NAMES.index(rate.list), f"{rate.name:0>5}" if rate.name.isdigit() else rate.name))
    return tuple(found)


def _differences(rates: Iterable[Rate], order: list[str]) -> tuple[Difference, ...]:
    """In each list, every variant minus the first: of those that the settings name, in their order, else by name."""
    found = []
    by_list: dict[ListName, list[Rate]] = {}
    for rate in rates:
        by_list.setdefault(rate.list, []).append(rate)
    for list_, some in by_list.items():
        first, *others = sorted(some, key=lambda r: (order.index(r.name) if r.name in order else len(order), r.name))
        for other in others:
            apart = rate_difference(*(Interval(r.rate, r.low, r.high) for r in (other, first)))
            found.append(
                Difference(
                    list=list_, variant=other.name, against=first.name, value=apart.mean, low=apart.low, high=apart.high
                )
            )
    return tuple(found)


def _split(variants: Mapping[str, set[str]], shares: Mapping[str, float]) -> Shares | None:
    """Whether visitors fell to the variants as set, those who met several left aside."""
    counts = dict.fromkeys(shares, 0)
    for names in variants.values():
        if len(names) == 1 and (name := next(iter(names))) in counts:
            counts[name] += 1
    if not sum(counts.values()):
        return None
    p = ratio_mismatch(np.array([*counts.values()]), np.array([*shares.values()], np.float64))
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    if p < MISMATCH:
        said = f"{told}: not as set (p = {p:.2g}). Find out why before you believe any difference between variants."
    else:
        said = f"{told}: as set, as far as can be told (p = {p:.2g})"
    return Shares(visitors=counts, shares=dict(shares), p=p, says=said)


def _notes(nameless: int, unseen: int, crossed: int) -> tuple[str, ...]:
    """What is left out, and what these figures can't say."""
    notes = ["A place further up is clicked more, whatever stands there: compare variants, not places or lists."]
    if nameless:
        notes.append(f"{nameless:,} impressions name no request and are left out.")
    if unseen:
        notes.append(f"{unseen:,} clicks are on something that no impression tells of; they are left out.")
    if crossed:
        notes.append(f"{crossed:,} visitors met more than one variant; they don't count among the visitors of any.")
    return tuple(notes)
