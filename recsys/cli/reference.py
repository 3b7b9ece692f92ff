"""Writes the reference of all commands from their own help: `python -m recsys.cli.reference > docs/commands.md`."""

import sys
from collections.abc import Iterator
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from recsys.cli.app import app, load_commands

WIDTH = 100

_ABOUT = """\
# Commands

Made from `--help` by `python -m recsys.cli.reference`; a test holds it current.

Exit status: 0 done, 1 failed, 2 usage, 3 refused (verification). Errors are one line that says what is wrong and what
to do; `recsys --debug COMMAND` shows the traceback. Ids that begin with `-` follow `--`. A time without offset is in
the home's time zone.
"""


def reference() -> str:
    """The page as Markdown."""
    load_commands()
    parts = [f"## `{path}`\n\n```\n{text}\n```\n" for path, text in _helps(get_command(app), "recsys", None)]
    return "\n".join([_ABOUT, *parts])


def _helps(command: Any, path: str, parent: Any) -> Iterator[tuple[str, str]]:
    """A command's path and help, then those of the commands below it, in the order that help lists them."""
    name = path.rsplit(maxsplit=1)[-1]
    context = command.make_context(name, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH)
    yield path, command.get_help(context).strip()
    if isinstance(command, TyperGroup):
        for below in command.list_commands(context):
            yield from _helps(command.get_command(context, below), f"{path} {below}", context)


if __name__ == "__main__":
    sys.stdout.write(reference())
