"""A visitor's variant: always the same, in the shares that were set, dealt anew for another experiment."""

from collections import Counter

import pytest

from recsys.errors import BadInput
from recsys.experiment import variant_of
from recsys.settings import Settings, read_settings

HALVES = {"ours": 0.5, "today": 0.5}
VISITORS = [f"reader-{n}" for n in range(4_000)]


def test_shares_are_kept_in_any_unit():
    for shares in ({"a": 0.9, "b": 0.1}, {"a": 90, "b": 10}):
        counts = Counter(variant_of(visitor, "e", shares) for visitor in VISITORS)
        assert counts["a"] == pytest.approx(3_600, abs=80)
        assert counts["b"] == 4_000 - counts["a"]


def test_a_visitor_stays_and_another_experiment_deals_anew():
    first = [variant_of(visitor, "one", HALVES) for visitor in VISITORS]
    assert first == [variant_of(visitor, "one", HALVES) for visitor in VISITORS]
    again = [variant_of(visitor, "two", HALVES) for visitor in VISITORS]
    assert sum(a == b for a, b in zip(first, again, strict=True)) == pytest.approx(2_000, abs=130)


def test_without_variants_nobody_is_in_an_experiment():
    assert variant_of("reader", "", {}) is None
    assert Settings().variants == {}


@pytest.mark.parametrize(
    "line", ["variants = {a = 0}", "variants = {a = -1, b = 1}", 'variants = {"" = 1}', 'variants = {"a\\u0001" = 1}']
)
def test_shares_and_names_that_can_not_be_are_refused(tmp_path, line):
    path = tmp_path / "recsys.toml"
    path.write_text(line)
    with pytest.raises(BadInput, match="variants"):
        read_settings(path)
