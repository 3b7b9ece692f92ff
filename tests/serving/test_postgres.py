"""T1 to T3 of docs/reliability.md with the store on PostgreSQL: T1 and T3 are the tests of events, run once more."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from recsys.home import Home
from recsys.items import Wish
from recsys.model import Model
from recsys.ranking import ranking
from recsys.recommendation import recommend
from recsys.registry import FolderRegistry
from recsys.settings import Settings
from recsys.store.postgres import PostgresStore
from recsys.store.postgres_move import move_store
from serving.live import opened
from tests.recsys.store.postgres_server import PostgresServer
from tests.serving.conftest import NOW, sample_articles, sample_events
from tests.serving.test_events import (  # noqa: F401 - found and run here
    test_a_browser_may_send_less_than_a_site,
    test_a_like_is_taken_back,
    test_a_site_may_send_events_of_any_age,
    test_an_event_sent_again_counts_once,
    test_counts_survive_a_restart,
    test_second_like_by_one_visitor_changes_no_count,
)


@pytest.fixture
def home(home: Home, postgres: str, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The trained home, its store in PostgreSQL."""
    move_store(home.store, postgres, lambda *_: None)
    monkeypatch.setenv("RECSYS_STORE", postgres)
    return home


@pytest.mark.slow
def test_events_sent_ten_times_and_in_any_order_give_the_same_lists(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """Live, and after a training."""
    from training.fit import fit
    from training.train import read_store

    once = sample_events()
    shuffled = random.Random(1).sample(once * 10, 10 * len(once))
    live, trained = [], []
    for name, events in (("once", once), ("shuffled", shuffled)):
        with closing(PostgresStore(postgres_server.schema(f"order_{name}"))) as store:
            store.catalogue.put(sample_articles(), NOW, restore=True)
            for start in range(0, len(events), 50):
                store.log.append_events(events[start : start + 50], NOW)
            live.append(_lists(opened(FolderRegistry(tmp_path / "none"), store).model))
            articles, table, log_seq = read_store(store, tmp_path / name, lambda *_: None)
        assert table.num_rows == len(once)
        arrays, manifest = fit(articles, table, NOW, Settings(threads=1), log_seq=log_seq)
        trained.append(_lists(Model.open(manifest, arrays)))
    assert live[0] == live[1]
    assert trained[0] == trained[1]
    assert len(trained[0][0]) > 20


def _lists(model: Model) -> list[list[int]]:
    wish = Wish(limit=30)
    found = [ranking(model, "day", wish, NOW), *(recommend(model, wish, NOW, visitor_id=f"reader-{n}") for n in (0, 7))]
    return [[item.row for item in items] for items in found]
