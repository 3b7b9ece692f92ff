"""Why an article does not stand in another's Related list, told from the same evidence that makes the list."""

from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from recsys.article import UNLISTED
from recsys.crowding import CROWD
from recsys.items import Item, Reason, Wish
from recsys.likeness import reasons
from recsys.related import judged, matches, own_wish, related
from recsys.resemblance import READERS, Evidence, evidence
from recsys.rules.placing import explained, governed
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
    "ruled_out",
    "nothing_shared",
    "too_far",
    "below_floor",
    "below_min_score",
    "duplicate",
    "crowded",
    "outscored",
]
# Whether there are a few readers is not said: who knows one of them could learn what that one read.
NOTHING_SHARED = "The two share no term and no link, and too few readers, if any, to tie them."
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
    short_by  how much it lacks: support below the floor, cosine below the last candidate, score below the least or last
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
    asked = own_wish(model, row, wish)
    wish, pins = governed(model, "related", row, asked, now)
    if other in pins.rows:
        return WhyNot(verdict="shown", why="It is shown, pinned there by a rule.")
    told = _kept_out(model, row, other, wish, now) or _weighed(model, row, other, wish, now)
    if told.verdict == "shown":
        return told
    shown = [item.row for item in related(model, row, asked, now)]
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
        label: Verdict = "unlisted" if articles.labelled(here, UNLISTED)[0] else "sponsored"
        return WhyNot(verdict=label, why=f"It is labelled {label}, and stands in no list by itself.")
    own, its = model.stories.of(np.array([row, other])).tolist()
    if own == its:
        why = "Both tell one story: the same words, the same address, or one is a translation."
        return WhyNot(verdict="same_story", why=why)
    if wish.ruled is not None and not wish.ruled.admits(here)[0]:
        return WhyNot(verdict="ruled_out", why="A rule of an editor keeps it out of this list.")
    for name in FILTERS:
        asked = getattr(wish, name)
        if not articles.admits(here, msgspec.structs.replace(Wish(), **{name: asked}), now)[0]:
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
    shown = matches(model, found, row, wish, wish.limit).tolist()
    last = _standing(model, row, found, shown[-1], wish.limit, wish=wish) if len(shown) >= wish.limit > 0 else None
    if not at:
        return _no_candidate(model, row, other, found, last)
    if at[0] not in order:
        return _no_match(model, row, found, at[0], order=order, wish=wish)
    if at[0] in shown or last is None:
        place = shown.index(at[0]) + 1 if at[0] in shown else order.index(at[0]) + 1
        own = _standing(model, row, found, at[0], place, wish=wish)
        return WhyNot(verdict="shown", why=f"It is shown, at place {place} of {wish.limit}.", standing=own)
    place = order.index(at[0]) + 1
    own = _standing(model, row, found, at[0], place, wish=wish)
    if place < order.index(shown[-1]) + 1:
        why = (
            f"Crowded out: {CROWD} articles above it, of those shown, are made from the same words; {last.id}, which "
            f"is not, has the last place with {own.score - last.score:.4f} less."
        )
        return WhyNot(verdict="crowded", why=why, standing=own, instead=last)
    why = (
        f"Outscored: at place {place} it has {own.score:.4f}; the last of {wish.limit} shown, {last.id}, "
        f"has {last.score:.4f}, which is {last.score - own.score:.4f} more."
    )
    return WhyNot(verdict="outscored", why=why, short_by=last.score - own.score, standing=own, instead=last)


def _no_candidate(model: "Model", row: int, other: int, found: Evidence, last: Standing | None) -> WhyNot:
    """Of an article that is not among those nearest by text, nor tied by readers. last  of the list, if it is full."""
    cosine = model.neighbours.scores(*model.neighbours.vector(row))[other : other + 1]
    if not cosine[0] > 0:
        return WhyNot(verdict="nothing_shared", why=NOTHING_SHARED)
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
    own = _standing(model, row, found, at, wish=wish)
    if wish.min_score is not None and (own.score < wish.min_score or own.score == 0):
        short = wish.min_score - own.score
        why = f"Below the score asked for: {own.score:.4f}, and {wish.min_score:.4f} is the least, {short:.4f} more."
        return WhyNot(verdict="below_min_score", why=why, short_by=short, standing=own)
    floor, lead = model.related.floor, model.related.lead
    if wish.min_score is None and not found.matches(floor, lead)[at]:
        return _below_floor(found, at, own, floor, lead)
    labels = model.stories.of(found.rows)
    newest = next(i for i in order if labels[i] == labels[at])
    instead = _standing(model, row, found, newest, order.index(newest) + 1, wish=wish)
    why = f"A duplicate: {instead.id}, the newest of that story, stands for it at place {instead.place}."
    return WhyNot(verdict="duplicate", why=why, standing=own, instead=instead)


def _below_floor(found: Evidence, at: int, own: Standing, floor: float, lead: float) -> WhyNot:
    """Of a candidate that neither its text nor readers or links make a match."""
    best, support = float(found.support.max()), float(found.support[at])
    else_ = f"or {READERS} readers in common, or a link"
    if support < floor:
        why = (
            f"Below the floor: its text and date support it with {support:.4f}, and a match has {floor:.4f} or more, "
            f"{floor - support:.4f} above, {else_}."
        )
        return WhyNot(verdict="below_floor", why=why, short_by=floor - support, standing=own)
    why = (
        f"Below the floor: nothing here resembles this article. The best is supported with {best:.4f}, and where it "
        f"has less than {lead:.4f}, a match needs {else_.removeprefix('or ')}."
    )
    return WhyNot(verdict="below_floor", why=why, short_by=lead - best, standing=own)


def _standing(
    model: "Model", row: int, found: Evidence, at: int, place: int | None = None, *, wish: Wish | None = None
) -> Standing:
    """What speaks for the candidate at position `at` of `found`, the boosts that `wish` is under included."""
    why = reasons(model, found, np.array([at]), model.neighbours.vector(row), row)[0]
    [item] = explained(wish or Wish(), [Item(int(found.rows[at]), float(found.score[at]), why)])
    return Standing(
        id=model.articles.id(item.row),
        score=item.score,
        cosine=float(found.cosine[at]),
        place=place,
        reasons=item.reasons,
    )
