"""Help: every command is listed, and asking for it loads nothing heavy."""

import subprocess
import sys

import pytest
from typer.main import get_command

from recsys.cli.app import app, load_commands

COMMANDS = (
    "import",
    "export",
    "train",
    "evaluate",
    "related",
    "ranking",
    "recommend",
    "page",
    "serve",
    "demo",
    "models",
)
HEAVY = {
    "numpy",
    "scipy",
    "pydantic",
    "fastapi",
    "apsw",
    "rich",
    "sklearn",
    "duckdb",
    "ibis",
    "pyarrow",
    "numba",
    "pandas",
}


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command(recsys, option):
    ran = recsys(option)
    assert ran.code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in ran.out


def test_no_command_is_a_usage_error_that_shows_the_help(recsys):
    ran = recsys()
    assert ran.code == 2
    assert "Commands:" in ran.err + ran.out


def test_every_command_and_option_says_what_it_does():
    load_commands()
    below = [get_command(app)]
    while below:
        command = below.pop()
        below += getattr(command, "commands", {}).values()
        assert command.help, command.name
        for parameter in command.params:
            assert parameter.help, (command.name, parameter.name)


def test_an_unknown_command_or_option_is_a_usage_error(recsys):
    assert recsys("recommand").code == 2
    assert recsys("ranking", "--windows", "day").code == 2


def test_help_loads_nothing_heavy():
    code = f"""
import sys
sys.argv = ["recsys", "--help"]
from recsys.cli import main
try:
    main()
except SystemExit:
    print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr == "[]\n"
