"""Links from one article of a site to another: who writes it holds the two for related, whatever their words say.

A link counts for both articles, 1 / log2(1 + how many addresses of the site its article links), so that a round-up says
little of each. Links are known by the *address* they lead to: host and path, without scheme, www., query, fragment and
the slash at the end; what stands below the address of an article ("/questions/8/a-title-in-words") leads to that
article. An address that several articles have leads nowhere.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import numpy as np
from numpy.typing import NDArray

from recsys.article import Article
from recsys.growing import Growing
from recsys.ragged import spliced

BELOW = 2  # steps that a link may lead below the address of an article
NO_ADDRESS = 0

_ANCHOR = re.compile(r"<a\b(?P<attributes>[^<>]*)>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)

_PLAIN = re.compile(r"https?://([a-z0-9.-]+)(|/[A-Za-z0-9/_.~-]*)")  # what urlsplit would only split

Linked = tuple[NDArray[np.int32], NDArray[np.float64]]


class SiteLinks:
    """The links of each row. Base arrays may be memory maps and are not written to."""

    def __init__(
        self,
        addresses: NDArray[np.uint64],
        hosts: NDArray[np.uint64],
        starts: NDArray[np.int64],
        targets: NDArray[np.uint64],
    ) -> None:
        """
        addresses        (n,) hash of each row's own address, NO_ADDRESS for none      hosts  hashes of own hosts
        starts, targets  (n + 1,), (m,) hashes of the addresses that each row links, distinct within a row
        """
        self._addresses, self._starts, self._targets = Growing(addresses), starts, targets
        self._hosts = set(hosts.tolist())
        rows = np.argsort(addresses).astype(np.int32)
        ascending = addresses.take(rows)
        same = ascending[1:] == ascending[:-1]
        alone = ascending != NO_ADDRESS  # and nobody else's
        alone[1:] &= ~same
        alone[:-1] &= ~same
        self._sorted, self._sorted_rows = ascending[alone], rows[alone]
        order = np.argsort(targets, kind="stable")
        self._linked, self._linking = targets[order], np.repeat(np.arange(starts.size - 1), np.diff(starts))[order]
        self._late: dict[int, list[int]] = {}  # row -> targets, of rows that were put
        self._late_rows: dict[int, int] = {}  # address -> row
        self._late_linking: dict[int, list[int]] = {}  # target -> rows

    @classmethod
    def empty(cls) -> Self:
        """Of no articles."""
        return cls(*(np.zeros(0, np.uint64),) * 2, np.zeros(1, np.int64), np.zeros(0, np.uint64))

    @classmethod
    def build(cls, articles: Sequence[Article | None]) -> Self:
        """Of n articles by row; None for rows that are not known."""
        own = [address_of(article.url) if article and article.url else None for article in articles]
        hosts = {host_of(one) for one in own if one is not None}
        known = set(own)
        found = [
            [*map(_hash, _targets(article, hosts.__contains__, known.__contains__))] if article else []
            for article in articles
        ]
        starts = np.zeros(len(found) + 1, np.int64)
        np.cumsum([len(some) for some in found], out=starts[1:])
        return cls(
            np.array([NO_ADDRESS if one is None else _hash(one) for one in own], np.uint64),
            np.array(sorted(map(_hash, hosts)), np.uint64),
            starts,
            np.array([one for some in found for one in some], np.uint64),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls(*(arrays[name] for name in ("addresses", "hosts", "starts", "targets")))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Base and changes as plain arrays."""
        hosts = np.array(sorted(self._hosts), np.uint64)
        late = {row: np.array(targets, np.uint64) for row, targets in self._late.items()}
        starts, targets = spliced(self._starts, self._targets, late, len(self._addresses))
        return {"addresses": self._addresses.view, "hosts": hosts, "starts": starts, "targets": targets}

    def of(self, row: int) -> Linked:
        """The rows that `row` links or that link it, ascending, and the weight of each link, 0..1."""
        weight: dict[int, float] = {}
        targets = self._of(row)
        for target in targets:
            other = self._row(target)
            if other is not None and other != row:
                weight[other] = _weight(len(targets))
        for other in self._linking_to(row):
            if other != row:
                weight[other] = max(weight.get(other, 0.0), _weight(len(self._of(other))))
        rows = sorted(weight)
        return np.array(rows, np.int32), np.array([weight[other] for other in rows])

    def knows_host_of(self, article: Article) -> bool:
        """Whether no link of others was passed over because the article's host was not known to be an own one."""
        own = address_of(article.url) if article.url else None
        return own is None or self._has_host(host_of(own))

    def put(self, row: int, article: Article) -> None:
        """Sets the address and the links of `row`, an existing or the next new one."""
        own = address_of(article.url) if article.url else None
        if own is not None:
            self._hosts.add(_hash(host_of(own)))
        targets = _targets(article, self._has_host, self._has_address)
        self._set(row, NO_ADDRESS if own is None else _hash(own), [*map(_hash, targets)])

    def remove(self, row: int) -> None:
        """Takes `row` out of all links until it is put again."""
        self._set(row, NO_ADDRESS, [])

    def _set(self, row: int, address: int, targets: list[int]) -> None:
        if not 0 <= row <= len(self._addresses):
            raise ValueError(f"row {row} leaves a gap after {len(self._addresses)} rows")
        for target in self._late.get(row, ()):
            self._late_linking[target].remove(row)
        if row == len(self._addresses):
            self._addresses.extend(np.uint64(address))
        old = int(self._addresses.view[row])
        if self._late_rows.get(old) == row:
            del self._late_rows[old]
        self._addresses.own[row] = address
        if address != NO_ADDRESS:
            self._late_rows[address] = row
        self._late[row] = targets
        for target in targets:
            self._late_linking.setdefault(target, []).append(row)

    def _has_host(self, host: str) -> bool:
        return _hash(host) in self._hosts

    def _has_address(self, address: str) -> bool:
        return self._row(_hash(address)) is not None

    def _of(self, row: int) -> Sequence[int]:
        if row in self._late:
            return self._late[row]
        if row >= self._starts.size - 1:
            return ()
        found: list[int] = self._targets[self._starts[row] : self._starts[row + 1]].tolist()
        return found

    def _row(self, address: int) -> int | None:
        """The row that has an address now."""
        if address in self._late_rows:
            return self._late_rows[address]
        place = int(np.searchsorted(self._sorted, np.uint64(address)))
        if place == self._sorted.size or int(self._sorted[place]) != address:
            return None
        row = int(self._sorted_rows[place])
        return row if int(self._addresses.view[row]) == address else None

    def _linking_to(self, row: int) -> list[int]:
        """The rows that link the address of `row`."""
        address = int(self._addresses.view[row]) if row < len(self._addresses) else NO_ADDRESS
        if address == NO_ADDRESS or self._row(address) != row:
            return []
        first, last = (np.searchsorted(self._linked, np.uint64(address), side) for side in ("left", "right"))
        base = [one for one in self._linking[first:last].tolist() if one not in self._late]
        return base + self._late_linking.get(address, [])


