"""Lists that a site has today, made elsewhere, read from files as `recsys export` writes them."""

import gzip
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import msgspec

from recsys.errors import BadInput
from recsys.event import ListName
from recsys.histories import visitor_key
from recsys.items import Window
from recsys.model import Model
from recsys.record import check_id
from recsys.times import parse_time
from training.rows import bounded_lines, too_long

LOGGED = (
    "Readers could only turn to what they were shown: what they did favours the lists that the site had then. "
    "A difference here says which list to try on readers, not what they would make of it."
)

MEASURED: Window = "day"

T = TypeVar("T")
K = TypeVar("K", str, int | None)

_AT = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")


class OtherItem(msgspec.Struct, frozen=True):
    """One place of a list; one with `fill` only completes it, and is not judged."""

    id: str
    score: float | None = None
    fill: str | None = None


class OtherRow(msgspec.Struct, frozen=True):
    """One list: Related of an article, Recommendation of a visitor, or Ranking of a window, made `at` a time."""

    items: tuple[OtherItem, ...]
    article_id: str | None = None
    visitor_id: str | None = None
    window: Window | None = None
    at: str | None = None


@dataclass(slots=True)
class OtherLists:
    """All lists under one name, by the id of the article or of the visitor, and the rankings by time.

    rankings  by when each was made, microseconds; None: at the cut
    """

    name: str
    related: dict[str, tuple[str, ...]] = field(default_factory=dict)
    recommendation: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rankings: dict[int | None, tuple[str, ...]] = field(default_factory=dict)

    def of(self, name: ListName) -> Mapping[Any, tuple[str, ...]]:
        """The lists of one kind."""
        if name == "ranking":
            return self.rankings
        return self.related if name == "related" else self.recommendation


def read_other_lists(named: Sequence[tuple[str, Path]], zone: tzinfo) -> list[OtherLists]:
    """The lists under each name, from one or several files; raises BadInput with file, line and field of a bad row.

    zone  of times without offset
    """
    found: dict[str, OtherLists] = {}
    for name, path in named:
        _read(path, found.setdefault(name, OtherLists(name)), zone)
    return [*found.values()]


def in_rows(others: Sequence[OtherLists], name: ListName, model: Model, cut: int) -> dict[str, dict[int, list[int]]]:
    """Lists of one kind, in rows, by the name they were given and what they answer.

    That is an article's row, a visitor's key, or when a ranking was made. What the site doesn't have is passed over.
    """
    found: dict[str, dict[int, list[int]]] = {}
    for one in others:
        if one.rankings and name == "ranking":
            found[one.name] = {cut if at is None else at: _rows(ids, model) for at, ids in one.rankings.items()}
        elif one.recommendation and name == "recommendation":
            found[one.name] = {visitor_key(key): _rows(ids, model) for key, ids in one.recommendation.items()}
        elif one.related and name == "related":
            rows = ((model.articles.row(key), ids) for key, ids in one.related.items())
            found[one.name] = {row: _rows(ids, model) for row, ids in rows if row is not None}
    return found


def notes_on(others: Sequence[OtherLists], name: ListName, known: Container[str]) -> list[str]:
    """What to tell beside figures on lists of one kind; `known` are the ids of the site's articles."""
    notes = []
    for one in others:
        lists: Iterable[tuple[str, ...]] = one.of(name).values()
        unknown = {item for ids in lists for item in ids if item not in known}
        if unknown:
            notes.append(f"{one.name}: {len(unknown):,} ids are no article of this site, such as {min(unknown)}.")
    return [*notes, LOGGED] if any(one.of(name) for one in others) else []


def add_other(lists: dict[str, T], name: str, rows: T) -> None:
    """Puts what was made elsewhere beside what is there; raises BadInput where a model has this name already."""
    if name in lists:
        raise BadInput(f"--compare {name}: a model has this name already. Give the lists another one.")
    lists[name] = rows


def _rows(ids: Sequence[str], model: Model) -> list[int]:
    rows = (model.articles.row(item) for item in ids)
    return [*dict.fromkeys(row for row in rows if row is not None)]


def _read(path: Path, into: OtherLists, zone: tzinfo) -> None:
    decoder = msgspec.json.Decoder(OtherRow)
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as data:
        for number, line in bounded_lines(cast(BinaryIO, data)):
            if line is None:
                raise BadInput(f"{path.name}:{number} {too_long()}")
            if line.strip():
                try:
                    _add(decoder.decode(line), into, zone)
                except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
                    raise BadInput(f"{path.name}:{number} {_said(error)}") from None


def _add(row: OtherRow, into: OtherLists, zone: tzinfo) -> None:
    keys = {"article_id": row.article_id, "visitor_id": row.visitor_id, "window": row.window}
    given = {field: key for field, key in keys.items() if key is not None}
    if len(given) != 1:
        raise ValueError("article_id, visitor_id, window: expected one of them")
    for place, item in enumerate(row.items):
        check_id(item.id, f"items[{place}].id")
    ids = tuple(dict.fromkeys(item.id for item in row.items if item.fill is None))
    ((name, key),) = given.items()
    if name == "window":
        if key != MEASURED:
            raise ValueError(f"window: expected {MEASURED}, the one that is measured")
        _add_once(into.rankings, _moment(row.at, zone), ids, "at" if row.at else "window")
    else:
        check_id(key, name)
        _add_once(into.related if name == "article_id" else into.recommendation, key, ids, name)


def _add_once(lists: dict[K, tuple[str, ...]], key: K, ids: tuple[str, ...], name: str) -> None:
    if key in lists:
        raise ValueError(f"{name}: a second list of the same")
    lists[key] = ids


def _moment(text: str | None, zone: tzinfo) -> int | None:
    if text is None:
        return None
    try:
        return parse_time(text, zone)
    except ValueError as error:
        raise ValueError(f"at: {error}") from None


def _said(error: Exception) -> str:
    """The reason, behind the field where one is to blame."""
    text = str(error)
    found = _AT.search(text)
    return text if found is None else f"{found['field'] or 'the row'}: {text[: found.start()]}"
