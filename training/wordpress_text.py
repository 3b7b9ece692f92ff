"""The body of a WordPress post as HTML: its shortcodes taken out, its blank lines made paragraphs."""

import re

# A shortcode has attributes, closes itself, or is closed further on; "[sic]" and "[1]" are text.
_ATTRIBUTED = re.compile(r"\[/?[a-zA-Z][\w-]*+\s+[\w-]++=[^\[\]]*+\]|\[[a-zA-Z][\w-]*+\s*+/\]")
_CLOSING = re.compile(r"\[/([a-zA-Z][\w-]*+)\]")
_BARE = re.compile(r"\[([a-zA-Z][\w-]*+)\]")
_ALONE = frozenset({"gallery", "more", "playlist"})  # WordPress' own that need neither
_BLOCK = re.compile(r"<(?:p|div|table|ul|ol|blockquote|h[1-6]|figure|section|pre)\b", re.IGNORECASE)
_BLANK = re.compile(r"(?:[ \t]*\n){2,}")


def paragraphs(body: str) -> str:
    """`body` as readers get it: no shortcode tags (what they enclose stays), and each run of blank lines a new <p>.

    Bodies that have block elements already are left as they are, as the block editor writes them.
    """
    body = _without_shortcodes(body.replace("\r\n", "\n"))
    if not body or _BLOCK.search(body):
        return body
    parts = [part.strip() for part in _BLANK.split(body)]
    return "\n".join("<p>" + part.replace("\n", "<br>\n") + "</p>" for part in parts if part)


def _without_shortcodes(body: str) -> str:
    if "[" not in body:
        return body
    closed = {match[1] for match in _CLOSING.finditer(body)}
    body = _ATTRIBUTED.sub("", body)
    body = _CLOSING.sub("", body)
    return _BARE.sub(lambda match: "" if match[1] in closed or match[1] in _ALONE else match[0], body)
