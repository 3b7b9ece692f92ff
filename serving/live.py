"""The model that answers, kept at the end of the change log; and how another model takes its place.

Everything here but the opening of a new bundle runs in the event loop's thread, and nothing waits within an answer:
what one answer says comes from one model at one position of the log.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

import msgspec
import numpy as np

from recsys.errors import BadBundle, NoModel, RecsysError, StoreFailed
from recsys.event_block import EventBlock
from recsys.model import Model
from recsys.registry import Registry, active_or_none
from recsys.store import Entry, Store, StoredArticle, unpack_block
from recsys.untrained import untrained_model

POLL_SECONDS = 0.05
RENEW_SECONDS = 2.0  # from one try to the next where a model can't be had
ENTRIES = 256  # read from the log at a time
# What is applied in one step: in between readers are answered, and nobody asks before a server is ready.
ARTICLES = 16
PACKED_BYTES = 32_000  # of events as they lie in the log: 1,000 to 2,000 events, 5 to 10 ms
PACKED_BYTES_AT_ONCE = 4_000_000  # the same where nobody waits: many events cost less each

_END = object()

log = logging.getLogger(__name__)


class Replica:
    """One model, and how far the change log has been applied to it.

    position  seq of the last entry applied
    settled   seq of the last entry applied that changed an article or the rules: Related can have changed no later
    """

    def __init__(self, model: Model, position: int, until: int | None = None) -> None:
        """`model` holds what the log says up to `position`.

        until  where given, nothing stamped at or after this moment is applied: no such event, no total that a record
               brings, as nobody says when it was counted; texts are applied as they stand now
        """
        self.model = model
        self.position = position
        self.settled = position
        self.woken = False
        self._until = until
        self._steps: Iterator[None] | None = None

    def step(self, store: Store) -> bool:
        """Applies a little of what the log holds; False where there is nothing left. One store at a time."""
        if self._steps is None:
            if store.log.last() <= self.position:
                return False
            self._steps = self._apply(store, PACKED_BYTES)
        if next(self._steps, _END) is _END:
            self._steps = None
        return True

    def finish(self, store: Store) -> None:
        """Applies all that the log holds."""
        for _ in self._steps or ():
            pass
        self._steps = None
        while store.log.last() > self.position:
            for _ in self._apply(store, PACKED_BYTES_AT_ONCE):
                pass

    def drop(self) -> None:
        """Gives up what it is at. Half a step refers back to the replica, and would hold the model's files open."""
        self._steps = None

    def _apply(self, store: Store, packed_bytes: int) -> Iterator[None]:
        for some in _together(_entries(store, self.position), packed_bytes):
            yield from self._apply_entries(some, store)
            self.position = some[-1].seq
            yield

    def _apply_entries(self, some: Sequence[Entry], store: Store) -> Iterator[None]:
        """Applies one entry, or several that hold events."""
        entry = some[0]
        match entry.kind:
            case "events":
                self.model.meet(_stamped_before(unpack_block(entry.packed for entry in some), self._until))
            case "articles":
                for start in range(0, len(entry.ids), ARTICLES):
                    found = store.catalogue.get(entry.ids[start : start + ARTICLES])
                    for stored in sorted(found.values(), key=lambda stored: stored.row):
                        self.model.put(stored if self._until is None else _without_totals(stored))
                    yield
                self.settled = entry.seq
            case "rules":
                self.model.rules.set(store.rules.current(self._until).rules.rules)
                self.settled = entry.seq
            case "activate":
                self.woken = True
            case "erase":
                for digest in entry.ids:
                    self.model.erase(int(digest, 16))
            case "keys":
                pass  # `serving.keys` reads them by itself, at once


