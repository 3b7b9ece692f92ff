"""A generated site as a home that can be served: `python benchmarks/serving_site.py [FOLDER] [ARTICLES] [WORDS]`.

Texts are the word bags of `benchmarks.corpus`, spelled as syllables. How often an article is read falls by Zipf's law;
readers keep to a few sections. It goes through store and training as any site does, but for the evaluation.

WORDS keeps only the rarest words of each article and leaves it one read, its neighbour lists are invented, and nothing
is learned from its past: a million are ready in minutes, and take the memory that they would take. Answers mean little.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from tempfile import gettempdir
from unittest.mock import patch

import numpy as np
from scipy import sparse

from benchmarks.corpus import word_counts
from recsys.article import Article
from recsys.cosine import STORED, Neighbours, Rows
from recsys.event import Event
from recsys.home import Home
from recsys.neighbours import NeighbourIndex
from recsys.record import Micros, SectionPath
from recsys.registry import FolderRegistry
from recsys.settings import Settings
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY, SECOND, parse_time

DEFAULT = Path(gettempdir()) / "recsys-serving-home"  # kept from one run to the next
NOW = parse_time("2026-03-01T12:00:00Z")
SEED = 7
DAYS = 365
SECTIONS = 24
EVENTS_PER_ARTICLE = 5
TITLE_WORDS = 8
READS = 20  # of one reader
_SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvw" for vowel in "aeiou"]


def spelled(number: int) -> str:
    """A word for a number, of three syllables or more."""
    parts = []
    for _ in range(3):
        number, part = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[part])
    return "".join(parts) + (spelled(number - 1) if number else "")


def articles(counts: sparse.csr_array, rng: np.random.Generator) -> Iterator[Article]:
    """Articles in order of time, the last one just before NOW."""
    total = counts.shape[0]
    published = np.sort(rng.random(total)) * DAYS * DAY
    words: dict[int, str] = {}
    for row in range(total):
        start, end = counts.indptr[row], counts.indptr[row + 1]
        found = [
            (words.setdefault(int(n), spelled(int(n))), int(times))
            for n, times in zip(counts.indices[start:end], counts.data[start:end], strict=True)
        ]
        text = " ".join(word for word, times in found for _ in range(times))
        yield Article(
            id=f"article-{row}",
            title=" ".join(word for word, _ in found[-TITLE_WORDS:]),
            body=text,
            url=f"https://example.org/{row}",
            section=SectionPath(("News", f"Section {row % SECTIONS}")),
            tags=tuple(word for word, _ in found[-2:]),
            language="en",
            published_at=Micros(int(NOW - DAYS * DAY + published[row])),
        )


def rarest(counts: sparse.csr_array, words: int) -> sparse.csr_array:
    """The counts of at most so many words a row: those of the highest numbers, which are names first."""
    kept = np.minimum(np.diff(counts.indptr), words)
    starts = np.concatenate(([0], np.cumsum(kept)))
    places = np.arange(starts[-1]) + np.repeat(counts.indptr[1:] - starts[1:], kept)
    return sparse.csr_array((counts.data[places], counts.indices[places], starts), shape=counts.shape)


def invented_neighbours(vectors: sparse.csr_array, **_: int) -> NeighbourIndex:
    """An index whose lists are the rows that follow, in place of the nearest."""
    rows, total = Rows.of(vectors), vectors.shape[0]
    following = (np.arange(total, dtype=np.int32)[:, None] + np.arange(1, STORED + 1, dtype=np.int32)) % total
    falling = np.broadcast_to(np.linspace(0.4, 0.05, STORED, dtype=np.float32), following.shape)
    return NeighbourIndex(rows, rows.transposed(vectors.shape[1]), Neighbours(following, falling.copy()))


def events(total: int, per_article: int, rng: np.random.Generator) -> Iterator[Event]:
    """Views of readers who keep to one section mostly."""
    readers = max(1, total * per_article // READS)
    popular = rng.permutation(total)
    for reader in range(readers):
        rank = np.minimum(rng.zipf(1.2, READS), total) - 1
        rows = popular[rank.astype(np.int64)]
        home = rng.random(READS) < 0.7
        rows = np.where(home, rows // SECTIONS * SECTIONS + reader % SECTIONS, rows).clip(0, total - 1)
        at = NOW - SECOND - (rng.random(READS) ** 2 * 30 * DAY).astype(np.int64)
        for number in range(READS):
            yield Event(
                id=f"{reader}-{number}",
                type="view",
                article_id=f"article-{rows[number]}",
                visitor_id=f"reader-{reader}",
                at=Micros(int(at[number])),
            )


def make(folder: Path, total: int, words: int | None = None) -> Home:
    """The home; a store or a bundle that is there already is taken as it is."""
    from training import fit as fitting
    from training import neighbour_lists
    from training.publish import named, publish
    from training.train import read_store

    home = Home(folder)
    if (home.bundles / "ACTIVE").exists():
        return home
    rng = np.random.default_rng(SEED)
    home.root.mkdir(parents=True, exist_ok=True)
    store = SqliteStore(home.store)
    if store.log.last() == 0:
        _write(store, total, words, rng)
    began = time.process_time()
    read_articles, read_events, log_seq = read_store(store, home.history, lambda *_: None)
    settings = Settings(threads=1)
    short = ExitStack()
    if words is not None:
        short.enter_context(patch.object(neighbour_lists, "fit_neighbours", invented_neighbours))
        short.enter_context(patch.object(fitting, "time_cut", lambda _: None))
    with short:
        arrays, manifest = fitting.fit(read_articles, read_events, NOW, settings, log_seq=log_seq)
    publish(FolderRegistry(home.bundles), store, arrays, named(arrays, manifest), after=None, now=NOW, keep=2)
    store.close()
    print(f"{total:,} articles trained in {time.process_time() - began:.0f} CPU seconds", file=sys.stderr)
    return home


def _write(store: SqliteStore, total: int, words: int | None, rng: np.random.Generator) -> None:
    counts = word_counts(total, rng)
    made = articles(counts if words is None else rarest(counts, words), rng)
    with store.transaction():
        while batch := list(islice(made, 1_000)):
            store.catalogue.put(batch, NOW - SECOND, restore=False)
        reads = events(total, EVENTS_PER_ARTICLE if words is None else 1, rng)
        while some := list(islice(reads, 10_000)):
            store.log.append_events(some, NOW - SECOND)


if __name__ == "__main__":
    make(
        Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT,
        int(sys.argv[2]) if len(sys.argv) > 2 else 100_000,
        int(sys.argv[3]) if len(sys.argv) > 3 else None,
    )
