"""Claim: rules cost a list nothing where there are none; where there are 200, less than 0.15 ms at the median on up to
100,000 articles, and less than 0.3 ms on 1,000,000.

On the generated site of `recommendation_latency`: the same lists, in turn without rules and under 200: 40 pins, 40
burials, 60 boosts and 60 filters by ids, sections, tags, authors and ages, half of them on some pages only. Under rules
lists hold other articles, which may take more or less time to explain; so the claim is about the rules' own part of a
list with 200 candidates: what `governed`, `ArticleColumns.admits`, `weighed` and `leading` take; the lists stand beside
it. Once, not in every request: the work when rules are set, when an article is put, and when a
combination of rules is asked for the first time. CPU time, one thread.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.recommendation_latency import NOW, site
from recsys.event import LIST_NAMES
from recsys.items import Wish
from recsys.model import Model
from recsys.ranking import ranking
from recsys.recommendation import recommend
from recsys.rules.book import RuleBook
from recsys.rules.placing import governed, leading, weighed
from recsys.rules.rule import Rule, Selection

RESULTS = Path(__file__).parent / "results" / "rules.json"
ROUNDS = 300
WARM = 20_000
CANDIDATES = 200
ADDED = {10_000: 0.15, 100_000: 0.15, 1_000_000: 0.3}  # ms
SEED = 11


def rules_of(model: Model, rng: np.random.Generator) -> list[Rule]:
    """200 rules of the kinds that editors make."""
    n, groups = len(model.articles), model.articles.groups

    def some(kind: str, count: int) -> tuple[str, ...]:
        if kind == "ids":
            rows = rng.integers(0, n, count).tolist()
            found = {model.articles.id(row): row for row in rows}
            model.articles._new_ids.update(found)  # the generated site has no true hashes of its ids
            return tuple(found)
        group = groups[kind]
        return tuple(group.name(int(code)) for code in rng.integers(0, len(group), count))

    def selection(number: int) -> Selection:
        by = number % 5
        if by == 0:
            return Selection(ids=some("ids", 5))
        if by == 1:
            return Selection(sections=some("section", 1), max_age="30d")
        if by == 2:
            return Selection(tags=some("tag", 2))
        return Selection(authors=some("author", 1)) if by == 3 else Selection(tags=some("tag", 3), min_age="90d")

    found = []
    for number in range(200):
        pages = selection(number + 2) if number % 2 else None
        if number < 40:
            where = {"position": 1 + number % 8, "pages": pages, "lists": (LIST_NAMES[number % 3],)}
            found.append(Rule(kind="pin", articles=Selection(ids=some("ids", 1)), **where))
        elif number < 80:
            found.append(Rule(kind="bury", articles=selection(number), pages=pages))
        elif number < 140:
            found.append(Rule(kind="boost", articles=selection(number), factor=0.5 + number % 4, pages=pages))
        else:
            found.append(Rule(kind="filter", articles=selection(number), pages=pages))
    return found


def milliseconds(work: Callable[[int], object], rounds: int = ROUNDS) -> list[float]:
    """CPU time of each of `rounds` calls, a few more before them to warm up."""
    spent = []
    for number in range(-10, rounds):
        began = time.process_time_ns()
        work(number % rounds)
        spent.append((time.process_time_ns() - began) / 1e6)
    return spent[10:]


def measured(n: int) -> dict[str, float]:
    """Median CPU milliseconds of everything, by name."""
    rng = np.random.default_rng(SEED)
    plain = site(n, rng)
    model = replace(plain, articles=plain.articles.beside(), rules=RuleBook(rules_of(plain, rng)))
    found: dict[str, list[float]] = {}

    def setting(_: int) -> None:
        model.rules.set(model.rules.rules)
        model.rules.refresh(model.articles, NOW)

    found["set 200 rules"] = milliseconds(setting, 5)

    def putting(row: int) -> None:
        model.rules.put(row)
        model.rules.refresh(model.articles, NOW)

    found["put an article"] = milliseconds(putting, 50)

    pages = rng.integers(0, n, ROUNDS).tolist()
    candidates = [np.sort(rng.choice(n, CANDIDATES, replace=False)) for _ in range(ROUNDS)]
    score = rng.random(CANDIDATES)

    def first(number: int) -> None:
        model.rules.put(0)
        model.rules.refresh(model.articles, NOW)
        model.rules.ruled("related", pages[number], sensitive=False)

    found["first of a combination, with an article put"] = milliseconds(first, 50)

    def part(some: Model) -> Callable[[int], object]:
        def work(number: int) -> None:
            wish, pins = governed(some, "related", pages[number], Wish(limit=10), NOW)
            admitted = some.articles.admits(candidates[number], wish, NOW)
            rows = candidates[number][admitted]
            places = leading(wish, weighed(wish, rows, score[admitted]), rows, wish.limit)
            pins.placed([])
            assert places.size

        for number in range(WARM):  # long enough that every combination has been asked for often
            work(number % ROUNDS)
        return work

    found["rules' part of a list and its mask: none"] = milliseconds(part(plain))
    found["rules' part of a list and its mask: 200"] = milliseconds(part(model))
    for name, ask in (
        ("ranking", lambda some, _: ranking(some, "day", Wish(limit=8), NOW)),
        (
            "recommendation",
            lambda some, at: recommend(some, Wish(limit=8), NOW, history=candidates[at][:20].tolist(), row=pages[at]),
        ),
    ):
        for which, some in (("none", plain), ("200", model)):
            for number in range(ROUNDS):
                ask(some, number)
            found[f"{name}: {which}"] = milliseconds(lambda number, some=some, ask=ask: ask(some, number))
    return {name: float(np.median(spent)) for name, spent in found.items()}


def main() -> int:
    found = {str(n): measured(n) for n in [*ADDED][: int(sys.argv[1]) if len(sys.argv) > 1 else None]}
    names = next(iter(found.values()))
    print(f"{'CPU ms, median':<46}" + "".join(f"{int(n):>12,}" for n in found))
    for name in names:
        print(f"{name:<46}" + "".join(f"{figures[name]:>12.3f}" for figures in found.values()))
    part = "rules' part of a list and its mask"
    fine = all(figures[f"{part}: 200"] - figures[f"{part}: none"] < ADDED[int(n)] for n, figures in found.items())
    if len(found) == len(ADDED):
        RESULTS.parent.mkdir(exist_ok=True)
        machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        RESULTS.write_text(json.dumps({"cpu_ms": found, "machine": machine}, indent=1) + "\n")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
