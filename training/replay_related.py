"""Related against what readers turned to next, beside what is simple.

For an article and every reader who read it after a cut: what they read next, within the hour. Readers follow the lists
that they are shown, so this favours lists like those; links that people made (`training.related_truth`) don't.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.items import Wish
from recsys.model import Model
from recsys.related import related
from recsys.times import HOUR
from training.baselines import NO_SECTION, Popularity, Simple, first_rows, random_rows
from training.comparison import OURS, SEED, Answers
from training.other_lists import add_other
from training.progress import Progress
from training.replay import Acts, Split

SOON = HOUR

NEXT_READ = (
    "for an article, what its readers turn to next, within an hour, until the next cut; all others as candidates"
)


def replay_next_reads(
    model: Model,
    simple: Simple,
    split: Split,
    *,
    k: int,
    most: int,
    others: Mapping[str, Mapping[int, Sequence[int]]],
    progress: Progress,
) -> Answers:
    """The answers of one split; the gain of an article is how many readers turned to it.

    model   as of the cut; stays so      most  how many articles are asked for at most, drawn by a fixed seed
    others  lists made elsewhere, by model, then by row: rows, best first; absent articles have an empty one
    """
    cut = split.cut
    shown = model.articles.shown(np.arange(len(model.articles)), cut)
    wanted = next_reads(split.later)
    asked = [row for row in sorted(wanted) if shown[row] and any(shown[other] for other in wanted[row])]
    if len(asked) > most:
        asked = sorted(np.random.default_rng(SEED).choice(asked, most, replace=False).tolist())
    popularity = Popularity(split.past, shown.size)
    popularity.move(cut)
    rng = np.random.default_rng(SEED)
    lists: dict[str, list[list[int]]] = {}
    truth: list[dict[int, float]] = []
    for done, row in enumerate(asked):
        candidates = shown.copy()
        candidates[row] = False
        truth.append({other: float(readers) for other, readers in wanted[row].items() if candidates[other]})
        found = {OURS: [item.row for item in related(model, row, Wish(limit=k, fill="none"), cut)]}
        found |= simple_related(simple, popularity, row, candidates, k=k, rng=rng)
        for name, by_row in others.items():
            add_other(found, name, [other for other in by_row.get(row, ()) if candidates[other]][:k])
        for name, rows in found.items():
            lists.setdefault(name, []).append(rows)
        progress("Related", done + 1, len(asked))
    return Answers(lists, truth, begins=cut, now=[cut] * len(asked), known=simple.known)


def simple_related(
    simple: Simple, popularity: Popularity, row: int, candidates: NDArray[np.bool_], *, k: int, rng: np.random.Generator
) -> dict[str, list[int]]:
    """What the simple models show beside the article at `row`, of the `candidates` (n,)."""
    own = np.array([row])
    by_score = {"most popular": popularity.total, "recent popular": popularity.recent} | simple.scores(own)
    found = {name: first_rows(score, candidates, k) for name, score in by_score.items()}
    newest = simple.newest[candidates[simple.newest]]
    if simple.has_sections:
        section = simple.section[row]
        of_section = newest[(simple.section[newest] == section) & (section != NO_SECTION)]
        found["newest of the section"] = of_section[:k].tolist()
    found["newest"] = newest[:k].tolist()
    found["random"] = random_rows(candidates, k, rng)
    return found


def next_reads(acts: Acts) -> dict[int, dict[int, int]]:
    """By article, and by the one read next within SOON: how many readers. `acts` in order of time."""
    read = acts.only(acts.read & (acts.reader != 0))
    order = np.lexsort((np.arange(read.row.size), read.reader))
    row, at, reader = read.row[order], read.at[order], read.reader[order]
    follows = (reader[1:] == reader[:-1]) & (row[1:] != row[:-1]) & (at[1:] - at[:-1] <= SOON)
    steps = np.stack([reader[1:][follows], row[:-1][follows].astype(np.uint64), row[1:][follows].astype(np.uint64)])
    pairs, readers = np.unique(np.unique(steps, axis=1)[1:], axis=1, return_counts=True)
    found: dict[int, dict[int, int]] = {}
    for before, after, count in zip(*pairs.tolist(), readers.tolist(), strict=True):
        found.setdefault(before, {})[after] = count
    return found
