"""What README and docs tell to run runs as it stands there: in this process where it is our command, else in a shell.

A block that is not run says why, in a comment before it or in NOT_RUN.
"""

import gzip
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from tests.recsys.cli.running import RECSYS
from tests.serving.conftest import TOPICS, trained_home
from tests.training.published import write_hugo, wxr, wxr_item

__all__ = ["trained_home"]

ROOT = Path(__file__).parents[1]
PAGES = sorted(str(page.relative_to(ROOT)) for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

IN_A_SHELL = ("README.md", "docs/api.md", "docs/widget.md")  # beside one server, in this order
ON_OWN_EXPORT = ("docs/tutorial.md",)
ON_A_TRAINED_HOME = (
    "docs/dashboard.md", "docs/evaluation.md", "docs/intake.md", "docs/operations.md", "docs/rules.md",
    "docs/security.md", "docs/troubleshooting.md",
)  # fmt: skip

# Commands that take long are run on one page; elsewhere their options are checked.
RUN_BY = {
    "train": "docs/tutorial.md",
    "evaluate": "tests/recsys/cli/test_evaluating.py",
}

# Commands that no test of this file runs, by how they begin: where they are run, or why they can't be.
NOT_RUN = {
    "make demo": "the walk in tests/browser runs the command behind it",
    "make test": "this is one of its tests",
    'D="${RECSYS_DATASETS': "needs data that is no part of the project",
    "pip install 'article-recsys[postgres]'": "tests/recsys/store has a PostgreSQL of its own",
    "recsys serve": "the README's test serves",
    "curl --request DELETE": "tests/serving/test_visitors.py erases over HTTP",
}

_BLOCK = re.compile(
    r"(?P<why><!-- (?:not run|run by)[^>]*-->\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL
)


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a page in one language that don't say why they are not run."""
    found = _BLOCK.finditer((ROOT / name).read_text(encoding="utf-8"))
    return [block["code"] for block in found if block["language"] == language and not block["why"]]


def commands(name: str) -> Iterator[list[str]]:
    """The words of each command in a page's `sh` blocks."""
    for block in blocks(name, "sh"):
        if any(block.startswith(begin) for begin in NOT_RUN):
            continue
        for line in block.replace("\\\n", " ").splitlines():
            for command in re.split(r"\s&&\s", line):
                if command.strip() and not any(command.startswith(begin) for begin in NOT_RUN):
                    yield shlex.split(command, comments=True)


def test_every_page_with_commands_is_run() -> None:
    told = {name for name in PAGES if any(commands(name)) or blocks(name, "python")}
    assert told == {*IN_A_SHELL, *ON_OWN_EXPORT, *ON_A_TRAINED_HOME, "docs/python.md"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[list[str]], None]:
    """Runs `recsys ...` in this process, `> FILE` and `export` included; fails where the command does."""
    from recsys.cli import main

    def run(words: list[str]) -> None:
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("="))
            return
        assert words[0] == "recsys", words
        target = words.pop() if words[-2] == ">" else ""
        arguments = [word for word in words if word != ">"]
        monkeypatch.setattr("sys.argv", arguments)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert ended.value.code in (None, 0), (arguments, said)
        if target:
            Path(target).write_text(said.out)

    return run


