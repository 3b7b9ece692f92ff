"""A folder of Markdown files with front matter, as static site generators keep their articles (Hugo, Jekyll).

Front matter is YAML between ---, TOML between +++ or a JSON object. What the two generators take from the file's place
and name is taken from there too: date and slug of Jekyll's `_posts/2026-03-31-name.md`, section and address of Hugo's
`content/section/name.md`, the language of `name.de.md`. Index pages of sections are left out.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from recsys.article import UNLISTED
from recsys.errors import BadInput, BadRecord
from recsys.record import RecordReader
from training.rows import LINE_BYTES, LeftOut, Row

SOURCES = {
    "id": "path of the file, without ending",
    "title": "title, else the first heading",
    "body": "the text, without a heading that says the title",
    "url": "url or permalink, else the generator's default address",
    "section": "categories, else the folder",
    "tags": "tags, keywords",
    "authors": "authors, author",
    "language": "lang, language, or the name as in name.de.md",
    "published_at": "publishDate or date, else the date in the name",
    "updated_at": "lastmod, last_modified_at or updated",
    "expires_at": "expiryDate",
    "labels": "draft, published, folder _drafts",
    "image_url": "image, images, featured_image, cover",
}

_ENDINGS = frozenset({".md", ".markdown"})
_FRONT = re.compile(
    r"\A(?:---[ \t]*\n(?P<yaml>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)|\+\+\+[ \t]*\n(?P<toml>.*?)\n\+\+\+[ \t]*(?:\n|\Z))",
    re.DOTALL,
)
_JEKYLL = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})-(?P<slug>.+)")
_LANGUAGE = re.compile(r"(?P<stem>.+)\.(?P<language>[a-z]{2,3}(?:-[a-zA-Z]{2,4})?)")
_HEADING = re.compile(r"^#[ \t]+(?P<title>.+?)[ \t#]*$", re.MULTILINE)
_SHORTCODE = re.compile(r"\{\{[<%].*?[%>]\}\}|\{%.*?%\}", re.DOTALL)
_PLACE = re.compile(r" \(at line (\d+), column \d+\)$|: line \d+ column \d+ \(char \d+\)$")  # of TOML and of JSON
_ALL_KNOWN: frozenset[str] = frozenset()

R = TypeVar("R", bound=msgspec.Struct)


class BadFile(BadRecord):
    """What is wrong with one file of a folder.

    inside  the file, from the folder      line  where, from 1; the first where that is not known
    """

    def __init__(self, inside: Path, bad: BadRecord) -> None:
        super().__init__(bad.field, bad.reason)
        self.inside = inside
        self.line = bad.line if isinstance(bad, _BadFront) else 1


class _BadFront(BadRecord):
    """Front matter that can't be read, with the line of the file where that shows."""

    def __init__(self, error: Exception) -> None:
        said = getattr(error, "problem", None) or _PLACE.sub("", str(error).splitlines()[0])
        super().__init__("", f"has front matter that can't be read: {said}")
        self.line = _line_of(error)


def is_markdown_folder(path: Path) -> bool:
    """Whether a folder holds Markdown files, at any depth."""
    return path.is_dir() and next(_files(path), None) is not None


def read_markdown(folder: Path, reader: RecordReader[R], sources: dict[str, str]) -> Iterator[Row[R]]:
    """A row per file in order of paths, hidden folders aside; what is wrong with one is a `BadFile`.

    Raises BadInput where PyYAML or markdown-it-py is not installed.
    """
    try:
        import yaml
        from markdown_it import MarkdownIt
    except ModuleNotFoundError:
        raise BadInput("Markdown needs PyYAML. Install it: pip install 'article-recsys[train]'") from None
    if "title" not in reader.fields:
        raise BadInput(f"{folder} is a folder of Markdown, which holds articles: import it with --articles.")
    sources.update(SOURCES)
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for number, path in enumerate(sorted(_files(folder)), start=1):
        inside = path.relative_to(folder)
        outcome: Any
        if path.stem.split(".")[0] == "_index" or inside.parts == ("README.md",):
            outcome = LeftOut("index page")
        else:
            try:
                front, text = _split(path, yaml)
                body = html.render(_SHORTCODE.sub("", _below_title(front, text)))
                outcome = reader.from_mapping(_article(inside, front, text, body))
            except BadRecord as bad:
                outcome = BadFile(inside, bad)
        yield Row(outcome.line if isinstance(outcome, BadFile) else 1, outcome, _ALL_KNOWN, number)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix.lower() in _ENDINGS and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _split(path: Path, yaml: Any) -> tuple[Mapping[str, Any], str]:
    """The front matter, its names in lower case, and the text below it."""
    if path.stat().st_size > LINE_BYTES:
        raise BadRecord("", f"is longer than {LINE_BYTES >> 20} MB")
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise BadRecord("", "is not UTF-8") from None
    front: Any = {}
    try:
        if text.startswith("{"):
            front, end = json.JSONDecoder().raw_decode(text)
            text = text[end:]
        elif match := _FRONT.match(text):
            front = yaml.safe_load(match["yaml"]) if match["yaml"] is not None else tomllib.loads(match["toml"])
            text = text[match.end() :]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _BadFront(error) from None
    if front is None:
        front = {}
    if not isinstance(front, dict):
        raise BadRecord("", "has front matter that is not a list of named values")
    return {str(name).lower(): value for name, value in front.items()}, text


