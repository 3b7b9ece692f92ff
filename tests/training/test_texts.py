"""A reading that is carried on: what stayed is not read again, and lists are those of the vectors there are."""

import random

import msgspec
import numpy as np
import pytest

from recsys.article import Article, StoredArticle
from recsys.bundle import Manifest
from recsys.cosine import Rows, all_pairs
from recsys.model import fields_of
from recsys.record import Micros
from recsys.settings import Settings
from recsys.tfidf import Fields, TextModel
from training import neighbour_lists, texts
from training.events import SCHEMA
from training.fit import Arrays, fit
from training.former import Former
from training.progress import silent

AS_OF = 1_000
WORDS = [
    "crane",
    "harbour",
    "tide",
    "pilot",
    "cargo",
    "dock",
    "mooring",
    "vessel",
    "budget",
    "vote",
    "mayor",
    "rates",
    "motion",
    "ward",
    "debate",
    "goal",
    "keeper",
]


def stored(row: int, body: str = "", **values: object) -> StoredArticle:
    text = body or " ".join(random.Random(row).choices(WORDS, k=40))
    article = Article(id=f"a{row}", title=WORDS[row % len(WORDS)], body=text, published_at=Micros(row), language="en")
    return StoredArticle(msgspec.structs.replace(article, **values), row, views_at=0, likes_at=0)


def fitted(articles: list[StoredArticle], former: Former | None = None) -> tuple[Arrays, Manifest]:
    return fit(articles, SCHEMA.empty_table(), AS_OF, Settings(threads=1), former=former)


@pytest.fixture
def site() -> list[StoredArticle]:
    return [stored(row) for row in range(60)]


def carried(site: list[StoredArticle], then: list[StoredArticle]) -> tuple[Arrays, Manifest]:
    arrays, manifest = fitted(site)
    former = Former.of(manifest, arrays)
    assert former is not None
    return fitted(then, former)


def assert_lists_are_of_their_vectors(arrays: Arrays) -> None:
    rows = Rows(*(arrays[f"neighbours.vector_{name}"] for name in ("starts", "terms", "weights")))
    width = arrays["text.hashes"].size
    anew = all_pairs(rows, rows.transposed(width))
    np.testing.assert_array_equal(arrays["neighbours.rows"], anew.rows)
    np.testing.assert_array_equal(arrays["neighbours.scores"], anew.scores)


def test_only_what_came_is_read(site: list[StoredArticle], monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    arrays, manifest = fitted(site)

    def reads(article: Article, default: str) -> Fields:
        read.append(article.id)
        return fields_of(article, default)

    monkeypatch.setattr(texts, "fields_of", reads)
    body = "A zeppelin over the harbour, crane and dock. " + site[5].article.body
    carried_on, told = fitted([*site, stored(60, body)], Former.of(manifest, arrays))
    assert read == ["a60"]
    assert told.fitted["texts"] == manifest.fitted["texts"] | {"renewed": 1}
    assert manifest.fitted["texts"]["full"] == 60
    assert_lists_are_of_their_vectors(carried_on)
    model = TextModel.from_arrays({name.removeprefix("text."): array for name, array in carried_on.items()})
    written = {model.display(term) for term in range(model.hashes.size)}
    assert "zeppelin" in written
    assert carried_on["neighbours.rows"][60, 0] == 5
    assert 60 in carried_on["neighbours.rows"][5]


def test_what_changed_and_went_is_taken_out(site: list[StoredArticle], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "RENEWED", 0.1)
    monkeypatch.setattr(texts, "COMPUTED", 2.0)
    gone = StoredArticle(site[3].article, 3, views_at=0, likes_at=0, deleted_at=1)
    then = [*site[:3], gone, *site[4:9], stored(9, body=site[20].article.body), *site[10:], stored(60)]
    arrays, told = carried(site, then)
    assert told.fitted["texts"]["renewed"] == 3
    assert_lists_are_of_their_vectors(arrays)
    assert 3 not in arrays["neighbours.rows"]
    assert arrays["neighbours.vector_starts"][3] == arrays["neighbours.vector_starts"][4]
    assert arrays["stories.labels"][9] == arrays["stories.labels"][20] != arrays["stories.labels"][3]


def test_a_story_whose_part_changed_is_told_apart_anew(site: list[StoredArticle]) -> None:
    site[30] = stored(30, body=site[20].article.body)
    before, _ = fitted(site)
    assert before["stories.labels"][30] == 20
    after, told = carried(site, [*site[:30], stored(30, body="Something else about a vessel"), *site[31:]])
    assert told.fitted["texts"]["renewed"] == 1
    assert after["stories.labels"][30] == 30


@pytest.mark.parametrize("why", ["too much", "too many lists", "other code", "another language", "an older bundle"])
def test_else_all_is_read(site: list[StoredArticle], why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays, manifest = fitted(site)
    then = [*site, stored(60)]
    if why == "too much":
        then.append(stored(61))
    if why == "too many lists":
        monkeypatch.setattr(texts, "COMPUTED", 0.01)
    if why == "other code":
        manifest.fitted["texts"]["code"] = "another"
    if why == "another language":
        manifest = msgspec.structs.replace(manifest, settings={**manifest.settings, "language": "de"})
    if why == "an older bundle":
        del manifest.fitted["texts"]
    found, told = fitted(then, Former.of(manifest, arrays))
    anew, _ = fitted(then)
    assert told.fitted["texts"]["renewed"] == 0
    for name, array in anew.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.mark.parametrize(("computed", "way"), [(1.0, "carried on"), (0.0, "anew")])
def test_records_are_handed_on_once_before_any_list_is_made(
    site: list[StoredArticle], monkeypatch: pytest.MonkeyPatch, computed: float, way: str
) -> None:
    """What events tell is found out beside the lists, which take longest."""
    arrays, manifest = fitted(site)
    former = Former.of(manifest, arrays)
    steps: list[object] = []

    def told(module: object, name: str, said: str) -> None:
        made = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, **named: (steps.append(said), made(*given, **named))[1])

    told(texts, "renewed", "carried on")
    told(neighbour_lists, "fit_neighbours", "anew")
    monkeypatch.setattr(texts, "COMPUTED", computed)
    found = texts.texts_of(
        [*site, stored(60)], AS_OF, None, jobs=1, former=former, recorded=steps.append, progress=silent
    )
    assert steps == [found.records, way]


def test_a_longer_vocabulary_keeps_the_weights_it_had() -> None:
    old = [Fields("crane", "harbour crane dock", (), "en"), Fields("dock", "dock harbour crane tide", (), "en")]
    new = [Fields("tide", "tide zeppelin airship", (), "en"), Fields("dock", "zeppelin airship", (), "en")]
    model, matrix = TextModel.fit(old)
    longer, ids, vectors = model.extended(new)
    np.testing.assert_array_equal(longer.idf[ids], model.idf)
    assert [longer.display(term) for term in ids] == [model.display(term) for term in range(model.hashes.size)]
    fresh = {longer.display(term) for term in np.setdiff1d(np.arange(longer.hashes.size), ids)}
    assert fresh == {"zeppelin", "airship", "zeppelin airship"}
    np.testing.assert_array_equal(vectors.toarray(), longer.transform(new).toarray())
    np.testing.assert_array_equal(longer.transform(old).toarray()[:, ids], matrix.toarray())
