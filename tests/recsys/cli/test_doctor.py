"""doctor: a sound home is ok in all; each kind of damage is named."""

import apsw
import pytest

from recsys.bundle import active_version


def bad(ran):
    return [line for line in ran.out.splitlines() if line.startswith("bad")]


def test_sound_home(recsys, home):
    ran = recsys("doctor", "--home", home.root)
    assert (ran.code, bad(ran)) == (0, [])
    for subject in ("versions", "settings", "store", "clock", "model", "active", "disk"):
        assert f" {subject} " in ran.out


def test_damaged_model(recsys, home):
    array = home.bundles / active_version(home.bundles) / "articles.published.npy"
    data = bytearray(array.read_bytes())
    data[-1] ^= 1
    array.write_bytes(data)
    ran = recsys("doctor", "--home", home.root)
    assert ran.code == 1
    assert "articles.published.npy does not match its checksum" in bad(ran)[0]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE log SET payload = zeroblob(9) WHERE seq = 1", "entry 1 of the change log is damaged"),
        ("DELETE FROM log WHERE seq = 1", "entry 1 of the change log is missing"),
        ("UPDATE articles SET views_at = 7 WHERE row = 0", "is damaged"),
        ("DELETE FROM log WHERE seq > 1", "is of a longer log than this store has"),
    ],
)
def test_damaged_store(recsys, home, damage, said):
    connection = apsw.Connection(str(home.store))
    connection.execute(damage)
    connection.close()
    ran = recsys("doctor", "--home", home.root)
    assert ran.code == 1
    assert said in " ".join(bad(ran))


def test_clock_that_was_set_back(recsys, home, monkeypatch):
    monkeypatch.setattr("recsys.cli.doctor.now_micros", lambda: 1)
    ran = recsys("doctor", "--home", home.root)
    assert ran.code == 1
    assert "which this clock says is to come" in bad(ran)[0]


def test_settings_that_can_not_be_read(recsys, home):
    home.settings.write_text("keep_bundles = 0\n")
    ran = recsys("doctor", "--home", home.root)
    assert ran.code == 1
    assert "keep_bundles" in bad(ran)[0]


def test_home_without_a_model_is_not_bad(recsys, tmp_path):
    articles = tmp_path / "a.jsonl"
    articles.write_text('{"id": "a", "title": "T", "published_at": "2026-01-01"}\n')
    assert recsys("import", "--articles", articles, "--home", tmp_path / "h").code == 0
    ran = recsys("doctor", "--home", tmp_path / "h")
    assert ran.code == 0
    assert "note  active    there is no trained model yet" in ran.out