def hrefs(article: Article) -> Iterator[SplitResult]:
    """Where the links of a body lead, relative ones from the article's own address; none within the page, no mail."""
    for anchor in _ANCHOR.finditer(article.body):
        target = href(anchor["attributes"], article.url)
        if target is not None:
            yield target


def href(attributes: str, page: str | None) -> SplitResult | None:
    """Where an anchor with these attributes leads; None for what is no page of the web, or a place on the same one."""
    found = _HREF.search(attributes)
    if found is None:
        return None
    written = html.unescape(next(value for value in found.groups() if value is not None)).strip()
    if not written or written.startswith("#"):
        return None
    try:
        target = urlsplit(urljoin(page or "", written))
        host = target.hostname  # raises for what only looks like a host
    except ValueError:
        return None
    return target if target.scheme in ("", "http", "https") and (host or not target.netloc) else None


def address_of(url: str) -> str | None:
    """Host and path of an address, by which it is known; None for a host alone."""
    if plain := _PLAIN.fullmatch(url):
        host, path = plain.groups()
    else:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", unquote(parts.path)
        except ValueError:
            return None
    path = path.rstrip("/")
    return f"{host.removeprefix('www.')}{path}" if path else None


def host_of(address: str) -> str:
    """The host of an address that `address_of` returned."""
    return address.partition("/")[0]


def _targets(article: Article, own: Callable[[str], bool], known: Callable[[str], bool]) -> list[str]:
    """The addresses on `own` hosts that an article links, each once: the nearest that is `known`, at or above it."""
    found: dict[str, None] = {}
    for link in hrefs(article):
        one = address_of(link.geturl())
        if one is not None and own(host_of(one)):
            found[next(filter(known, _upwards(one)), one)] = None
    return [*found]


def _upwards(address: str) -> Iterator[str]:
    """An address and those above it, no host alone."""
    for _ in range(BELOW + 1):
        yield address
        address = address.rpartition("/")[0]
        if "/" not in address:
            return


def _weight(links: int) -> float:
    return float(1.0 / np.log2(1.0 + max(links, 1)))


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") or 1
