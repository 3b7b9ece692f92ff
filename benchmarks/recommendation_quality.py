"""Claim: Recommendation by one setting is nowhere reliably below the best peer in nDCG@10, and above on the mean;
ml-100k, one split in time: at least 0.25; rolling: at least 0.12.

Two protocols, all unread articles as candidates, no sampling. *split*: at 80% of the events a list for each visitor
known by then, against all that they like afterwards of what there was. *rolling*: the second half in 5 blocks, models
of before a block, live history and live popularity inside it; one question a like, averaged by visitor.
Every peer's setting is chosen on the same protocol within the events before: [64%, 80%) and [40%, 50%).
Data: ml-100k and deskdrop in $RECSYS_DATASETS. Peers of `implicit` take part where it is installed.
"""

import gzip
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from recsys.article import Article
from recsys.event import Event
from recsys.items import Wish, best
from recsys.model import Model
from recsys.reader import reader_of
from recsys.recommendation import recommend_to
from recsys.record import RecordReader
from recsys.settings import Settings
from recsys.store import StoredArticle
from recsys.times import DAY
from training.comparison import Comparison, compare
from training.events import event_table
from training.fit import fit
from training.learned import linear_model
from training.replay import Acts, acts_of, play

DATASETS = Path(os.environ.get("RECSYS_DATASETS", "../shared/datasets"))
RESULTS = Path(__file__).parent / "results" / "recommendation_quality.json"
SITES = ("ml-100k", "deskdrop")
K = 10
BLOCKS = 5
PER_BLOCK = 300
SEED = 7
FLOORS = {("ml-100k", "split"): 0.25, ("ml-100k", "rolling"): 0.12}

Scores = NDArray[np.float64]
# What a peer makes of a reader's liked articles, newest first, at a time, given all likes before: a score per article.
Scorer = Callable[[NDArray[np.integer], int, Acts], Scores]
Peer = Callable[[Acts, int], Scorer]


@dataclass(frozen=True)
class Site:
    articles: list[StoredArticle]
    events: pa.Table
    acts: Acts

    @property
    def published(self) -> NDArray[np.int64]:
        return np.array([stored.article.published_at for stored in self.articles])

    def at(self, share: float) -> int:
        return int(self.acts.at[min(int(self.acts.at.size * share), self.acts.at.size - 1)])


def lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as file:
        yield from file


def read_site(name: str) -> Site:
    article, event = RecordReader(Article, UTC), RecordReader(Event, UTC)
    articles = [
        StoredArticle(article=article.from_json(line), row=row, views_at=0, likes_at=0)
        for row, line in enumerate(lines(DATASETS / name / "articles.jsonl.gz"))
    ]
    row_of = {stored.article.id: stored.row for stored in articles}
    read = (event.from_json(line) for line in lines(DATASETS / name / "events.jsonl.gz"))
    events = event_table(read, row_of.get, 2**62).sort_by("at")
    early = int(events["at"][int(0.4 * events.num_rows)].as_py())  # says which ratings are good: those of 4 and 5
    return Site(articles, events, acts_of(events, model_at(articles, events, early)))


def model_at(articles: list[StoredArticle], events: pa.Table, cut: int) -> Model:
    arrays, manifest = fit(articles, events.filter(pc.field("at") < cut), cut, Settings(), with_totals=False)
    return Model.open(manifest, arrays)


def matrix(acts: Acts, n: int) -> sparse.csr_array:
    visitors, place = np.unique(acts.visitor, return_inverse=True)
    found = sparse.csr_array((np.ones(place.size), (place, acts.row)), shape=(visitors.size, n))
    found.sum_duplicates()
    found.data[:] = 1.0
    return found


def most_popular(past: Acts, n: int) -> Scorer:
    counts = np.bincount(past.row, minlength=n).astype(float)
    return lambda history, now, before: counts


def recent_popular(half_life: float) -> Peer:
    return lambda past, n: (
        lambda history, now, before: np.bincount(before.row, 0.5 ** ((now - before.at) / half_life), minlength=n)
    )


def of_items(similarity: NDArray[np.float64], half_life: float = 5.0) -> Scorer:
    return lambda history, now, before: 0.5 ** (np.arange(history.size) / half_life) @ similarity[history]


def ease(ridge: float) -> Peer:
    def fitted(past: Acts, n: int) -> Scorer:
        likes = matrix(past, n)
        return of_items(linear_model((likes.T @ likes).toarray(), ridge))

    return fitted


