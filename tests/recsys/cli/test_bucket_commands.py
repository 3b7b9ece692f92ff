"""Commands on a home whose trained versions are on object storage."""

import re
import sys
import time

import pytest

from recsys.bundle import open_bundle, version_folders
from recsys.cli.app import registry_of
from tests.recsys.cli.running import AS_OF
from tests.serving.process import ask, server

pytestmark = pytest.mark.slow


@pytest.fixture
def stored(home, bucket, monkeypatch):
    """The home of the server's tests; what it had in its own folder is none of its versions any more."""
    monkeypatch.setenv("RECSYS_BUNDLES", f"{bucket}/site")
    return home


def test_versions_are_trained_listed_verified_switched_and_removed_there(recsys, stored, object_storage, bucket):
    home = ("--home", stored.root)
    own = [folder.name for folder in version_folders(stored.bundles)]
    assert recsys("models", "list", *home).out.count("2026-") == 0
    with stored.settings.open("a") as settings:
        settings.write("keep_bundles = 2\n")
    trained = []
    for hour in (10, 11, 12):
        ran = recsys("train", "--as-of", f"2026-03-10T{hour}:00:00Z", *home)
        assert ran.code == 0, ran.err
        trained += re.findall(r"^(\S+) is published and active$", ran.out, re.MULTILINE)
        assert registry_of(stored).active() == trained[-1]
    kept = trained[1:]
    assert registry_of(stored).names() == kept, "the oldest is gone"

    listed = recsys("models", "list", *home).out
    assert [version in listed for version in trained] == [False, True, True]
    assert re.search(rf"\*\W+{kept[1]}", listed)
    assert recsys("models", "rollback", *home).out == f"{kept[0]} is active\n"
    assert recsys("ranking", "--as-of", AS_OF, "--format", "json", *home).out.count(kept[0]) == 1
    assert recsys("models", "activate", kept[1], *home).code == 0
    assert recsys("models", "verify", *home).out == "".join(f"ok       {version}\n" for version in kept)

    object_storage.files().pipe_file(f"{bucket}/site/{kept[0]}/articles.published.npy", b"")
    ran = recsys("models", "verify", *home)
    assert (ran.code, f"damaged  {kept[0]}" in ran.out, f"ok       {kept[1]}" in ran.out) == (3, True, True)
    ran = recsys("models", "activate", kept[0], *home)
    assert (ran.code, "is not the file that was published" in ran.err) == (3, True)
    assert registry_of(stored).active() == kept[1]
    told = recsys("doctor", *home).out
    assert re.search(rf"bad +model +{kept[0]}", told)
    assert re.search(rf"ok +model +{kept[1]}", told)
    assert [folder.name for folder in version_folders(stored.bundles)] == own, "the folder's own stay as they are"


def test_a_backup_says_that_models_are_elsewhere(recsys, stored, bucket, tmp_path):
    ran = recsys("backup", tmp_path / "copy", "--home", stored.root)
    assert f"The models at {bucket}/site are not in it: `recsys train` makes them anew." in ran.out


def test_workers_of_a_server_share_one_copy_and_follow_the_pointer(stored):
    """They are forked from a parent that has asked the storage before them."""
    registry = registry_of(stored)
    for folder in version_folders(stored.bundles):
        manifest, arrays = open_bundle(folder)
        registry.write(arrays, manifest)
    first, second = registry.names()
    registry.activate(first, after=None)
    with server(stored.root, "--workers", "2") as (url, _):
        assert {ask(f"{url}/v1/ranking")[1]["model"] for _ in range(20)} == {first}
        assert ask(f"{url}/v1/models/{second}/activate", method="POST")[0] == 200
        latest = time.monotonic() + 30
        while {ask(f"{url}/v1/ranking")[1]["model"] for _ in range(20)} != {second}:
            assert time.monotonic() < latest
        assert [folder.name for folder in version_folders(stored.bundles / ".copies")] == [second]
        assert {model["version"] for model in ask(f"{url}/v1/models")[1]["models"]} == {first, second}


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_no_invented_site_is_published_into_the_sites_storage(recsys, bucket, monkeypatch, tmp_path, command):
    monkeypatch.setenv("RECSYS_BUNDLES", bucket)
    ran = recsys(command, "--home", tmp_path / "new")
    assert (ran.code, "makes an invented site" in ran.err) == (1, True)
    assert not (tmp_path / "new").exists()


def test_without_the_package_a_sentence_says_what_to_install(recsys, stored, monkeypatch):
    monkeypatch.setitem(sys.modules, "recsys.bucket", None)
    ran = recsys("models", "list", "--home", stored.root)
    assert (ran.code, "pip install 'article-recsys[s3]'" in ran.err) == (1, True)
