"""What a reader gets while there is no time for a Recommendation of their own: what a stranger gets, in a look-up."""

from collections.abc import Sequence
from dataclasses import dataclass

from recsys.items import Item
from recsys.times import SECOND
from serving.answers import Answer, recommended_to_strangers, spare_answer
from serving.live import Live
from serving.questions import RecommendationQuestion

FRESH = SECOND
MOST = 64  # combinations of filters that are kept


@dataclass(frozen=True, slots=True)
class _Kept:
    items: Sequence[Item]
    version: str
    settled: int
    at: int


class SpareRecommendations:
    """Recommendations for nobody: one for each combination of filters, at most a second old, without what is gone."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._kept: dict[RecommendationQuestion, _Kept] = {}

    def answer(self, question: RecommendationQuestion, now: int) -> Answer:
        """The answer to a question, without a look at who asks; nothing that they have read or excluded is in it."""
        model = self._live.model
        filters = question.for_strangers()
        kept = self._kept.get(filters)
        if (
            kept is None
            or (kept.version, kept.settled) != (model.version, self._live.settled)
            or not kept.at <= now < kept.at + FRESH
        ):
            if len(self._kept) >= MOST:
                self._kept.clear()
            items = recommended_to_strangers(model, filters, now)
            kept = self._kept[filters] = _Kept(items, model.version, self._live.settled, now)
        return spare_answer(model, question, kept.items)
