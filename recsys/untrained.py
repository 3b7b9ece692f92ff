"""The model of a site before its first training: it knows no words and no past, so its lists show what is read and new.

Articles and events reach it through the change log like any other model; Related has nothing to match by, and fills.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.bundle import Manifest
from recsys.carried import Carrying
from recsys.columns import ArticleColumns
from recsys.covisitation import Covisits
from recsys.engagement import Engagement
from recsys.histories import Histories
from recsys.interest import HALF_LIVES, LONG_AGO, WEIGHTS, Worth
from recsys.links import SiteLinks
from recsys.mix import Mix
from recsys.model import Model
from recsys.neighbours import NeighbourIndex
from recsys.ranking import RankingFit
from recsys.related import RelatedFit
from recsys.stories import Stories
from recsys.tfidf import TextModel
from recsys.times import DAY, HOUR

VERSION = "untrained"
LANGUAGE = "en"

# How far ahead each window of the ranking looks, microseconds, in the order of WINDOWS.
_HORIZONS = np.array([HOUR, DAY, 7 * DAY, 30 * DAY, np.inf])


def untrained_model() -> Model:
    """A model of no articles at the beginning of the change log."""
    text, vectors = TextModel.fit([])
    articles = ArticleColumns()
    return Model(
        manifest=Manifest(version=VERSION, as_of=0, log_seq=0, articles=0, events=0),
        main_language=LANGUAGE,
        articles=articles,
        carrying=Carrying(articles.groups),
        text=text,
        neighbours=NeighbourIndex.build(sparse.csr_array(vectors)),
        stories=Stories.empty(),
        links=SiteLinks.empty(),
        engagement=Engagement(engagement_of_none()),
        covisits=Covisits.empty(),
        histories=Histories.empty(),
        related=RelatedFit(),
        ranking=RankingFit(
            horizons=_HORIZONS,
            half_lives=np.array([*HALF_LIVES.values()]),
            mix=np.ones(_HORIZONS.size),
            quality=np.zeros(_HORIZONS.size),
            replays=np.zeros(_HORIZONS.size),
            ages=np.array([0.0, float(DAY)]),
            drawn=np.zeros(2),
        ),
        mix=Mix.default(np.zeros(0, np.int32), np.zeros(0)),
    )


def engagement_of_none() -> dict[str, NDArray[Any]]:
    """The arrays of `Engagement` of a site without articles."""
    worth = Worth.of(WEIGHTS)
    none, start, readers = np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.uint64)
    found = {f"{kind}_{name}": none for kind in ("views", "likes") for name in ("total", "at", "since")}
    return found | {
        "half_lives": np.array([*HALF_LIVES.values()]),
        "levels": worth.levels,
        "level_of": worth.level_of,
        "good_rating": np.array([worth.good_rating]),
        "last_event": np.array([LONG_AGO]),
        "last": none,
        "interest": np.zeros((len(HALF_LIVES), 0)),
        "pair_starts": start,
        "pair_reader": readers,
        "pair_latest": np.zeros((0, worth.levels.size), np.int64),
        "pair_source": np.zeros(0, np.int32),
        "sources": readers,
        "like_starts": start,
        "like_reader": readers,
        "like_at": none,
        "like_off": none,
    }
