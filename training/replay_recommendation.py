"""Recommendation against what visitors went on to like, by two protocols, beside what is simple.

*Split*: at a cut every visitor known by then is asked for once; right is whatever they like for the first time until
the next cut, of what was there at the cut. *Rolling*: after the cut one question for each of many likes, an instant
before it, with all that was known by then; right is that one article. The model is of before the cut in both. In
rolling it meets what happens as a server would.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.histories import Reads
from recsys.items import Wish
from recsys.model import Model
from recsys.reader import reader_of
from recsys.recommendation import recommend_to
from recsys.store import StoredArticle
from training.baselines import Popularity, Simple
from training.comparison import OURS, SEED, Answers
from training.other_lists import add_other
from training.progress import Progress
from training.related_truth import bare
from training.replay import Acts, Split, play
from training.simple_lists import SimpleLists

SPLIT = "split: visitors known at the cut, all they like for the first time until the next; all unread as candidates"
ROLLING = "rolling: an instant before a like, with live history and a model of the cut; all unread as candidates"

Lists = dict[str, list[list[int]]]


def replay_split(
    model: Model,
    simple: Simple,
    split: Split,
    *,
    k: int,
    most: int,
    others: Mapping[str, Mapping[int, Sequence[int]]],
    progress: Progress,
) -> Answers:
    """The answers of one split; what came after the cut says what was right, and reaches no list.

    model   as of the cut; stays so      most  how many visitors are asked for at most, drawn by a fixed seed
    others  lists made elsewhere, by model, then by visitor's key: rows, best first; absent visitors have an empty one
    """
    cut, later = split.cut, split.later
    shown = model.articles.shown(np.arange(len(model.articles)), cut)
    liked = later.only((later.strength > 0) & (later.visitor != 0) & shown[later.row])
    wanted: dict[int, list[int]] = {}
    for visitor, row in zip(liked.visitor.tolist(), liked.row.tolist(), strict=True):
        wanted.setdefault(visitor, []).append(row)
    known = [visitor for visitor in sorted(wanted) if model.histories.of_key(visitor).rows.size]
    if len(known) > most:
        known = sorted(np.random.default_rng(SEED).choice(np.array(known, np.uint64), most, replace=False).tolist())
    popularity = Popularity(split.past, shown.size)
    popularity.move(cut)
    simple_lists, rng = SimpleLists(simple, popularity, shown), np.random.default_rng(SEED)
    lists: Lists = {}
    truth: list[dict[int, float]] = []
    for done, visitor in enumerate(known):
        reads = model.histories.of_key(visitor)
        seen = {*reads.rows.tolist()}
        truth.append({row: 1.0 for row in wanted[visitor] if row not in seen})
        found = {OURS: _ours(model, reads, cut, k)} | simple_lists.to(reads, k, rng)
        for name, by_visitor in others.items():
            allowed = [row for row in by_visitor.get(visitor, ()) if shown[row] and row not in seen]
            add_other(found, name, allowed[:k])
        for name, rows in found.items():
            lists.setdefault(name, []).append(rows)
        progress("Recommendation, split", done + 1, len(known))
    return Answers(lists, truth, known, begins=cut, now=[cut] * len(known), known=simple.known)


def replay_rolling(
    model: Model,
    simple: Simple,
    articles: Sequence[StoredArticle],
    split: Split,
    *,
    k: int,
    most: int,
    progress: Progress,
) -> Answers:
    """The answers of one block, from the cut to its end. `model`, as of the cut, meets what happens in it.

    most  how many likes are asked about at most, drawn by a fixed seed
    """
    block = split.later
    likes = np.flatnonzero((block.strength > 0) & (block.visitor != 0))
    if likes.size > most:
        likes = np.sort(np.random.default_rng(SEED).choice(likes, most, replace=False))
    popularity = Popularity(split.acts, len(articles))
    every = np.arange(len(articles))
    rng = np.random.default_rng(SEED)
    lists: Lists = {}
    truth: list[dict[int, float]] = []
    owners: list[int] = []
    moments: list[int] = []
    for done, (place, now) in enumerate(_moments(model, articles, block, likes, split.cut)):
        visitor, row = int(block.visitor[place]), int(block.row[place])
        reads = model.histories.of_key(visitor)
        shown = model.articles.shown(every, now)
        if reads.rows.size and shown[row] and row not in reads.rows:
            popularity.move(now)
            found = {OURS: _ours(model, reads, now, k)} | SimpleLists(simple, popularity, shown).to(reads, k, rng)
            for name, rows in found.items():
                lists.setdefault(name, []).append(rows)
            truth.append({row: 1.0})
            owners.append(visitor)
            moments.append(now)
        progress("Recommendation, rolling", done + 1, likes.size)
    return Answers(lists, truth, owners, begins=split.cut, now=moments, known=simple.known)


def _moments(
    model: Model, articles: Sequence[StoredArticle], block: Acts, likes: NDArray[np.intp], cut: int
) -> Iterator[tuple[int, int]]:
    """Position of each like, and the last microsecond before it, when `model` has met all that came until then.

    What is published at the moment of the like could not have been recommended.
    """
    new = sorted(
        (stored for stored in articles if stored.article.published_at >= cut and stored.deleted_at is None),
        key=lambda stored: (stored.article.published_at, stored.row),
    )
    played = put = 0
    for place in likes.tolist():
        at = int(block.at[place])
        while put < len(new) and new[put].article.published_at < at:
            model.put(bare(new[put], None))
            put += 1
        before = int(np.searchsorted(block.at, at))
        play(model, block.only(slice(played, before)))
        played = before
        yield place, at - 1


def _ours(model: Model, reads: Reads, now: int, k: int) -> list[int]:
    reader = reader_of(now, reads)
    return [item.row for item in recommend_to(model, reader, Wish(limit=k, fill="none"), now)]
