"""HTML to plain text in one pass, linear in the length of the body whatever it holds.

A tree parser is no use here: nested elements cost selectolax (lexbor) time that grows with the square of their depth,
174 s for a body of 1 MB. A scanner also leaves plain text alone: only the names of HTML elements make a tag, so that
"<Srd>" in a report on shares stays a word, and so does "a < b".
"""

import html
import re

_INLINE_NAMES = """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q ruby rb s samp small span
    strike strong sub sup time tt u var wbr
"""
_BLOCK_NAMES = """
    address area article aside audio base basefont blockquote body br button canvas caption center col colgroup
    datalist dd details dialog dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4
    h5 h6 head header hgroup hr html img input legend li link main map menu meta meter nav noframes noscript ol
    optgroup option output p param picture pre progress search section select source summary table tbody td textarea
    tfoot th thead title tr track ul video
"""
_INLINE = frozenset(_INLINE_NAMES.split())
_BLOCK = frozenset(_BLOCK_NAMES.split())
# An attribute may hold < and > inside quotes. Possessive, and never past an unquoted <: no text is read over thrice.
_ATTRIBUTES = r"""(?:[\s/](?:[^<>"']++|"[^"]*+"|'[^']*+')*+)?+"""
_MARKUP = re.compile(
    rf"""
      <!--.*?(?:-->|\Z)                                                                      # a comment
    | <(?P<dropped>iframe|math|object|script|style|svg|template){_ATTRIBUTES}>.*?(?:</(?P=dropped)\s*+>|\Z)
    | <r[pt]{_ATTRIBUTES}>[^<]*+(?:</r[pt]>)?+                             # how a word is read, written above it
    | <(?:!doctype|\?xml)[^<>]*+>
    | </?+(?P<name>[a-z][a-z0-9]*+(?P<custom>[-:][^\s<>/"']*+)?+){_ATTRIBUTES}>
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def html_to_text(body: str) -> str:
    """The text that a reader of `body` sees: HTML, or plain text, in which at most white space changes.

    Elements of their own line end it with a newline; elements within a line leave no trace. What is not shown goes:
    comments, scripts, styles, embedded documents and drawings, ruby readings. Entities are decoded. No line is blank,
    none begins or ends with white space.
    cost  O(characters)
    """
    parts = []
    end = 0
    for match in _MARKUP.finditer(body):
        name = match["name"]
        gap = "\n"
        if name is not None and not match["custom"]:
            name = name.lower()
            if name not in _BLOCK and name not in _INLINE:
                continue
            gap = "" if name in _INLINE else "\n"
        elif name is None and not match["dropped"]:
            gap = ""
        parts.append(html.unescape(body[end : match.start()]))
        parts.append(gap)
        end = match.end()
    parts.append(html.unescape(body[end:]))
    lines = (line.strip() for line in "".join(parts).splitlines())
    return "\n".join(line for line in lines if line)
