"""Article bodies made safe to show: what a publisher's HTML may contain on the demo pages."""

import nh3
from markupsafe import Markup

_TAGS = {
    *("p", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "br", "hr"),
    *("a", "em", "strong", "b", "i", "sup", "sub", "figure", "figcaption", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}}
_LOOKS_LIKE_HTML = ("<p", "<br", "<h", "<ul", "<ol", "<div", "<blockquote", "<a ", "<em", "<strong", "<pre", "<table")


def safe_body(body: str) -> Markup:
    """The body as HTML without scripts, styles, forms or frames; plain text becomes paragraphs."""
    lowered = body[:200_000].lower()
    if not any(mark in lowered for mark in _LOOKS_LIKE_HTML):
        blocks = [block.strip() for block in body.replace("\r", "").split("\n\n")]
        return Markup("\n").join(Markup("<p>{}</p>").format(block) for block in blocks if block)
    cleaned = nh3.clean(
        body,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    )
    return Markup(cleaned)  # noqa: S704  (nh3 has just cleaned it)


def excerpt(text: str, characters: int = 170) -> str:
    """The beginning of a text, cut at a word."""
    flat = " ".join(text.split())
    if len(flat) <= characters:
        return flat
    cut = flat[:characters].rsplit(" ", 1)[0]
    return cut.rstrip(",;:–-") + " …"
