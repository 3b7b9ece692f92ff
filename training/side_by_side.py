"""Two models asked the same questions as time goes on, each question one thing that a reader turned to.

For an act of a reader: did the Ranking of the instant before hold the article, did their Recommendation, did the
Related list of the article that they had read just before? So a day of events gives as many questions as it has acts,
and the interval of the difference is over readers.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.event import ListName
from recsys.items import Item, Wish
from recsys.model import Model
from recsys.ranking import ranking
from recsys.reader import reader_of
from recsys.recommendation import recommend_to
from recsys.related import related
from recsys.store import StoredArticle
from recsys.times import HOUR
from training.comparison import SEED, Answers, Comparison, compared
from training.progress import Progress
from training.related_truth import bare
from training.replay import PLAYED, Acts, play
from training.replay_related import SOON

CANDIDATE, SERVING = "candidate", "serving"
PROTOCOLS: Mapping[ListName, str] = {
    "related": "what readers turned to within an hour of another article, in the list beside that one",
    "ranking": "what readers turned to, in the Ranking an instant before",
    "recommendation": "what known visitors turned to, in what was recommended to them an instant before",
}
DEPTH = 10
QUESTIONS = 1_000  # acts that are asked about, drawn by a fixed seed

Lists = dict[ListName, dict[str, list[int]]]


def side_by_side(
    candidate: Model, serving: Model, acts: Acts, cut: int, progress: Progress
) -> list[tuple[Comparison, int]]:
    """What readers did from `cut` on, found in the lists of both: by list the comparison, and of how many readers.

    Both models are as of the cut; they meet what happens, and are used up.
    acts  all of the site, in order of time
    """
    first = int(np.searchsorted(acts.at, cut))
    block = acts.only(slice(first, first + PLAYED))
    before, owners = read_before(block), owners_of(block)
    asked = np.flatnonzero((block.strength > 0) & block.read)
    if asked.size > QUESTIONS:
        asked = np.sort(np.random.default_rng(SEED).choice(asked, QUESTIONS, replace=False))
    shown_in: dict[ListName, dict[str, list[list[int]]]] = {name: {CANDIDATE: [], SERVING: []} for name in PROTOCOLS}
    turned_to: dict[ListName, list[dict[int, float]]] = defaultdict(list)
    whose: dict[ListName, list[int]] = defaultdict(list)
    models = {CANDIDATE: candidate, SERVING: serving}
    played = 0
    for done, place in enumerate(asked.tolist(), start=1):
        for model in models.values():
            play(model, block.only(slice(played, place)))
        played, row, now = place, int(block.row[place]), int(block.at[place]) - 1
        if candidate.articles.shown(np.array([row]), now)[0]:
            for name, found in _lists(models, block, place, int(before[place]), now).items():
                turned_to[name].append({row: 1.0})
                whose[name].append(int(owners[place]))
                for model_name, rows in found.items():
                    shown_in[name][model_name].append(rows)
        progress("comparing with the serving model", done, asked.size)
    size = len(candidate.articles)
    return [
        (
            compared(
                name,
                protocol,
                [Answers(shown_in[name], turned_to[name], whose[name], begins=cut)],
                depths=(DEPTH,),
                catalogue=size,
            ),
            len(set(whose[name])),
        )
        for name, protocol in PROTOCOLS.items()
        if turned_to[name]
    ]


def read_before(block: Acts) -> NDArray[np.int64]:
    """(m,) for each act the row that its reader read last before, if that was within SOON; else -1."""
    found = np.full(block.row.size, -1, np.int64)
    places = np.flatnonzero(block.read & (block.reader != 0))
    order = places[np.lexsort((places, block.reader[places]))]
    follows = (block.reader[order][1:] == block.reader[order][:-1]) & (np.diff(block.at[order]) <= SOON)
    found[order[1:][follows]] = block.row[order[:-1][follows]]
    return found


def owners_of(block: Acts) -> NDArray[np.uint64]:
    """(m,) whose each act is: the reader's; where nobody is named, the hour's."""
    return np.where(block.reader != 0, block.reader, (block.at // HOUR).astype(np.uint64))


def meet(model: Model, articles: Sequence[StoredArticle], later: NDArray[np.bool_], progress: Progress) -> None:
    """Gives the model the articles that it has no text of: new to it, or published `later` (n,). No totals."""
    new = later.copy()
    new[len(model.articles) :] = True
    rows = np.flatnonzero(new).tolist()
    for done, row in enumerate(rows, start=1):
        model.put(bare(articles[row], None))
        progress("articles since then", done, len(rows))


def _lists(models: Mapping[str, Model], block: Acts, place: int, before: int, now: int) -> Lists:
    """By list what each model shows; without the lists that can't be asked for."""
    wish, row, visitor = Wish(limit=DEPTH, fill="none"), int(block.row[place]), int(block.visitor[place])
    found: Lists = {"ranking": {name: _rows(ranking(model, "day", wish, now)) for name, model in models.items()}}
    if before not in (-1, row):
        found["related"] = {name: _rows(related(model, before, wish, now)) for name, model in models.items()}
    reads = {name: model.histories.of_key(visitor) for name, model in models.items()}
    unread = row not in reads[CANDIDATE].rows
    if visitor and unread and any(read.rows.size for read in reads.values()):
        found["recommendation"] = {
            name: _rows(recommend_to(model, reader_of(now, reads[name]), wish, now)) for name, model in models.items()
        }
    return found


def _rows(items: Sequence[Item]) -> list[int]:
    return [item.row for item in items]
