"""The text model: what a vector holds, that training and serving agree, and what two articles share."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from recsys.tfidf import NO_TERM, PAIR_WEIGHT, Fields, TextModel, pair_hashes, term_hash

WORDS = [
    "pool",
    "pools",
    "Council",
    "council",
    "night",
    "ferry",
    "harbour",
    "the",
    "of",
    "Łódź",
    "プール",
    "C++",
    "7",
    "水泳",
]
quick = settings(max_examples=25, deadline=None)

texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=40)
articles = st.builds(
    Fields,
    title=texts,
    text=texts,
    tags=st.lists(texts, max_size=3).map(tuple),
    language=st.sampled_from(["en", "pl", "ja", "und"]),
)
corpora = st.lists(articles, max_size=8)


def english(title: str, text: str = "", *tags: str) -> Fields:
    return Fields(title=title, text=text, tags=tags, language="en")


POOL = english("Swimming pool reopens", "The old swimming pool is open. Swimmers cheered.", "sport")
VOTE = english("Council keeps swimming pool", "The council voted to keep the swimming pool.", "council")
FERRY = english("Ferry late", "The ferry to the harbour was late again.", "Harbour")


def norms(matrix: sparse.csr_array) -> np.ndarray:
    return np.sqrt(matrix.multiply(matrix).sum(axis=1))


def same(a: sparse.csr_array, b: sparse.csr_array) -> None:
    assert a.shape == b.shape
    for name in ("indptr", "indices", "data"):
        assert_array_equal(getattr(a, name), getattr(b, name))


@quick
@given(corpora)
def test_transform_of_the_training_articles_is_the_matrix_of_fit(corpus):
    model, matrix = TextModel.fit(corpus)
    same(model.transform(corpus), matrix)


@quick
@given(corpora, corpora)
def test_any_article_has_a_finite_vector_no_longer_than_one(corpus, later):
    model, _ = TextModel.fit(corpus)
    for fields in later:
        terms, weights = model.vector(fields)
        assert (np.diff(terms) > 0).all()
        assert np.isfinite(weights).all()
        assert (weights > 0).all()
        assert (weights.astype(np.float64) ** 2).sum() <= 1 + 1e-6
        assert terms.dtype == np.int32
        assert weights.dtype == np.float32


@quick
@given(corpora)
def test_the_same_articles_give_the_same_bytes(corpus):
    first, second = (TextModel.fit(corpus)[0].arrays() for _ in range(2))
    for name in first:
        assert first[name].tobytes() == second[name].tobytes()


@quick
@given(corpora)
def test_a_model_is_its_arrays(corpus):
    model, matrix = TextModel.fit(corpus)
    again = TextModel.from_arrays(model.arrays())
    same(again.transform(corpus), matrix)
    assert [again.display(t) for t in range(matrix.shape[1])] == [model.display(t) for t in range(matrix.shape[1])]


@quick
@given(articles, st.sampled_from(["NFC", "NFD"]))
def test_composed_and_decomposed_letters_are_the_same(fields, form):
    def spelled(text: str) -> str:
        return unicodedata.normalize(form, text)

    other = Fields(
        title=spelled(fields.title),
        text=spelled(fields.text),
        tags=tuple(map(spelled, fields.tags)),
        language=fields.language,
    )
    model, _ = TextModel.fit([fields])
    for one, two in zip(model.vector(fields), model.vector(other), strict=True):
        assert_array_equal(one, two)


def test_a_repeated_article_has_length_one():
    _, matrix = TextModel.fit([POOL, POOL, FERRY, FERRY])
    assert_allclose(norms(matrix), 1, rtol=1e-6)


@pytest.mark.parametrize("nothing", [english(""), english("the of a", "!?")])
def test_an_article_without_terms_has_no_vector_and_teaches_nothing(nothing):
    model, matrix = TextModel.fit([POOL, nothing, FERRY])
    assert matrix.toarray()[1].sum() == 0
    plain, without = TextModel.fit([POOL, FERRY])
    same(matrix[[0, 2]], without)
    assert model.articles == plain.articles == 2
    assert model.vector(nothing)[0].size == 0


def test_no_articles_give_an_empty_model():
    model, matrix = TextModel.fit([])
    assert matrix.shape == (0, 0)
    assert model.vector(POOL)[0].size == 0
    assert model.transform([POOL]).shape == (1, 0)


def shared(model: TextModel, a: Fields, b: Fields) -> list[str]:
    """The terms of both, as they are shown."""
    return [model.display(term) for term in np.intersect1d(model.vector(a)[0], model.vector(b)[0])]


def test_terms_are_shown_as_they_are_most_often_written():
    model, _ = TextModel.fit([POOL, VOTE, FERRY])
    shown = shared(model, POOL, VOTE)
    assert sorted(shown) == ["pool", "swimming", "swimming pool"]


def test_a_pair_that_one_article_alone_holds_has_no_column_but_counts_in_the_length():
    model, matrix = TextModel.fit([POOL, VOTE, FERRY])
    shown = {model.display(term) for term in range(matrix.shape[1])}
    assert "swimming pool" in shown
    assert "Ferry late" not in shown
    assert norms(matrix)[2] < 0.99


def test_a_tag_matches_words_of_a_title_whatever_its_case_or_hyphens():
    model, _ = TextModel.fit([english("Open Data portal"), english("Budget", "", "open-data"), FERRY])
    found = shared(model, english("Open data"), english("x", "", "OPEN-DATA"))
    assert {term.casefold() for term in found} == {"open", "data", "open data"}


def test_a_title_counts_three_times_and_a_tag_twice():
    model, _ = TextModel.fit([english("ferry"), english("harbour")])
    ratios = []
    for fields in (
        english("ferry", "harbour"),
        english("", "harbour", "ferry"),
        english("", "harbour"),
    ):
        weight = {model.display(t): w for t, w in zip(*model.vector(fields), strict=True)}
        ratios.append(weight.get("ferry", 0) / weight["harbour"])
    assert ratios == pytest.approx([np.log(4) / np.log(2), np.log(3) / np.log(2), 0], rel=1e-6)


def test_pairs_weigh_less_than_words():
    model, _ = TextModel.fit([english("ferry harbour")] * 2)
    weight = {model.display(t): w for t, w in zip(*model.vector(english("ferry harbour")), strict=True)}
    assert weight["ferry harbour"] == pytest.approx(PAIR_WEIGHT * weight["ferry"])


def test_a_word_unknown_to_the_model_makes_a_later_article_less_alike():
    model, _ = TextModel.fit([POOL, VOTE, FERRY])
    plain = model.vector(english("Swimming pool"))
    strange = model.vector(english("Swimming pool zeppelin"))
    assert_array_equal(plain[0], strange[0])
    assert (strange[1] < plain[1]).all()


def test_articles_in_two_languages_share_names_and_keep_their_stop_words_apart():
    french = Fields(title="La piscine de Toronto", text="", tags=(), language="fr")
    model, _ = TextModel.fit([french, english("Pool in Toronto"), english("La La Land")])
    assert shared(model, french, english("Toronto")) == ["Toronto"]
    assert "La" in {model.display(t) for t in model.vector(english("La La Land"))[0]}


def test_hashes_are_of_the_stem_and_stay_the_same():
    """They are stored in bundles: another hash would need another format version."""
    assert term_hash("swim") == 0xBB7A315C32C54CD8
    assert pair_hashes(np.array([1], np.uint64), np.array([2], np.uint64)).tolist() == [16682901113285979678]


@given(st.lists(st.integers(1, 2**64 - 1), min_size=2, max_size=2, unique=True))
def test_the_order_of_a_pair_matters(two):
    a, b = np.array(two[:1], np.uint64), np.array(two[1:], np.uint64)
    assert pair_hashes(a, b) != pair_hashes(b, a)


def test_terms_are_found_by_hash_in_the_order_asked_for():
    model, _ = TextModel.fit([english("", "harbour crane"), english("", "crane")])
    ids = model.terms_of(np.array([*map(term_hash, ["crane", "unheard", "harbour"])], np.uint64))
    assert ids[1] == NO_TERM
    assert [model.display(term) for term in ids[[0, 2]].tolist()] == ["crane", "harbour"]
