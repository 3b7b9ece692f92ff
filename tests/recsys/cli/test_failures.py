"""What goes wrong is one line that says what and what to do; a traceback comes only with --debug."""

import pytest

from tests.recsys.cli.running import run_process

ON_A_HOME = [
    ("train",),
    ("evaluate",),
    ("related", "a"),
    ("ranking",),
    ("recommend",),
    ("page", "a"),
    ("export", "related", "--out", "out.jsonl"),
    ("models", "list"),
    ("models", "verify"),
    ("models", "activate", "v"),
]


@pytest.mark.parametrize("command", ON_A_HOME, ids=" ".join)
def test_a_missing_home_is_told_and_not_made(recsys, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    ran = recsys(*command, "--home", "nowhere")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "recsys: there is no site in nowhere. Run `recsys import --home nowhere --articles FILE` first.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_home_may_come_from_the_environment(recsys, home, monkeypatch):
    monkeypatch.setenv("RECSYS_HOME", str(home.root))
    assert recsys("models", "list").code == 0
    monkeypatch.setenv("RECSYS_HOME", "nowhere")
    assert "no site in nowhere" in recsys("models", "list").err


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"no database" * 100, "store.db: is no SQLite database"), (b"SQLite format 3\0" + b"\xff" * 4_000, "store.db")],
)
def test_a_store_that_is_none_is_told_and_left_alone(recsys, home, content, said):
    for path in home.root.glob("store.db*"):
        path.unlink()
    home.store.write_bytes(content)
    for command in (("ranking",), ("train",), ("related", "harbour-1")):
        ran = recsys(*command, "--home", home.root)
        assert ran.code == 1
        assert said in ran.err
        assert ran.err.count("\n") == 1
    assert home.store.read_bytes() == content


@pytest.mark.parametrize(
    ("text", "said"), [("colour = 1", "colour"), ("threads = -1", "threads"), ("=", "recsys.toml is not TOML")]
)
def test_a_mistake_in_the_settings_is_named(recsys, home, text, said):
    home.settings.write_text(text)
    for command in (("train",), ("page", "harbour-1"), ("serve", "--port", 0)):
        ran = recsys(*command, "--home", home.root)
        assert (ran.code, ran.out) == (1, "")
        assert said in ran.err
        assert ran.err.count("\n") == 1


def test_a_server_on_an_address_that_others_reach_is_refused(recsys, home):
    ran = recsys("serve", "--host", "0.0.0.0", "--home", home.root)
    assert ran.code == 1
    assert "without keys" in ran.err


def test_the_demo_leaves_a_folder_of_something_else_alone(recsys, tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    ran = recsys("demo", "--no-browser", "--home", tmp_path)
    assert ran.code == 1
    assert "holds something that is not a demo" in ran.err
    assert (tmp_path / "letters.txt").read_text() == "dear"


@pytest.mark.slow
def test_a_traceback_comes_only_with_debug(tmp_path):
    plain = run_process("ranking", "--home", "nowhere", folder=tmp_path)
    assert (plain.code, plain.err.count("\n")) == (1, 1)
    debug = run_process("--debug", "ranking", "--home", "nowhere", folder=tmp_path)
    assert debug.code == 1
    assert "Traceback" in debug.err
    assert "BadInput: there is no site in nowhere" in debug.err


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(home):
    import subprocess

    from tests.recsys.cli.running import RECSYS

    script = f"'{RECSYS}' ranking --home '{home.root}' | head -n 1"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr == ""
