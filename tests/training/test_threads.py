"""Threads change how soon a training is done and no bit of what it finds, where a site is large enough to use them."""

import numpy as np
import pytest

from recsys.article import Article, StoredArticle
from recsys.bundle import described, digest
from recsys.event import Event
from recsys.record import Micros, SectionPath
from recsys.settings import Settings
from recsys.times import DAY, MINUTE
from training import covisits, neighbour_lists, stories, text_model
from training.events import event_table
from training.fit import fit

ARTICLES = neighbour_lists.PLAIN_BELOW + 300
READERS, READS = 600, 12
SECTIONS = 12


def site() -> tuple[list[StoredArticle], list[Event]]:
    """Articles of a few dozen words whose frequency falls by Zipf's law, and readers who keep to one section mostly."""
    rng = np.random.default_rng(25)
    words = np.array([f"{a}{b}{c}" for a in "bdfgklmnprst" for b in ("ar", "el", "in", "or", "us") for c in range(40)])
    chance = 1.0 / (np.arange(words.size) + 5.0)
    drawn = rng.choice(words.size, (ARTICLES, 36), p=chance / chance.sum())
    articles = [
        StoredArticle(
            Article(
                id=f"a{row}",
                title=" ".join(words[some[:4]]),
                body=" ".join(words[some]),
                section=SectionPath((f"Section {row % SECTIONS}",)),
                language="en",
                published_at=Micros(row * MINUTE),
            ),
            row,
            views_at=0,
            likes_at=0,
        )
        for row, some in enumerate(drawn)
    ]
    events = [
        Event(
            type="like" if place % 4 == 0 else "view",
            article_id=f"a{row}",
            visitor_id=f"reader-{reader}",
            at=Micros(ARTICLES * MINUTE + int(at)),
        )
        for reader in range(READERS)
        for place, (row, at) in enumerate(
            zip(
                rng.integers(0, ARTICLES // SECTIONS // 20, READS) * SECTIONS + reader % SECTIONS,
                np.sort(rng.integers(0, 9 * DAY, READS)),
                strict=True,
            )
        )
    ]
    return articles, sorted(events, key=lambda event: event.at)


@pytest.mark.slow
@pytest.mark.parametrize("pruned", [False, True])
def test_a_large_site_is_the_same_model_with_one_thread_and_with_two(
    pruned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D14 for compiled and parallel parts, which a small site does not reach; of a very large one the pruned search."""
    for module in (covisits, stories, text_model):
        monkeypatch.setattr(module, "COMPILING_PAYS", 0)
    if pruned:
        monkeypatch.setattr(neighbour_lists, "EXACT_BELOW", 0)
    articles, events = site()
    row_of = {stored.article.id: stored.row for stored in articles}
    as_of = ARTICLES * MINUTE + 10 * DAY
    table = event_table(events, row_of.get, as_of)
    digests = []
    for threads in (1, 2):
        arrays, manifest = fit(articles, table, as_of, Settings(threads=threads))
        digests.append(digest(described(arrays, manifest)))
    assert digests[0] == digests[1]
