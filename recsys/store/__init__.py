"""The only place with a database: short protocols, and one module per database that keeps them."""

from recsys.article import StoredArticle
from recsys.store.payload import unpack_block, unpacked
from recsys.store.protocols import (
    AppendedEvents,
    Catalogue,
    ChangeLog,
    Entry,
    Keys,
    PutArticles,
    Revision,
    Rules,
    Store,
    StoreSize,
    Visitors,
    comes_back,
)

__all__ = [
    "AppendedEvents",
    "Catalogue",
    "ChangeLog",
    "Entry",
    "Keys",
    "PutArticles",
    "Revision",
    "Rules",
    "Store",
    "StoreSize",
    "StoredArticle",
    "Visitors",
    "comes_back",
    "unpack_block",
    "unpacked",
]
