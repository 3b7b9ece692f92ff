"""keys and erase, as an operator uses them."""

import re
from contextlib import closing

import pytest

from recsys.bundle import version_folders
from recsys.store.sqlite import SqliteStore

TOKEN = re.compile(r"(publishable|secret|editor|admin)_[\w-]{43}\n")


@pytest.mark.parametrize("scope", ["publishable", "secret", "editor", "admin"])
def test_a_key_is_shown_once_and_is_in_no_file(recsys, tmp_path, scope):
    home = tmp_path / "new"
    ran = recsys("keys", "create", "--scope", scope, "--name", "the shop", "--home", home)
    assert ran.code == 0
    assert ("no page of a browser" in ran.err) == (scope == "publishable")
    assert TOKEN.fullmatch(ran.out)
    secret = ran.out.split("_", 1)[1].strip().encode()
    assert [file for file in home.iterdir() if secret in file.read_bytes()] == []
    listed = recsys("keys", "list", "--home", home).out
    assert scope in listed
    assert "the shop" in listed
    assert secret.decode()[:12] not in listed


def test_a_key_is_revoked_by_its_id(recsys, tmp_path):
    home = tmp_path / "new"
    recsys("keys", "create", "--scope", "publishable", "--origin", "https://a.example", "--origin", "https://b.example",
           "--home", home)  # fmt: skip
    [key] = SqliteStore(home / "store.db").keys.all()
    assert key.origins == ("https://a.example", "https://b.example")
    assert recsys("keys", "revoke", key.id, "--home", home).out == f"{key.id} is revoked\n"
    again = recsys("keys", "revoke", key.id, "--home", home)
    assert again.code == 1
    assert "recsys keys list" in again.err
    assert re.search(rf"{key.id}.*Z +\d{{4}}-\d\d-\d\dT", recsys("keys", "list", "--home", home).out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scope", "secret", "--origin", "https://a.example"), "never stands in a page"),
        (("--scope", "publishable", "--origin", "a.example"), "expected scheme and host"),
        (("--scope", "publishable", "--name", "x" * 101), "at most 100"),
    ],
)
def test_what_can_be_no_key_is_refused_and_nothing_is_made(recsys, tmp_path, arguments, said):
    ran = recsys("keys", "create", *arguments, "--home", tmp_path / "new")
    assert ran.code == 1
    assert said in ran.err
    assert not (tmp_path / "new").exists()


def test_a_scope_must_be_named(recsys, tmp_path):
    assert recsys("keys", "create", "--home", tmp_path / "new").code == 2
    assert recsys("keys", "create", "--scope", "root", "--home", tmp_path / "new").code == 2


def test_erase_says_what_is_gone_and_where_more_may_be(recsys, home):
    ran = recsys("erase", "reader-4", "--home", home.root)
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "6 events are erased"
    assert all(folder.name in ran.out for folder in version_folders(home.bundles))
    assert "Backups are not reached" in ran.out
    assert recsys("erase", "reader-4", "--home", home.root).out.startswith("0 events are erased")
    assert SqliteStore(home.store).visitors.events("reader-4") == []


def test_a_server_on_an_open_address_starts_with_a_key_and_not_without(recsys, tmp_path, monkeypatch):
    """A13."""
    import uvicorn

    started = []

    def run(self, sockets):
        with closing(self._listening) as listening:
            started.append(listening.getsockname()[0])

    monkeypatch.setattr(uvicorn.Server, "run", run)
    home = tmp_path / "new"
    serve = ("serve", "--host", "0.0.0.0", "--port", 0, "--home", home)
    ran = recsys(*serve)
    assert ran.code == 1
    assert "recsys keys create" in ran.err
    recsys("keys", "create", "--scope", "secret", "--home", home)
    assert recsys(*serve).code == 0
    [key] = SqliteStore(home / "store.db").keys.all()
    recsys("keys", "revoke", key.id, "--home", home)
    assert recsys(*serve).code == 1
    assert started == ["0.0.0.0"]
