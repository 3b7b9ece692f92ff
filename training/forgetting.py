"""What must be gone from a home's files before a training begins: erased visitors, and events past their age."""

from pathlib import Path

from recsys.settings import Settings
from recsys.store import Store
from recsys.times import DAY
from training import history


def forget(store: Store, folder: Path, settings: Settings, now: int) -> None:
    """Erases and purges in the Parquet history at `folder`, and purges the log.

    The log has no events of erased visitors already. Whoever came back since is a new visitor, and stays.
    """
    erasures = store.visitors.erasures(history.reached(folder))
    if erasures:
        history.erase(folder, {int(digest, 16) for erasure in erasures for digest in erasure.ids})
    if settings.keep_events_days:
        before = (now // DAY - settings.keep_events_days) * DAY
        store.visitors.purge(before)
        history.purge(folder, before)
