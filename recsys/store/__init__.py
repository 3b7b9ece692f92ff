"""The only place with a database: short protocols, and one module per database that keeps them."""

from recsys.article import StoredArticle
from recsys.store.protocols import (
    AppendedEvents,
    Catalogue,
    ChangeLog,
    Entry,
    PutArticles,
    Store,
    comes_back,
)

__all__ = ["AppendedEvents", "Catalogue", "ChangeLog", "Entry", "PutArticles", "Store", "StoredArticle", "comes_back"]
