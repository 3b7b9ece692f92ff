"""Why an article does not stand in another's Related list, told from the same evidence that makes the list."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from recsys.article import UNLISTED
from recsys.items import Reason, Wish
from recsys.likeness import reasons
from recsys.related import judged, matches, own_wish, related
from recsys.resemblance import READERS, Evidence, evidence
from recsys.times import format_time

if TYPE_CHECKING:
    from recsys.model import Model

Verdict = Literal[
    "shown",
    "itself",
    "unknown",
    "deleted",
    "unpublished",
    "expired",
    "unlisted",
    "sponsored",
    "same_story",
    "filtered",
    "nothing_shared",
    "too_far",
    "below_floor",
    "below_min_score",
    "duplicate",
    "outscored",
]
FILTERS = ("exclude", "section", "tag", "label", "language", "max_age")


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What speaks for an article as a match; the reasons sum to the score.

    place  among all matches, from 1; None for what is no match
    """

    id: str
    score: float
    cosine: float
    place: int | None = None
    reasons: tuple[Reason, ...] = ()


class WhyNot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an article is not among the matches of another, or that it is.

    why       the verdict in a sentence
    short_by  how much it lacks: cosine below the floor or the last candidate, score below `min_score` or the last shown
    standing  what speaks for it, where nothing but its text keeps it out
    instead   the article that stands for it, or that has the last place
    as_fill   its place in the list, from 1, where it is there only to complete it
    """

    verdict: Verdict
    why: str
    short_by: float | None = None
    standing: Standing | None = None
    instead: Standing | None = None
    as_fill: int | None = None


def why_not(model: "Model", row: int, other_id: str, wish: Wish, now: int) -> WhyNot:
    """Why `other_id` is not in the list that `related(model, row, wish, now)` is; "shown" where it is a match there."""
    other = model.articles.row(other_id)
    if other is None:
        return WhyNot(verdict="unknown", why="There never was such an article.")
    wish = own_wish(model, row, wish)
    told = _kept_out(model, row, other, wish, now) or _weighed(model, row, other, wish, now)
    if told.verdict == "shown":
        return told
    shown = [item.row for item in related(model, row, wish, now)]
    if other not in shown:
        return told
    place = shown.index(other) + 1
    return msgspec.structs.replace(told, as_fill=place, why=f"{told.why} It completes the list at place {place}.")


def _kept_out(model: "Model", row: int, other: int, wish: Wish, now: int) -> WhyNot | None:
    """What keeps an article out of the list whatever its score is; None where nothing does."""
    articles, here = model.articles, np.array([other])
    if other == row:
        return WhyNot(verdict="itself", why="An article is not related to itself.")
    if articles.gone[other]:
        return WhyNot(verdict="deleted", why="It is deleted.")
    if articles.published[other] > now:
        date = format_time(int(articles.published[other]))
        return WhyNot(verdict="unpublished", why=f"It is to be published at {date}.")
    if not articles.exists(other, now):
        return WhyNot(verdict="expired", why="It has expired.")
    if not articles.shown(here, now)[0]:
        label: Verdict = "unlisted" if articles.groups["label"].has(here, UNLISTED)[0] else "sponsored"
        return WhyNot(verdict=label, why=f"It is labelled {label}, and stands in no list by itself.")
    own, its = model.stories.of(np.array([row, other])).tolist()
    if own == its:
        why = "Both tell one story: the same words, the same address, or one is a translation."
        return WhyNot(verdict="same_story", why=why)
    for name in FILTERS:
        asked = getattr(wish, name)
        if not articles.admits(here, replace(Wish(), **{name: asked}), now)[0]:
            return WhyNot(verdict="filtered", why=_filtered(model, other, name, asked))
    return None


def _filtered(model: "Model", other: int, name: str, asked: object) -> str:
    """In what an article differs from what the filter `name` asks for."""
    articles = model.articles
    if name == "exclude":
        return "The caller excludes it."
    if name == "max_age":
        return f"It was published at {format_time(int(articles.published[other]))}, longer ago than was asked for."
    if name == "language":
        return f"Its language is {articles.language(other)}, that of the list {asked}."
    return f"Its {name}: {', '.join(articles.groups[name].names(other)) or 'none'}. Asked for: {asked}."


def _weighed(model: "Model", row: int, other: int, wish: Wish, now: int) -> WhyNot:
    """How an article that the list admits stands beside all others that it admits."""
    found = judged(model, row, wish, now)
    at = np.flatnonzero(found.rows == other).tolist()
    order = matches(model, found, row, wish, found.rows.size).tolist()
    last = _standing(model, row, found, order[wish.limit - 1], wish.limit) if len(order) >= wish.limit else None
    if not at:
        return _no_candidate(model, row, other, found, last)
    if at[0] not in order:
        return _no_match(model, row, found, at[0], order=order, wish=wish)
    place = order.index(at[0]) + 1
    own = _standing(model, row, found, at[0], place)
    if last is None or place <= wish.limit:
        return WhyNot(verdict="shown", why=f"It is shown, at place {place} of {wish.limit}.", standing=own)
    why = (
        f"Outscored: at place {place} it has {own.score:.4f}; the last of {wish.limit} shown, {last.id}, "
        f"has {last.score:.4f}, which is {last.score - own.score:.4f} more."
    )
    return WhyNot(verdict="outscored", why=why, short_by=last.score - own.score, standing=own, instead=last)


def _no_candidate(model: "Model", row: int, other: int, found: Evidence, last: Standing | None) -> WhyNot:
    """Of an article that is not among those nearest by text, nor tied by readers. last  of the list, if it is full."""
    cosine = model.neighbours.scores(*model.neighbours.vector(row))[other : other + 1]
    if not cosine[0] > 0:
        return WhyNot(verdict="nothing_shared", why="The two share no term, and no readers.")
    known = model.neighbours.neighbours(row)
    alone = evidence(model, (np.array([other], np.int32), cosine), known, row, int(model.articles.published[row]))
    least = float(found.cosine[found.cosine > 0].min())
    short = least - float(cosine[0])
    why = (
        f"Too far: {np.count_nonzero(found.cosine)} others are nearer by text. Its cosine is {cosine[0]:.4f}; "
        f"theirs {least:.4f} or more, {short:.4f} above."
    )
    return WhyNot(verdict="too_far", why=why, short_by=short, standing=_standing(model, row, alone, 0), instead=last)


def _no_match(model: "Model", row: int, found: Evidence, at: int, *, order: list[int], wish: Wish) -> WhyNot:
    """Of a candidate that the list would not show however long it is."""
    own = _standing(model, row, found, at)
    if wish.min_score is not None and (own.score < wish.min_score or own.score == 0):
        short = wish.min_score - own.score
        why = f"Below the score asked for: {own.score:.4f}, and {wish.min_score:.4f} is the least, {short:.4f} more."
        return WhyNot(verdict="below_min_score", why=why, short_by=short, standing=own)
    floor = model.related.floor
    if wish.min_score is None and not found.matches(floor)[at]:
        short = floor - own.cosine
        why = (
            f"Below the floor: its cosine is {own.cosine:.4f}, and a match has {floor:.4f} or more, {short:.4f} above, "
            f"or {READERS} readers in common."
        )
        return WhyNot(verdict="below_floor", why=why, short_by=short, standing=own)
    labels = model.stories.of(found.rows)
    newest = next(i for i in order if labels[i] == labels[at])
    instead = _standing(model, row, found, newest, order.index(newest) + 1)
    why = f"A duplicate: {instead.id}, the newest of that story, stands for it at place {instead.place}."
    return WhyNot(verdict="duplicate", why=why, standing=own, instead=instead)


def _standing(model: "Model", row: int, found: Evidence, at: int, place: int | None = None) -> Standing:
    """What speaks for the candidate at position `at` of `found`."""
    return Standing(
        id=model.articles.id(int(found.rows[at])),
        score=float(found.score[at]),
        cosine=float(found.cosine[at]),
        place=place,
        reasons=reasons(model, found, np.array([at]), model.neighbours.vector(row), row)[0],
    )
