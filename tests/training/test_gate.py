"""The gate: data that shrank, lists that emptied, and a list that got worse beyond chance are named with figures."""

import numpy as np
import pytest

from training.comparison import Answers, Comparison, compared
from training.gate import LEAST_READERS, Shape, misshapen, shrunk, worse
from training.side_by_side import CANDIDATE, DEPTH, PROTOCOLS, SERVING


def shape(**values: float) -> Shape:
    return Shape(**({"asked": 100, "empty": 0.1, "coverage": 2.0, "ranked": 10} | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(("before", "now", "refused"), [(100, 50, False), (100, 49, True), (0, 0, False), (3, 1, True)])
def test_half_of_the_data_may_go_and_no_more(before: int, now: int, refused: bool) -> None:
    assert bool(shrunk("articles", before, now)) is refused


def test_what_shrank_is_told_with_both_numbers() -> None:
    assert shrunk("events", 1_000, 100) == ["events: 100, the serving model has 1,000 (-90%, allowed -50%)"]


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        (shape(empty=0.1999), ""),
        (shape(empty=0.21), "Related now: 21.0% of the lists are empty, of the serving model's 10.0% (allowed +10%)"),
        (shape(coverage=1.61), ""),
        (shape(coverage=1.5), "Related now: 1.500 different articles per list, the serving model's have 2.000 (-25%"),
        (shape(ranked=1), ""),
        (shape(ranked=0), "Ranking now: it is empty, the serving model's has 10 articles"),
    ],
)
def test_lists_may_lose_a_little(candidate: Shape, said: str) -> None:
    found = misshapen(candidate, shape(), "now")
    assert len(found) == bool(said)
    assert not said or found[0].startswith(said)


def test_a_model_without_lists_is_no_worse_than_another_without() -> None:
    nothing = shape(asked=0, empty=0.0, coverage=0.0, ranked=0)
    assert misshapen(nothing, nothing, "now") == []


def comparison(candidate_right: float, serving_right: float, readers: int, seed: int = 1) -> tuple[Comparison, int]:
    """Each reader turns to article 0, five times; each model shows it first with its own probability, or not at all."""
    rng = np.random.default_rng(seed)
    acts = readers * 5
    lists = {
        name: [[0] if hit else [1] for hit in rng.random(acts) < right]
        for name, right in ((CANDIDATE, candidate_right), (SERVING, serving_right))
    }
    answers = Answers(lists, [{0: 1.0}] * acts, [act % readers for act in range(acts)])
    return compared("ranking", PROTOCOLS["ranking"], [answers], depths=(DEPTH,), catalogue=10), readers


def test_a_list_that_is_worse_beyond_chance_is_refused_with_its_interval() -> None:
    [said], notes = worse([comparison(0.4, 0.6, readers=100)])
    assert said.startswith(f"ranking: nDCG@{DEPTH} -0.")
    assert "over 500 acts of 100 readers" in said
    assert notes == []


@pytest.mark.parametrize("right", [0.5, 0.6])
def test_a_list_that_is_as_good_or_better_passes(right: float) -> None:
    assert worse([comparison(right, 0.5, readers=100)]) == ([], [])


def test_too_few_readers_decide_nothing_and_are_told() -> None:
    refusals, [note] = worse([comparison(0.0, 1.0, readers=LEAST_READERS - 1)])
    assert refusals == []
    assert f"acts of {LEAST_READERS - 1} readers only" in note


def test_equal_models_are_refused_in_one_night_of_forty_at_most() -> None:
    refused = sum(bool(worse([comparison(0.5, 0.5, readers=40, seed=seed)])[0]) for seed in range(60))
    assert refused <= 5
