"""The compiled vectoriser is the plain text model, only sooner."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from recsys.tfidf import Fields, TextModel, term_hash
from training import text_model, tokens, vectorise
from training.text_model import fit_text
from training.vectorise import fit_compiled

WORDS = [
    *("pool", "Pools", "POOL", "the", "council’s", "re-opened", "C++", "C#", "F#x", "a++b", "7", "2024", "½", "ﬁne"),
    *("Łódź", "L\u0301o\u0301dz", "Straße", "STRASSE", "İstanbul", "ISI", "hồ", "ho\u0302\u0300", "бассейны", "Αθήνας"),
    *("מוֹרֶה", "مَدْرَسَة", "مـدرسة", "परिषद", "পুকুর", "ገንዳ", "soft\u00adhyphen", "\u0301alone", "می‌روم", "𝔘𝔫𝔦"),
    *(
        "水泳",
        "水",
        "プール",
        "ﾌﾟｰﾙ",
        "古いプール",
        "수영장을",
        "\u1112\u1161\u11ab",
        "เปิดสระ",
        "ເປີດ",
        "iPhone15を発売",
        "々",
        "〇",
    ),
]
texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=30)
articles = st.builds(
    Fields,
    title=texts,
    text=texts,
    tags=st.lists(texts, max_size=3).map(tuple),
    language=st.sampled_from(["en", "de", "tr", "ja", "ar", "und"]),
)


def assert_same(corpus: list[Fields]) -> None:
    (model, matrix), (plain, expected) = fit_compiled(corpus), TextModel.fit(corpus)
    for name, array in plain.arrays().items():
        assert_array_equal(model.arrays()[name], array, err_msg=name, strict=True)
    assert matrix.shape == expected.shape
    assert_array_equal(matrix.indptr, expected.indptr, strict=True)
    assert_array_equal(matrix.indices, expected.indices, strict=True)
    assert matrix.data.dtype == np.float32
    assert_allclose(matrix.data, expected.data, rtol=1e-6)


@settings(max_examples=100, deadline=None)
@given(st.lists(articles, max_size=8))
def test_any_articles_give_the_model_and_matrix_of_the_plain_twin(corpus):
    assert_same(corpus)


@settings(max_examples=20, deadline=None)
@given(st.lists(articles, min_size=2, max_size=8))
def test_where_the_corpus_is_cut_into_blocks_is_no_matter(corpus):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "BLOCK", 1)
        assert_same(corpus)


def test_the_same_word_in_two_languages_has_the_stem_of_each():
    """Languages are told apart by a number in the hash: a careless mix took "send" in one for "rend" in the next."""
    words = "send rend bend tend lend mend services sets bets 30 38 14 24"
    assert_same([Fields(words, words, (), language) for language in ("en", "fr", "de", "und")])


@pytest.mark.slow
def test_tables_grow_with_the_vocabulary():
    rng = random.Random(5)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=5)) for _ in range(60_000)]
    assert_same([Fields("", " ".join(words[i : i + 20_000]), (), "und") for i in range(0, 60_000, 10_000)])


@pytest.mark.parametrize("corpus", [[], [Fields("", "", (), "en")], [Fields("the a", "!", (), "en")] * 3])
def test_nothing_to_count_gives_an_empty_matrix(corpus):
    model, matrix = fit_compiled(corpus)
    assert model.articles == 0
    assert matrix.shape == (len(corpus), 0)


def test_a_small_corpus_is_not_worth_compiling(monkeypatch):
    monkeypatch.setattr(vectorise, "fit_compiled", None)
    assert fit_text([Fields("A small site", "", (), "en")])[1].shape == (1, 2)


def test_a_large_corpus_is(monkeypatch):
    monkeypatch.setattr(text_model, "COMPILING_PAYS", 10)
    monkeypatch.setattr(TextModel, "fit", None)
    assert fit_text([Fields("A large site", "", (), "en")])[1].shape == (1, 2)


def test_the_vocabulary_has_room_however_new_words_arrive() -> None:
    """40,000 in a first block, 20,000 in a second: where the table is half full and no longer what it was made for."""
    read = tokens.Tokens()
    words = [f"w{number}x" for number in range(60_000)]
    for some in (words[:40_000], words[40_000:]):
        for block in tokens.blocks([Fields("", " ".join(some), (), "xx")], read):
            read.read(block)
    assert read.term_hashes().tolist() == [term_hash(word) for word in words]
    assert list(read.surfaces(np.arange(60_000))) == words
