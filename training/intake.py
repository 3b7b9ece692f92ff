"""Import: files of articles and events into the store, whole or not at all, and the same files twice as once.

All rows are read, checked and staged first; then one transaction writes them, so that the lock on the store is short.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import tzinfo
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

import msgspec

from recsys.addresses import canonical_address
from recsys.article import Article
from recsys.counted import counted
from recsys.errors import BadRecord
from recsys.event import Event
from recsys.record import RecordReader, store_bytes
from recsys.robots import as_stored
from recsys.store import AppendedEvents, PutArticles, Store, comes_back
from recsys.times import format_time
from training.file_readers import ArticleFileReader, EventFileReader
from training.import_report import ROWS_SHOWN, BadRow, FileReport, ImportReport
from training.progress import Progress
from training.read_markdown import BadFile
from training.rows import LeftOut
from training.sources import Source, read, size_of
from training.staging import Staging
from training.understood import Understood

_ARTICLES = 100  # handed to the store at a time
_EVENTS = 10_000
_BETWEEN_LOOKS = 2_000  # rows from one sign of progress to the next
_DIGEST_BYTES = 15
_ADDRESSES = 100_000  # of events, remembered with what they lead to

R = TypeVar("R", bound=msgspec.Struct)


def import_files(
    store: Store,
    articles: Sequence[Source],
    events: Sequence[Source],
    *,
    now: int,
    default_zone: tzinfo,
    dry_run: bool,
    strict: bool,
    progress: Progress,
    bad_row: Callable[[BadRow], None] = lambda row: None,
) -> ImportReport:
    """Reads all `articles`, then all `events`, and stores what is valid in one transaction.

    now           microseconds: what is stamped later is a bad row (events) or draws a warning (articles)
    default_zone  zone of times without an offset
    dry_run       report what would happen, store nothing
    strict        store nothing if any row is bad
    progress      called with a description, what is done and the total, in bytes or records
    bad_row       called with every bad row when it is found; the report holds only the first ones

    Raises BadInput when a file can't be read at all, StoreFailed from the store; then nothing is stored.
    """
    with ExitStack() as opened:
        intake = _Intake(store, now=now, default_zone=default_zone, progress=progress, bad_row=bad_row, opened=opened)
        for path in articles:
            intake.read_articles(path)
        for path in events:
            intake.read_events(path)
        refused = strict and intake.bad > 0
        put, appended = (PutArticles(), AppendedEvents(0, 0)) if refused else intake.write(keep=not dry_run)
        return ImportReport(
            files=tuple(intake.files),
            articles=put,
            events=appended,
            bad=intake.bad,
            bad_rows=tuple(intake.bad_rows),
            warnings=tuple(intake.warnings(put)),
            refused=refused,
            stored=not (refused or dry_run),
        )


class _DryRun(Exception):
    """Ends the transaction of a dry run."""


class _Intake:
    """One import: what was read so far."""

    def __init__(
        self,
        store: Store,
        *,
        now: int,
        default_zone: tzinfo,
        progress: Progress,
        bad_row: Callable[[BadRow], None],
        opened: ExitStack,  # closes the staged records
    ) -> None:
        self._store = store
        self._now = now
        self._progress = progress
        self._tell_bad_row = bad_row
        self._article_reader = ArticleFileReader(default_zone)
        self._event_reader = EventFileReader(default_zone, self._article_at)
        self._articles = opened.enter_context(Staging(Article))
        self._events = opened.enter_context(Staging(Event))
        self._article_place: dict[str, int] = {}  # where the last record of an id is staged; in order of arrival
        self._event_places: list[int] = []
        self._event_count = 0
        self._addresses: dict[tuple[str, str], str] = {}  # of the articles of this import: the id, by host and path
        self._led_to: dict[str, str | None] = {}  # what the addresses of events lead to
        self._known: dict[str, bool] = {}  # articles that were looked for, and whether they live
        self._copies: Counter[bytes] = Counter()  # of each content without id
        self._warnings: list[str] = []
        self._ahead = 0
        self.files: list[FileReport] = []
        self.bad = 0
        self.bad_rows: list[BadRow] = []

    def read_articles(self, path: Source) -> None:
        """Stages the valid articles of a file; of an id that stands twice the last record counts."""
        again = 0
        for article in self._records(path, self._article_reader, "articles", self._check_article):
            again += article.id in self._article_place
            self._article_place[article.id] = self._articles.add([article])
            self._ahead += article.published_at > self._now
            if article.url is not None and (address := canonical_address(article.url)) is not None:
                self._addresses[address] = self._addresses["", address[1]] = article.id
        if again:
            repeat = counted(again, "row repeats", "rows repeat")
            self._warnings.append(f"{path}: {repeat} an id read before; the last row of each id counts")

    def read_events(self, path: Source) -> None:
        """Stages the valid events of a file, but for those of robots."""
        robots = 0

        def of_readers() -> Iterator[Event]:
            nonlocal robots
            for event in self._records(path, self._event_reader, "events", self._check_event):
                stored = as_stored(event)
                robots += stored is None
                if stored is not None:
                    yield stored

        events = of_readers()
        while group := [event if event.id is not None else self._with_id(event) for event in islice(events, _EVENTS)]:
            self._event_places.append(self._events.add(group))
            self._event_count += len(group)
        if robots:
            are = counted(robots, "event is of a robot", "events are of robots")
            self._warnings.append(f"{path}: {are}, by user_agent, and left out")

    def write(self, *, keep: bool) -> tuple[PutArticles, AppendedEvents]:
        """Stores what is staged in one transaction, undone again unless `keep`."""
        try:
            with self._store.transaction():
                done = self._write_articles(), self._write_events()
                if not keep:
                    raise _DryRun
        except _DryRun:
            pass
        return done

    def warnings(self, put: PutArticles) -> list[str]:
        """What is no bad row and yet may not be what the site meant."""
        told = list(self._warnings)
        if self._ahead:
            are = counted(self._ahead, "article is", "articles are")
            told.append(f"{are} dated ahead of now and not shown before. Is the time zone right?")
        if put.kept_deleted:
            stay = counted(len(put.kept_deleted), "article stays", "articles stay")
            told.append(
                f"{stay} deleted, such as {put.kept_deleted[0]}: an import restores only those whose updated_at is"
                " later than the deletion"
            )
        return told

    def _records(self, path: Source, reader: RecordReader[R], holds: str, check: Callable[[R], None]) -> Iterator[R]:
        """The good records of a file; counts, keeps and tells the bad ones, and what fields no record has."""
        rows = bad = 0
        unknown: set[str] = set()
        left_out: Counter[str] = Counter()
        sources: dict[str, str] = {}
        understood = Understood(sources)
        size = size_of(path)
        for rows, row in enumerate(read(path, reader, sources), start=1):
            if rows % _BETWEEN_LOOKS == 0:
                self._progress(f"reading {path.name}", row.done, size)
            unknown |= row.unknown
            if isinstance(row.outcome, LeftOut):
                left_out[row.outcome.what] += 1
                continue
            try:
                if isinstance(row.outcome, BadRecord):
                    raise row.outcome
                check(row.outcome)
            except BadRecord as error:
                bad += 1
                file = f"{path}/{error.inside.as_posix()}" if isinstance(error, BadFile) else str(path)
                self._add_bad(BadRow(file=file, line=row.line, field=error.field, reason=error.reason))
            else:
                understood.add(row.outcome)
                yield row.outcome
        self._progress(f"reading {path.name}", size, size)
        rows -= left_out.total()
        self.files.append(
            FileReport(
                file=str(path), holds=holds, rows=rows, bad=bad, left_out=dict(left_out), fields=understood.fields()
            )
        )
        if unknown:
            self._warnings.append(f"{path}: unknown fields, left out: {', '.join(sorted(unknown))[:500]}")

    def _add_bad(self, row: BadRow) -> None:
        self.bad += 1
        if len(self.bad_rows) < ROWS_SHOWN:
            self.bad_rows.append(row)
        self._tell_bad_row(row)

    def _article_at(self, url: str) -> str | None:
        """The article of this import or of the store that an address leads to; None too where that is deleted."""
        if url not in self._led_to:
            address = canonical_address(url)
            here = self._addresses.get(address) or self._addresses.get(("", address[1])) if address else None
            found = here or self._store.catalogue.at_addresses([url]).get(url)
            self._led_to[url] = found if found is not None and self._lives(found) else None
            if len(self._led_to) > _ADDRESSES:
                self._led_to.pop(next(iter(self._led_to)))
        return self._led_to.get(url)

    def _check_article(self, article: Article) -> None:
        stored = self._store.catalogue.get([article.id]).get(article.id)
        self._known[article.id] = not stored or stored.deleted_at is None or comes_back(article, stored.deleted_at)

    def _check_event(self, event: Event) -> None:
        if event.at > self._now:
            raise BadRecord("at", f"is in the future: {format_time(event.at)}")
        if not self._lives(event.article_id):
            raise BadRecord("article_id", f"is no article of this site: {event.article_id[:100]}")

    def _lives(self, article_id: str) -> bool:
        """Whether events on an article can be taken."""
        known = self._known.get(article_id)
        if known is None:
            stored = self._store.catalogue.get([article_id]).get(article_id)
            known = self._known[article_id] = stored is not None and stored.deleted_at is None
        return known

    def _with_id(self, event: Event) -> Event:
        """An id from the content, and from how often this import held it before: importing again adds nothing."""
        digest = blake2b(store_bytes(event), digest_size=_DIGEST_BYTES).digest()
        self._copies[digest] += 1
        return msgspec.structs.replace(event, id=f"content-{digest.hex()}-{self._copies[digest]}")

    def _write_articles(self) -> PutArticles:
        total = PutArticles()
        staged = self._articles.read(self._article_place.values())
        while articles := [article for [article] in islice(staged, _ARTICLES)]:
            put = self._store.catalogue.put(articles, self._now, restore=False)
            total = PutArticles(
                added=total.added + put.added,
                updated=total.updated + put.updated,
                unchanged=total.unchanged + put.unchanged,
                kept_deleted=total.kept_deleted + put.kept_deleted,
            )
            done = total.added + total.updated + total.unchanged + len(total.kept_deleted)
            self._progress("storing articles", done, len(self._article_place))
        return total

    def _write_events(self) -> AppendedEvents:
        total = AppendedEvents(0, 0)
        for events in self._events.read(self._event_places):
            appended = self._store.log.append_events(events, self._now)
            total = AppendedEvents(total.accepted + appended.accepted, total.duplicates + appended.duplicates)
            self._progress("storing events", total.accepted + total.duplicates, self._event_count)
        return total
