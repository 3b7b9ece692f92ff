"""Logs: lines for people, or JSON for programs. Neither holds an address, a path or a query, nor what a reader sent."""

import logging
import secrets
from collections.abc import Iterator
from itertools import count

import msgspec

from recsys.times import format_time

_json = msgspec.json.Encoder().encode


class JsonLines(logging.Formatter):
    """One object a line: at, level, logger, message; of a request its id, method, route, status and milliseconds."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "at": format_time(round(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **getattr(record, "request", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _json(line).decode()


def log_to_stderr(*, as_json: bool) -> None:
    """Where the program's own messages go from here on; of others' only warnings."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for own in ("recsys", "serving"):
        logging.getLogger(own).setLevel(logging.INFO)
    if as_json:
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())


def request_ids() -> Iterator[str]:
    """Ids that no other process makes: they tie an answer's `x-request-id` to lines of the log."""
    start = secrets.token_hex(6)
    return (f"{start}-{number:x}" for number in count(1))
