"""The compiled shingles are the plain ones, only sooner."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.stories import KEPT, Shingles, ShingleTable
from training import shingles
from training.shingles import compiled_shingles

WORDS = [
    "Pool",
    "POOL",
    "pool_2",
    "l'eau",
    "Straße",
    "Łódź",
    "İ",
    "バス",
    "水泳",
    "เปิดสระ",
    "မြန်မာ",
    "𝔘𝔫𝔦",
    "١٢",
    "\u0301",
    "😀",
]
texts = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | st.text(max_size=80)


def assert_same(found: ShingleTable, corpus: list[str]) -> None:
    assert found.sizes.size == len(corpus)
    for row, text in enumerate(corpus):
        one, plain = found[row], Shingles.of(text)
        assert one.size == plain.size
        np.testing.assert_array_equal(one.hashes, plain.hashes, strict=True)


@settings(max_examples=100, deadline=None)
@given(st.lists(texts, max_size=6), st.sampled_from([1, shingles.BLOCK]))
def test_any_texts_have_the_shingles_of_the_plain_twin(corpus: list[str], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shingles, "BLOCK", block)
        assert_same(compiled_shingles(corpus), corpus)


def test_of_a_long_text_the_smallest_hashes_are_kept() -> None:
    long = " ".join(f"word{i}" for i in range(3 * KEPT))
    corpus = [long, f"{long} {long}", "short"]
    found = compiled_shingles(corpus)
    assert found[0].size > found[0].hashes.size == KEPT
    assert_same(found, corpus)