def item_cosine(neighbours: int) -> Peer:
    def fitted(past: Acts, n: int) -> Scorer:
        likes = matrix(past, n)
        together = (likes.T @ likes).toarray()
        size = np.sqrt(np.maximum(np.diag(together), 1.0))
        cosine = together / size / size[:, None]
        np.fill_diagonal(cosine, 0.0)
        cosine[cosine < np.partition(cosine, n - neighbours, axis=1)[:, [n - neighbours]]] = 0.0
        return of_items(cosine)

    return fitted


def text(articles: list[StoredArticle]) -> Peer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer().fit_transform(f"{a.article.title} {' '.join(a.article.tags)}" for a in articles)
    similarity = (vectors @ vectors.T).toarray()
    return lambda past, n: of_items(similarity)


def bm25(neighbours: int) -> Peer:
    from implicit.nearest_neighbours import BM25Recommender

    def fitted(past: Acts, n: int) -> Scorer:
        model = BM25Recommender(K=neighbours, num_threads=1)
        model.fit(sparse.csr_matrix(matrix(past, n)), show_progress=False)
        return of_items(model.similarity.toarray())

    return fitted


def als(factors: int) -> Peer:
    from implicit.als import AlternatingLeastSquares

    def fitted(past: Acts, n: int) -> Scorer:
        model = AlternatingLeastSquares(factors=factors, num_threads=1, random_state=SEED)
        model.fit(sparse.csr_matrix(matrix(past, n)), show_progress=False)

        def score(history: NDArray[np.integer], now: int, before: Acts) -> Scores:
            liked = sparse.csr_matrix((np.ones(history.size), (np.zeros(history.size, int), history)), shape=(1, n))
            return np.asarray(model.item_factors @ model.recalculate_user(0, liked).ravel(), float)

        return score

    return fitted


def bpr(factors: int) -> Peer:
    from implicit.bpr import BayesianPersonalizedRanking

    def fitted(past: Acts, n: int) -> Scorer:
        model = BayesianPersonalizedRanking(factors=factors, num_threads=1, random_state=SEED)
        model.fit(sparse.csr_matrix(matrix(past, n)), show_progress=False)
        return of_items(np.asarray(model.item_factors @ model.item_factors.T, float))

    return fitted


def families(articles: list[StoredArticle]) -> dict[str, list[Peer]]:
    found: dict[str, list[Peer]] = {
        "most popular": [most_popular],
        "recent popular": [recent_popular(days * DAY) for days in (0.5, 1, 3, 7, 14)],
        "EASE": [ease(ridge) for ridge in (100.0, 300.0, 1000.0)],
        "item cosine": [item_cosine(k) for k in (50, 200)],
        "TF-IDF": [text(articles)],
    }
    try:
        import implicit  # noqa: F401
    except ImportError:
        return found
    return found | {
        "implicit BM25": [bm25(k) for k in (20, 100)],
        "implicit ALS": [als(factors) for factors in (16, 64)],
        "implicit BPR": [bpr(factors) for factors in (16, 64)],
    }


@dataclass(frozen=True)
class Question:
    visitor: int
    now: int
    liked: NDArray[np.integer]  # newest first, each once
    seen: frozenset[int]
    truth: frozenset[int]


def question(acts: Acts, visitor: int, now: int, truth: Iterable[int], published: NDArray[np.int64]) -> Question | None:
    own = acts.only((acts.visitor == visitor) & (acts.at < now) & acts.read)
    seen = frozenset(own.row.tolist())
    new = frozenset(row for row in truth if row not in seen and published[row] <= now)
    liked = own.row[own.strength > 0][::-1]
    return Question(visitor, now, np.array([*dict.fromkeys(liked.tolist())], int), seen, new) if seen and new else None


def split_questions(site: Site, begin: int, end: int) -> list[Question]:
    later = site.acts.only((site.acts.at >= begin) & (site.acts.at < end) & (site.acts.strength > 0))
    later = later.only(later.visitor != 0)
    found = (
        question(site.acts, visitor, begin, set(later.row[later.visitor == visitor].tolist()), site.published)
        for visitor in np.unique(later.visitor).tolist()
    )
    return [one for one in found if one is not None]


def rolling_questions(site: Site, begin: int, end: int) -> list[Question]:
    acts = site.acts
    likes = np.flatnonzero((acts.at >= begin) & (acts.at < end) & (acts.strength > 0) & (acts.visitor != 0))
    likes = np.sort(np.random.default_rng(SEED).choice(likes, min(PER_BLOCK, likes.size), replace=False))
    found = (
        question(acts, int(acts.visitor[place]), int(acts.at[place]), [int(acts.row[place])], site.published)
        for place in likes
    )
    return [one for one in found if one is not None]


