"""An item's reasons in a few words for readers, from the API's answer."""

from collections.abc import Mapping, Sequence
from typing import Any

_FILL = {
    "ranking": "also read now",
    "newest": "also new",
    "section": "also in this section",
}

NEW_DAYS = 4
WORTH_A_WORD = 0.05  # of what speaks for an item; a reason that brings less would only mislead


def why(item: Mapping[str, Any], titles: Mapping[str, str], here: str | None = None) -> str:
    """One line: the two strongest reasons of a match, or what a fill item is there for.

    titles  by article id, for "because you read ..."      here  the article on the page, if any
    """
    if fill := item.get("fill"):
        return _FILL.get(fill, "also on this site")
    reasons = [reason for reason in item["reasons"] if reason["weight"] > 0]
    least = WORTH_A_WORD * sum(reason["weight"] for reason in reasons)
    strongest = sorted((reason for reason in reasons if reason["weight"] >= least), key=lambda r: -r["weight"])
    words = [word for reason in strongest if (word := said(reason, titles, here))]
    return "; ".join(dict.fromkeys(words[:2]))


def said(reason: Mapping[str, Any], titles: Mapping[str, str], here: str | None = None) -> str:
    """One reason in a few words; "" for one that is not worth any."""
    match reason["kind"]:
        case "terms":
            return f"both mention {_listed(_apart([term for term, _ in reason.get('terms', ())])[:3])}"
        case "tags":
            shared = _listed([term for term, _ in reason.get("terms", ())][:2])
            return f"on {reason['name']}, as what you read" if reason.get("name") else f"both tagged {shared}"
        case "time":
            return _near(reason.get("days"))
        case "context":
            return "on the same subject"
        case "read_together":
            return "often read together"
        case "other" | "links":
            return "goes with this article"
        case "because_read" if reason.get("article_id") == here and here is not None:
            return "goes with this article"
        case "because_read":
            title = titles.get(reason.get("article_id", ""))
            return f"because you read “{title}”" if title else "goes with what you read"
        case "section":
            return f"from {reason['name']}, which you read" if reason.get("name") else "from a section you read"
        case "popular":
            return "much read now"
        case "new":
            return "new" if reason.get("days", 0.0) < NEW_DAYS else ""
        case kind:
            return str(kind).replace("_", " ")


def _near(days: float | None) -> str:
    """Closeness in time, where it is close enough to be worth a word."""
    if days is None or days > 30:
        return ""
    return "from the same day" if days < 1 else "from the same week" if days < 7 else "from the same weeks"


def _apart(terms: Sequence[str]) -> list[str]:
    """The terms that are no part of another: of a pair of words its words, of a word in Han its characters."""

    def within(term: str, other: str) -> bool:
        one, two = term.casefold(), other.casefold()
        return one != two and (f" {one} " in f" {two} " or (len(one) == 1 and not one.isascii() and one in two))

    return [term for term in terms if not any(within(term, other) for other in terms)]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "the same words"