class Live:
    """What serves now. `model` is the same object from the first to the last line of an answer."""

    def __init__(
        self,
        registry: Registry,
        open_store: Callable[[], Store],
        on_refused: Callable[[], None],
        replica: Replica | None = None,
    ) -> None:
        """Opens the active bundle, or an empty model where there is none, and applies the log; raises BadBundle.

        on_refused  is told of each bundle that was activated and does not verify
        replica     goes on with this one, as a parent process had it
        """
        self._registry = registry
        self._open_store = open_store
        self._on_refused = on_refused
        self._renewal = asyncio.Lock()
        self._renew_at = 0.0  # monotonic seconds; not earlier
        self.following = False
        self.store = open_store()
        if replica is None:
            replica = opened(registry, self.store)
        else:
            replica.finish(self.store)
            replica.woken = True  # the pointer may have moved before the parent's log was read
        self._replica = replica

    @property
    def model(self) -> Model:
        """The model that answers."""
        return self._replica.model

    @property
    def position(self) -> int:
        """The last entry of the log that the model knows of."""
        return self._replica.position

    @property
    def settled(self) -> int:
        """The last entry of the log that changed an article or the rules."""
        return self._replica.settled

    def catch_up(self, upto: int | None = None) -> None:
        """Applies everything that is in the log: whoever wrote to it reads that at once.

        upto  where given, and applied already, the store is not asked: of many who wrote together the first one does
        """
        if upto is None or self.position < upto:
            self._replica.finish(self.store)

    def lag(self) -> int:
        """How many entries of the log the model has not seen."""
        return max(0, self.store.log.last() - self.position)

    async def follow(self) -> None:
        """Tails the log until cancelled, a little at a time so that readers need not wait.

        The present model goes on following while another one is opened.
        """
        renewal: asyncio.Task[None] | None = None
        try:
            while True:
                await asyncio.sleep(0 if self._advance() else POLL_SECONDS)
                at_work = renewal is not None and not renewal.done()
                if self._replica.woken and not at_work and time.monotonic() >= self._renew_at:
                    self._replica.woken = False
                    renewal = asyncio.create_task(self.renew())
        finally:
            self.following = False
            if renewal is not None:
                renewal.cancel()

    async def renew(self) -> None:
        """Takes the bundle that the pointer names, if it is another one; else keeps the present one."""
        async with self._renewal:
            try:
                if await asyncio.to_thread(active_or_none, self._registry) in (None, self.model.version):
                    return
                fresh = await asyncio.to_thread(self._open_beside)
                fresh.finish(self.store)
            except StoreFailed as error:  # of the model itself this says nothing
                log.error("the activated model can't be had at the moment, trying again: %s", error)
                self._replica.woken, self._renew_at = True, time.monotonic() + RENEW_SECONDS
                return
            except Exception as error:  # whatever is wrong with a new bundle, the present model goes on answering
                self._on_refused()
                known = isinstance(error, RecsysError)
                log.error("the activated model is refused, the present one stays: %s", error, exc_info=not known)
                return
            self._replica.drop()
            self._replica = fresh

    def _advance(self) -> bool:
        """One step; False where there is nothing to do, or where the store can't be read at the moment."""
        try:
            busy = self._replica.step(self.store)
        except StoreFailed as error:
            if self.following:  # said once, not at each try
                log.error("the change log can't be read, trying again: %s", error)
            self.following = False
            return False
        self.following = True
        return busy

    def close(self) -> None:
        """Lets go of the store and of the model's files; nothing can be asked any more."""
        self.store.close()
        self._replica.drop()
        del self._replica

    def _open_beside(self) -> Replica:
        store = self._open_store()
        try:
            return opened(self._registry, store)
        finally:
            store.close()


def opened(registry: Registry, store: Store, until: int | None = None, *, version: str | None = None) -> Replica:
    """The active model with the whole log applied, an empty one where nothing was trained yet; raises BadBundle.

    until    as for `Replica`
    version  another than the active one; raises NotFound where there is none of that name
    """
    try:
        model = Model.active(registry) if version is None else Model.kept(registry, version)
    except NoModel:
        model = untrained_model()
    position = model.manifest.log_seq
    if position > store.log.last():
        raise BadBundle(f"{model.version} was trained on a longer change log than this store has. Train again.")
    _put_unpublished(model, store, until)
    if model.manifest.later:
        _add_later(model, store, until)
    model.rules.set(store.rules.current(until).rules.rules)
    replica = Replica(model, position, until)
    replica.finish(store)
    return replica


def _add_later(model: Model, store: Store, until: int | None) -> None:
    """Gives the model the events that the log held at its training, but that are stamped after its as-of."""
    known = takewhile(lambda entry: entry.seq <= model.manifest.log_seq, _entries(store, 0))
    for some in _together((entry for entry in known if entry.kind == "events"), PACKED_BYTES_AT_ONCE):
        events = _stamped_before(unpack_block(entry.packed for entry in some), until)
        model.meet(events.only(events.at >= model.manifest.as_of))


def _entries(store: Store, after: int) -> Iterator[Entry]:
    """What the log holds after an entry, until it holds no more."""
    while entries := store.log.tail(after, ENTRIES):
        yield from entries
        after = entries[-1].seq


def _together(entries: Iterable[Entry], packed_bytes: int) -> Iterator[list[Entry]]:
    """The entries in their order, one by one; those with events that follow each other up to so many bytes at once."""
    some: list[Entry] = []
    size = 0
    for entry in entries:
        if some and (entry.kind != "events" or some[0].kind != "events" or size + len(entry.packed) > packed_bytes):
            yield some
            some, size = [], 0
        some.append(entry)
        size += len(entry.packed)
    if some:
        yield some


def _stamped_before(events: EventBlock, until: int | None) -> EventBlock:
    return events if until is None else events.only(events.at < until)


def _put_unpublished(model: Model, store: Store, until: int | None) -> None:
    """Gives the model the articles that were published after its training: it knows their rows, not their texts."""
    later = np.flatnonzero((model.articles.published >= model.manifest.as_of) & ~model.articles.gone)
    if until is not None:
        later = later[model.articles.published[later] < until]
    found = store.catalogue.get([model.articles.id(int(row)) for row in later])
    for stored in sorted(found.values(), key=lambda stored: stored.row):
        model.put(stored if until is None else _without_totals(stored))


def _without_totals(stored: StoredArticle) -> StoredArticle:
    article = msgspec.structs.replace(stored.article, views=None, likes=None)
    return replace(stored, article=article, views_at=0, likes_at=0)