def write_export(folder: Path) -> None:
    """A site as its owner has it: a WordPress export, a CSV, Markdown, an access log, page views by day."""
    items = [
        wxr_item(number, title=" ".join(words[number % 5 : number % 5 + 3]), body=" ".join(words[number % 5 :] * 3))
        for number in range(101, 113)
        for words in [list(TOPICS.values())[number % 3].split()]
    ]
    (folder / "my-export.xml").write_text(wxr(*items))
    (folder / "articles.csv").write_text("headline,permalink,post_date\nThe ferry,https://pier.example/f,2026-02-03\n")
    write_hugo(folder / "site")
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    (folder / "access.log").write_text(
        "".join(
            f"192.0.2.{reader} - - [02/Mar/2026:11:0{reader}:01 +0100]"
            f' "GET /{101 + reader % 4}/ HTTP/1.1" 200 5 "-" "{agent}"\n'
            for reader in range(1, 9)
        )
    )
    (folder / "views.csv").write_text("page path,date,views\n/101/,2026-03-01,7\n/102/,2026-03-01,3\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_OWN_EXPORT)
def test_the_tutorial_goes_from_an_export_to_lists(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[[list[str]], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_export(tmp_path)
    for words in commands(name):
        run(words)
    pages = [json.loads(line) for line in (tmp_path / "pages.jsonl").read_text().splitlines()]
    [page] = [page for page in pages if page["article_id"] == "101"]
    assert {item["id"] for item in page["related"][:3]} == {"104", "107", "110"}, "the others of its subject"
    assert page["ranking"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_A_TRAINED_HOME)
def test_the_commands_of_a_page_run(
    name: str, tmp_path: Path, trained_home: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[[list[str]], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    home = shutil.copytree(trained_home, tmp_path / "recsys-home")
    version = (home / "bundles/ACTIVE").read_text().strip()
    write_export(tmp_path)
    (tmp_path / "new.jsonl.gz").write_bytes(gzip.compress(b'{"id": "new", "title": "N", "published_at": "2026-03-01"}'))
    view = b'{"type": "view", "article_id": "new", "at": "2026-03-02"}'
    (tmp_path / "events.jsonl.gz").write_bytes(gzip.compress(view))
    run(["recsys", "import", "my-export.xml"])
    for words in commands(name):
        if words[1] in RUN_BY:
            check_options(words)
        else:
            run([re.sub(r"\d{8}T\d{6}-[0-9a-f]{8}", version, word) for word in words])


def check_options(words: list[str]) -> None:
    """Raises where a command would be refused for how it is written; runs nothing."""
    from recsys.cli.app import app, load_commands

    load_commands()
    command = get_command(app).commands[words[1]]  # type: ignore[attr-defined]
    command.make_context(words[1], words[2:])


@pytest.mark.slow
def test_the_python_examples_run(tmp_path: Path, trained_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained_home, tmp_path / "recsys-home")
    for block in blocks("docs/python.md", "python"):
        exec(compile(block, "docs/python.md", "exec"), {})


@pytest.mark.slow
def test_readme_api_and_widget_run_beside_one_server(tmp_path: Path) -> None:
    """One shell, in an empty folder, on a free port; only `source` is left out."""
    quick = (ROOT / "README.md").read_text(encoding="utf-8").split("## Five minutes", 1)[1].split("\n## ", 1)[0]
    shell = re.findall(r"^```sh\n(.*?)^```", quick, re.MULTILINE | re.DOTALL) + blocks("docs/api.md", "sh")
    shell += [block for block in blocks("docs/widget.md", "sh") if "curl" in block]
    for language, program in (("python", sys.executable), ("javascript", shutil.which("node"))):
        for number, block in enumerate(blocks("docs/widget.md", language)):
            (tmp_path / f"{number}.{language}").write_text(block)
            if program:
                shell.append(f"echo {language}; {program} {number}.{language}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    for file in tmp_path.iterdir():
        file.write_text(file.read_text().replace("8000", port).replace("0.15", "15").replace("150)", "15000)"))
    said_in = "\n".join(shell).replace("source .venv/bin/activate\n", "").replace("8000", port)
    (tmp_path / "data").symlink_to(ROOT / "data")
    script = f"set -eo pipefail\ntrap 'kill %1; wait %1 || true' EXIT\n{said_in}"
    path = f"{RECSYS.parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    said = ended.stdout
    assert ended.returncode == 0, said + ended.stderr
    counts = re.findall(r'"article_id":"lantern-bridge-closed","views":0,"likes":(\d)', said)
    assert counts == ["0", "1"]
    assert '"accepted":1,"duplicates":0,"rejected":[{"field":"article_id"' in said
    assert '"status":404' in said, "the article that was deleted"
    assert '"ready":true' in said
    lists = [line for line in said.splitlines() if line.startswith('{"list"')]
    assert len(lists) == 9
    assert all(json.loads(line)["items"] for line in lists)
    printed = said.partition("python\n")[2]
    assert len(printed.splitlines()) in (10, 21), "ten titles with their addresses, from Python and from Node"
