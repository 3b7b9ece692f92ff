"""Opening a home for a command that asks."""

from recsys.cli.app import registry_of
from recsys.errors import Refused
from recsys.home import Home
from recsys.store.opening import open_store
from recsys.times import format_time
from serving.live import Replica, opened


def replica_at(home: Home, moment: int, *, replay: bool) -> Replica:
    """The active model with the change log applied; with `replay`, only events stamped before `moment`.

    Raises Refused where the model was trained on what is stamped later.
    """
    store = open_store(home)
    try:
        replica = opened(registry_of(home), store, until=moment if replay else None)
    finally:
        store.close()
    trained = replica.model.manifest.as_of
    if replay and moment < trained:
        raise Refused(
            f"the active model has seen everything before {format_time(trained)}. Ask about that time or later, "
            f"or run `recsys train --as-of {format_time(moment)}` first."
        )
    return replica
