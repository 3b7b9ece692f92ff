"""Query strings."""

from urllib.parse import unquote_to_bytes

from serving.problems import Fault, Problem


def parse_query(raw: bytes) -> dict[str, str]:
    """The parameters of a query string; raises Problem where it is not UTF-8 or names one twice."""
    found: dict[str, str] = {}
    for pair in raw.split(b"&"):
        if not pair:
            continue
        name, _, value = pair.partition(b"=")
        try:
            decoded = _decoded(name)
            twice = decoded in found
            found[decoded] = _decoded(value)
        except UnicodeDecodeError:
            raise Problem(400, "The query is not percent-encoded UTF-8.") from None
        if twice:
            raise Problem(422, "A query parameter is given twice.", (Fault("", "a parameter is given twice"),))
    return found


def _decoded(part: bytes) -> str:
    return unquote_to_bytes(part.replace(b"+", b" ")).decode()