def lists_of(peer: Peer, site: Site, begin: int, questions: list[Question]) -> list[list[int]]:
    n = len(site.articles)
    liked = site.acts.only((site.acts.strength > 0) & (site.acts.visitor != 0))
    score = peer(liked.only(liked.at < begin), n)
    lists = []
    for asked in questions:
        values = np.array(score(asked.liked, asked.now, liked.only(liked.at < asked.now)), float)
        rows = np.setdiff1d(np.flatnonzero(site.published <= asked.now), list(asked.seen))
        lists.append(rows[best(values[rows], rows, K)].tolist())
    return lists


def our_lists(site: Site, begin: int, questions: list[Question]) -> list[list[int]]:
    model = model_at(site.articles, site.events, begin)
    lists, met = [], begin
    for asked in questions:
        play(model, site.acts.only((site.acts.at >= met) & (site.acts.at < asked.now)))
        met = asked.now
        reader = reader_of(asked.now, model.histories.of_key(asked.visitor))
        lists.append([item.row for item in recommend_to(model, reader, Wish(limit=K, fill="none"), asked.now)])
    return lists


def quality(lists: list[list[int]], questions: list[Question]) -> float:
    truth = [dict.fromkeys(asked.truth, 1.0) for asked in questions]
    groups = [asked.visitor for asked in questions]
    return compare("recommendation", "", {"x": lists}, truth, k=K, catalogue=1, groups=groups).value("x", f"ndcg@{K}")


def evaluate(site: Site, protocol: str) -> Comparison:
    ask = split_questions if protocol == "split" else rolling_questions
    tuned_on = (site.at(0.64), site.at(0.8)) if protocol == "split" else (site.at(0.4), site.at(0.5))
    inner = ask(site, *tuned_on)
    chosen = {}
    for family, peers in families(site.articles).items():
        marks = [quality(lists_of(peer, site, tuned_on[0], inner), inner) for peer in peers]
        chosen[family] = peers[int(np.argmax(marks))]
    end = int(site.acts.at[-1]) + 1
    edges = (
        [site.at(0.8), end]
        if protocol == "split"
        else [*(site.at(s) for s in np.linspace(0.5, 1, BLOCKS + 1)[:-1]), end]
    )
    lists: dict[str, list[list[int]]] = {"ours": []} | {family: [] for family in chosen}
    asked: list[Question] = []
    for begin, until in pairwise(edges):
        here = ask(site, begin, until)
        asked += here
        lists["ours"] += our_lists(site, begin, here)
        for family, peer in chosen.items():
            lists[family] += lists_of(peer, site, begin, here)
    truth = [dict.fromkeys(one.truth, 1.0) for one in asked]
    groups = [one.visitor for one in asked]
    return compare("recommendation", protocol, lists, truth, k=K, catalogue=len(site.articles), groups=groups)


def main() -> int:
    found: dict[str, dict[str, Comparison]] = {}
    for name in (name for name in SITES if (DATASETS / name).is_dir()):
        site = read_site(name)
        found[name] = {protocol: evaluate(site, protocol) for protocol in ("split", "rolling")}
        for protocol, comparison in found[name].items():
            print(f"\n{name}, {protocol}, {comparison.questions} questions")
            for figure in comparison.figures:
                if figure.metric == f"ndcg@{K}":
                    against = f"ours minus {figure.against}" if figure.against else figure.model
                    recall = "" if figure.against else f"   recall {comparison.value(figure.model, f'recall@{K}'):.3f}"
                    print(f"  {against:28}{figure.value:+.3f} [{figure.low:+.3f}, {figure.high:+.3f}]{recall}")
    if not found:
        print(f"no data in {DATASETS}: nothing measured")
        return 0
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(msgspec.to_builtins(found), indent=1) + "\n")
    return 0 if holds(found) else 1


def holds(found: dict[str, dict[str, Comparison]]) -> bool:
    metric = f"ndcg@{K}"
    runs = [(site, protocol, one) for site, by_protocol in found.items() for protocol, one in by_protocol.items()]
    peers = {figure.against for _, _, one in runs for figure in one.figures if figure.against}
    mean = {m: float(np.mean([one.value(m, metric) for _, _, one in runs])) for m in ("ours", *peers)}
    print("\nmean", {model: round(value, 4) for model, value in sorted(mean.items(), key=lambda pair: -pair[1])})
    fine = max(mean, key=lambda model: mean[model]) == "ours"
    for site, protocol, one in runs:
        fine &= one.value("ours", metric) >= FLOORS.get((site, protocol), 0.0)
        fine &= all(f.high is None or f.high >= 0.0 for f in one.figures if f.metric == metric and f.against)
    return fine


if __name__ == "__main__":
    sys.exit(main())
