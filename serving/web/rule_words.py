"""A rule as a sentence, as an editor would say it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo

from recsys.rules.rule import Rule, Selection
from recsys.times import parse_span

NAMED = 5  # names that are told one by one
_UNITS = ((timedelta(weeks=1), "week"), (timedelta(days=1), "day"), (timedelta(hours=1), "hour"))

Title = Callable[[str], str | None]


def sentence(rule: Rule, title: Title, zone: tzinfo) -> str:
    """What a rule does.

    title  of an article's id, None where there is no such article      zone  in which times are told
    """
    told = f"{_deed(rule, title)}{_pages(rule, title)}"
    for moment, word in ((rule.starts_at, "from"), (rule.ends_at, "until")):
        if moment is not None:
            told += f", {word} {when(moment, zone)}"
    return f"{told}."


def when(moment: int, zone: tzinfo) -> str:
    """A moment as people write it, in a time zone that is named."""
    at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=moment)
    with suppress(OverflowError):  # in a zone it may lie beyond the years of a calendar
        at = at.astimezone(zone)
    return f"{at.day} {at:%B %Y, %H:%M} ({at.tzname()})"


def _deed(rule: Rule, title: Title) -> str:
    what = "" if rule.articles is None else _selected(rule.articles, title)
    if rule.except_articles is not None:
        but = _selected(rule.except_articles, title)
        what = f"{what}, but not {but}" if what else f"anything but {but}"
    lists = _listed(rule.lists, "and", str.capitalize) if rule.lists else "all lists"
    match rule.kind:
        case "pin":
            return f"Pin {what} at place {rule.position or 1} of {lists}"
        case "boost":
            how = "Push" if (rule.factor or 1.0) >= 1.0 else "Hold"
            return f"{how} {what} {'up' if how == 'Push' else 'back'} in {lists}: scores times {rule.factor:g}"
        case "bury":
            return f"Move {what} to the end of {lists}"
        case "filter":
            return f"Never show {what or 'anything'} in {lists}"
        case "label":
            return f"Label {what} as “{rule.label}”"
        case "allow":
            return f"Allow {lists} on sensitive pages"


def _pages(rule: Rule, title: Title) -> str:
    told = "" if rule.pages is None else f", on the pages of {_selected(rule.pages, title)}"
    return told if rule.except_pages is None else f"{told}, not on the pages of {_selected(rule.except_pages, title)}"


def _selected(some: Selection, title: Title) -> str:
    conditions = [
        f"{words} {_listed(getattr(some, field), 'or', '“{}”'.format)}"
        for field, words in (
            ("sections", "in the section"),
            ("tags", "tagged"),
            ("authors", "by"),
            ("labels", "labelled"),
            ("title_words", "with the words"),
        )
        if getattr(some, field)
    ]
    conditions += [f"older than {_span(some.min_age)}"] if some.min_age else []
    conditions += [f"newer than {_span(some.max_age)}"] if some.max_age else []
    if not some.ids:
        return f"articles {' and '.join(conditions)}"
    named = _listed(some.ids, "or" if conditions else "and", lambda article_id: _article(article_id, title(article_id)))
    return f"{named} if {' and '.join(conditions)}" if conditions else named


def _article(article_id: str, title: str | None) -> str:
    return (
        f"“{title.strip() or article_id}”" if title is not None else f"an article that is not there (id {article_id})"
    )


def _span(span: str) -> str:
    length = timedelta(microseconds=parse_span(span))
    for unit, name in _UNITS:
        count, rest = divmod(length, unit)
        if count and not rest:
            return f"{count} {name}{'s' * (count > 1)}"
    return span


def _listed(names: Sequence[str], word: str, told: Callable[[str], str] = str) -> str:
    some = [told(name) for name in names[:NAMED]]
    if len(names) > NAMED:
        return f"{', '.join(some)} {word} {len(names) - NAMED} more"
    return f" {word} ".join(filter(None, (", ".join(some[:-1]), some[-1])))
