"""The arrays that the columns of articles lie in, in a bundle and in memory: how they are laid down.

Of n articles, by row: `published` and `expires` (n,) int64 microseconds, `flags` (n,) uint8, `language` (n,) int16
codes; `card_*` and `language_*` the tables of cards and of languages (`recsys.strings.StringTable`); for each of GROUPS
its `recsys.membership.Membership`; and `recsys.article_ids.id_arrays`.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.article import SENSITIVE, SPONSORED, UNLISTED, Article
from recsys.article_ids import id_arrays
from recsys.cards import card_table
from recsys.membership import Membership
from recsys.strings import StringTable
from recsys.times import NEVER

Arrays = dict[str, NDArray[Any]]

NAMES_OF: dict[str, Callable[[Article], Sequence[str]]] = {
    "section": attrgetter("section"),
    "tag": attrgetter("tags"),
    "label": attrgetter("labels"),
    "author": attrgetter("authors"),
}
GROUPS = tuple(NAMES_OF)
FIXED: dict[str, type[np.generic]] = {
    "published": np.int64,
    "expires": np.int64,
    "flags": np.uint8,
    "language": np.int16,
}

# Bits of `flags`: what the record says, and the labels that it has by a rule.
IS_GONE, IS_UNLISTED, IS_SENSITIVE, IS_SPONSORED, IS_EVERGREEN = 1, 2, 4, 8, 16
BY_RECORD = 31
BY_RULE = {UNLISTED: 32, SENSITIVE: 64, SPONSORED: 128}


def arrays_of(articles: Sequence[Article], languages: Sequence[str], gone: Sequence[bool]) -> Arrays:
    """Of n articles, each with its language and whether it is deleted."""
    codes: dict[str, int] = {}
    found: Arrays = {
        "language": np.array([codes.setdefault(language, len(codes)) for language in languages], np.int16),
        "published": np.array([article.published_at for article in articles], np.int64),
        "expires": np.array([*map(_expires_of, articles)], np.int64),
        "flags": np.array([*map(_flags_of, articles, gone)], np.uint8),
    }
    found |= string_arrays({"card": card_table(articles), "language": StringTable.from_strings(codes)})
    found |= id_arrays([article.id for article in articles])
    groups = {group: Membership.of(map(names_of, articles)) for group, names_of in NAMES_OF.items()}
    return found | group_arrays(groups, len(articles))


def fixed_of(article: Article, language: int, gone: bool) -> tuple[int, ...]:
    """What stands of one article in the columns of FIXED, in their order; `language` is a code."""
    return article.published_at, _expires_of(article), _flags_of(article, gone), language


def string_arrays(tables: Mapping[str, StringTable]) -> Arrays:
    """Of each table under its name."""
    return {f"{name}_{part}": array for name, table in tables.items() for part, array in table.arrays().items()}


def group_arrays(groups: Mapping[str, Membership], n: int) -> Arrays:
    """Of each of the GROUPS under its name, for n articles."""
    return {f"{group}_{part}": array for group, names in groups.items() for part, array in names.arrays(n).items()}


def groups_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Membership]:
    """The GROUPS whose `group_arrays` are among these."""
    return {group: Membership.from_arrays(_part(arrays, f"{group}_")) for group in GROUPS}


def _expires_of(article: Article) -> int:
    return NEVER if article.expires_at is None else article.expires_at


def _flags_of(article: Article, gone: bool) -> int:
    flags = IS_EVERGREEN * article.evergreen | IS_GONE * gone
    if article.labels:
        flags |= IS_UNLISTED * (UNLISTED in article.labels) | IS_SENSITIVE * (SENSITIVE in article.labels)
        flags |= IS_SPONSORED * (SPONSORED in article.labels)
    return flags


def _part(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
