"""A rule as a form: what an editor chooses and types, and the record that comes of it."""

from typing import Any

from recsys.event import LIST_NAMES
from recsys.rules.rule import KINDS, NAMING, POSITIONS, Kind
from serving.web.rendering import Form

ARTICLES = 50  # that may be chosen one by one
CHARACTERS = 1_000  # of what is typed into a field

# The kinds in the words of editors, those that are wanted most first.
WORDS: tuple[tuple[Kind, str, str], ...] = (
    ("pin", "Pin", "at a place of your choice, whatever its score"),
    ("boost", "Push up or hold back", "its score counts for more, or for less"),
    ("bury", "Move to the end", "after all others"),
    ("filter", "Never show", "other articles take the places"),
    ("label", "Label", "sensitive, sponsored, paid, unlisted or a word of yours"),
    ("allow", "Allow lists", "on pages that are labelled sensitive"),
)
BY: tuple[tuple[str, str], ...] = (
    ("ids", "these articles"),
    ("sections", "all in a section"),
    ("tags", "all with a tag"),
    ("authors", "all by an author"),
    ("labels", "all with a label"),
    ("title_words", "all with these words in the title"),
)
STRENGTHS = (
    ("4", "up, very much"),
    ("2", "up"),
    ("1.5", "up, a little"),
    ("0.7", "back, a little"),
    ("0.5", "back"),
    ("0.25", "back, very much"),
)
LISTS = LIST_NAMES
PLACES = POSITIONS

Filled = dict[str, Any]

EMPTY: Filled = {
    "kind": "pin",
    "by": "ids",
    "name": "",
    "q": "",
    "articles": (),
    "lists": (),
    "position": "1",
    "factor": "2",
    "label": "sensitive",
    "ends_at": "",
}


class Unfinished(Exception):
    """What is still to be chosen, in a sentence."""


def filled(form: Form) -> Filled:
    """What was chosen and typed; what no form of ours sends is left out."""
    typed = {
        name: form.get(name, EMPTY[name]).strip()[:CHARACTERS] for name in EMPTY if name not in ("articles", "lists")
    }
    if typed["kind"] not in KINDS:
        typed["kind"] = EMPTY["kind"]
    if typed["by"] not in NAMING:
        typed["by"] = EMPTY["by"]
    articles = [*dict.fromkeys(form.getlist("article"))][:ARTICLES]
    return typed | {"articles": articles, "lists": [name for name in LISTS if name in form.getlist("list")]}


def written(form: Filled) -> dict[str, Any]:
    """The rule as a JSON value, for `recsys.rules.rule.read_rules` to check; raises Unfinished."""
    kind, by = form["kind"], form["by"]
    if kind == "pin" and by != "ids":
        raise Unfinished("A pin takes articles that are chosen one by one.")
    if by == "ids" and not form["articles"]:
        raise Unfinished("Choose one of the articles found." if form["q"] else "Find an article by words of its title.")
    if by != "ids" and not form["name"]:
        raise Unfinished("Type a name: that of a section, tag, author or label, or words.")
    if kind != "label" and not form["lists"]:
        raise Unfinished("Tick at least one list.")
    selection = {by: form["articles"] if by == "ids" else [form["name"]]}
    rule: dict[str, Any] = {"kind": kind, "pages" if kind == "allow" else "articles": selection}
    if kind != "label" and len(form["lists"]) < len(LISTS):
        rule["lists"] = form["lists"]
    if kind == "pin":
        rule["position"] = _number(form["position"], "place", int)
    if kind == "boost":
        rule["factor"] = _number(form["factor"], "strength", float)
    if kind == "label":
        rule["label"] = form["label"]
    return rule | ({"ends_at": form["ends_at"]} if form["ends_at"] else {})


def _number(text: str, what: str, kind: type[int] | type[float]) -> float:
    try:
        return kind(text)
    except ValueError:
        raise Unfinished(f"The {what} is a number.") from None