def _line_of(error: Exception) -> int:
    """The line of the file where front matter went wrong. YAML and TOML begin below a line of marks, JSON does not."""
    if isinstance(error, json.JSONDecodeError):
        return error.lineno
    mark, place = getattr(error, "problem_mark", None), _PLACE.search(str(error))
    return mark.line + 2 if mark is not None else int(place[1]) + 1 if place else 1


def _below_title(front: Mapping[str, Any], text: str) -> str:
    """The text without a first heading that only says the title again."""
    heading = _HEADING.match(begun := text.lstrip())
    is_title = heading is not None and _word(front.get("title")) in (None, heading["title"])
    return begun[heading.end() :] if heading is not None and is_title else text


def _article(inside: Path, front: Mapping[str, Any], text: str, body: str) -> dict[str, Any]:
    stem, language = inside.stem, None
    if match := _LANGUAGE.fullmatch(stem):
        stem, language = match["stem"], match["language"]
    dated = _JEKYLL.fullmatch(stem)
    folders = [part for part in inside.parent.parts if part not in ("content", "_posts", "_drafts")]
    if stem == "index" and folders:  # a leaf bundle of Hugo: the folder is the article
        stem = folders.pop()
    slug = _word(front.get("slug")) or (dated["slug"] if dated else stem)
    categories = _names(front, "categories", "category")
    heading = _HEADING.search(text)
    day = dated["date"] if dated else None
    published = _time(front, "publishdate", "date") or day
    draft = front.get("draft") is True or front.get("published") is False or "_drafts" in inside.parts
    if dated:
        address = "/".join(("", *categories, *(published or day or "")[:10].split("-"), f"{slug}.html"))
    else:
        address = "/".join(("", *folders, slug, ""))
    images = [front.get(name) for name in ("image", "featured_image", "images", "cover")]
    values = {
        "id": str(inside.with_suffix("")),
        "title": _word(front.get("title")) or (heading["title"] if heading else None),
        "body": body,
        "url": _word(front.get("url")) or _word(front.get("permalink")) or address,
        "section": categories or folders or None,
        "tags": _names(front, "tags", "keywords"),
        "authors": _names(front, "authors", "author"),
        "language": _word(front.get("lang")) or _word(front.get("language")) or language,
        "published_at": published,
        "updated_at": _time(front, "lastmod", "last_modified_at", "updated"),
        "expires_at": _time(front, "expirydate"),
        "evergreen": True if front.get("evergreen") is True else None,
        "labels": [UNLISTED] if draft else [],
        "image_url": next((found for image in images if (found := _address(image))), None),
    }
    return {name: value for name, value in values.items() if value is not None}


def _names(front: Mapping[str, Any], *fields: str) -> list[str]:
    """A list, or text in which names stand between commas, else, as Jekyll reads it, between spaces."""
    for name in fields:
        value = front.get(name)
        if isinstance(value, str):
            value = value.split(",") if "," in value or name.startswith("author") else value.split()
        if isinstance(value, list):
            parts = (_word(part.get("name") if isinstance(part, dict) else part) for part in value)
            return list(dict.fromkeys(part for part in parts if part))
    return []


def _word(value: object) -> str | None:
    """A name or number as text; None for what is neither, which YAML can make endlessly large."""
    return str(value).strip() or None if isinstance(value, str | int | float) else None


def _time(front: Mapping[str, Any], *fields: str) -> str | None:
    for name in fields:
        value = front.get(name)
        if isinstance(value, (datetime, date)):
            return value.isoformat()
        if isinstance(value, str) and value.strip():
            return _iso(value.strip())
    return None


def _iso(text: str) -> str:
    """Jekyll's "2026-03-31 18:00:00 +0200" as ISO 8601 has it; other text as it is."""
    return re.sub(r"\s+([+-]\d{2}):?(\d{2})$", r"\1:\2", text)


def _address(image: Any) -> str | None:
    """Of a path or URL, or the first of a list of them; None where it is neither, such as a file beside the text."""
    value = image[0] if isinstance(image, list) and image else image
    if isinstance(value, dict):
        value = value.get("image") or value.get("url")
    return value if isinstance(value, str) and value.startswith(("/", "http://", "https://")) else None
