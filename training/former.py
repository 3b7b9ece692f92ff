"""A model to carry on from, if the code that made it is the code that runs."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import regex
import Stemmer
from numpy.typing import NDArray

import recsys
from recsys.bundle import Manifest
from recsys.cosine import Neighbours, Rows
from recsys.model import component
from recsys.related import RelatedFit
from recsys.stories import Stories
from recsys.tfidf import TextModel
from training.totals import Totals

Arrays = Mapping[str, NDArray[Any]]

# What decides what is made of an article: with other code, or other versions of it, nothing is carried on.
_CODE = (
    "text", "tfidf", "stories", "stopwords", "markup", "language", "model", "cosine", "columns", "column_arrays",
    "article_ids", "links", "article",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Former:
    """What of a model is carried on.

    digests  (n, 2) uint64 of what was read of each article; 0 for those that were not known
    checks   (n,) uint32 of what lay in the store of each; (0,) where that was not told
    totals   None where the model left them aside
    """

    manifest: Manifest
    articles: Arrays
    links: Arrays
    totals: Totals | None
    text: TextModel
    vectors: Rows
    lists: Neighbours
    stories: Stories
    related: RelatedFit
    digests: NDArray[np.uint64]
    checks: NDArray[np.uint32]

    @classmethod
    def of(cls, manifest: Manifest, arrays: Arrays) -> "Former | None":
        """From an opened bundle; None where other code made it."""
        if manifest.fitted.get("texts", {}).get("code") != code_digest() or "texts.checks" not in arrays:
            return None
        neighbours, counted = component(arrays, "neighbours"), component(arrays, "engagement")
        totals = Totals(*(counted[name] for name in ("views_total", "views_at", "likes_total", "likes_at")))
        return cls(
            manifest=manifest,
            articles=component(arrays, "articles"),
            links=component(arrays, "links"),
            totals=totals if manifest.fitted["totals"] else None,
            text=TextModel.from_arrays(component(arrays, "text")),
            vectors=Rows(*(neighbours[f"vector_{name}"] for name in ("starts", "terms", "weights"))),
            lists=Neighbours(neighbours["rows"], neighbours["scores"]),
            stories=Stories.from_arrays(component(arrays, "stories")),
            related=RelatedFit.from_arrays(component(arrays, "related")),
            digests=arrays["texts.digests"],
            checks=arrays["texts.checks"],
        )


@cache
def code_digest() -> str:
    """Of the code and the libraries that make of an article what a model holds of it."""
    digest = hashlib.blake2b(digest_size=16)
    folder = Path(recsys.__file__).parent
    for name in _CODE:
        digest.update((folder / f"{name}.py").read_bytes())
    digest.update(repr((unicodedata.unidata_version, regex.__version__, Stemmer.version())).encode())
    return digest.hexdigest()
