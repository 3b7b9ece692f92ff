"""train, evaluate, models: versions come, are listed, verified and switched; what does not verify changes nothing."""

import json

import pytest

from recsys.bundle import active_version
from tests.recsys.cli.running import AS_OF


@pytest.fixture
def versions(home):
    """The active version of `home`, and the other one."""
    active = active_version(home.bundles)
    [other] = {path.name for path in home.bundles.iterdir() if path.is_dir()} - {active}
    return active, other


def damage(home, version):
    """Cuts the last byte off one of a version's files."""
    path = home.bundles / version / "articles.published.npy"
    path.write_bytes(path.read_bytes()[:-1])


def test_list_shows_every_version_and_marks_the_active_one(recsys, home, versions):
    ran = recsys("models", "list", "--home", home.root)
    assert ran.code == 0
    marks = {version: mark for version in versions for mark in ("*", " ") if f"{mark}  {version}" in ran.out}
    assert marks == {versions[0]: "*", versions[1]: " "}


def test_verify_names_the_damaged_version_and_goes_on(recsys, home, versions):
    assert recsys("models", "verify", "--home", home.root).code == 0
    damage(home, versions[1])
    ran = recsys("models", "verify", "--home", home.root)
    assert ran.code == 3
    assert f"ok       {versions[0]}" in ran.out
    assert f"damaged  {versions[1]}: articles.published.npy" in ran.out


def test_activate_switches_and_is_the_way_back(recsys, home, versions):
    for version in reversed(versions):
        ran = recsys("models", "activate", version, "--home", home.root)
        assert (ran.code, ran.out) == (0, f"{version} is active\n")
        later = "2026-03-10T13:00:00Z"
        answer = recsys("ranking", "--home", home.root, "--as-of", later, "--format", "json").out
        assert json.loads(answer)["model"] == version


def test_a_damaged_version_is_refused_and_the_active_one_stays(recsys, home, versions):
    before = recsys("related", "harbour-2", "--home", home.root, "--as-of", AS_OF, "--format", "json").out
    damage(home, versions[1])
    ran = recsys("models", "activate", versions[1], "--home", home.root)
    assert ran.code == 3
    assert "is not the file that was published. Activate another version." in ran.err
    assert active_version(home.bundles) == versions[0]
    assert recsys("related", "harbour-2", "--home", home.root, "--as-of", AS_OF, "--format", "json").out == before


@pytest.mark.parametrize("name", ["nope", "..", "../home", ""])
def test_a_version_that_is_not_there_is_not_activated(recsys, home, versions, name):
    ran = recsys("models", "activate", name, "--home", home.root)
    assert ran.code == 1
    assert "recsys models list" in ran.err
    assert active_version(home.bundles) == versions[0]


def test_a_damaged_active_version_answers_nothing(recsys, home, versions, tmp_path):
    damage(home, versions[0])
    out = tmp_path / "out.jsonl"
    for command in (
        ("related", "harbour-2"),
        ("ranking",),
        ("recommend",),
        ("page", "harbour-2"),
        ("export", "related", "--out", out),
        ("serve", "--port", 0),
    ):
        ran = recsys(*command, "--home", home.root)
        assert (ran.code, ran.out) == (3, "")
        assert "articles.published.npy" in ran.err
    assert not out.exists()
    assert recsys("models", "activate", versions[1], "--home", home.root).code == 0
    assert recsys("ranking", "--home", home.root, "--as-of", "2026-03-10T13:00:00Z").code == 0


@pytest.mark.slow
def test_training_publishes_a_version_measures_it_and_makes_it_active(recsys, home, versions):
    ran = recsys("train", "--home", home.root, "--as-of", "2026-03-11")
    assert ran.code == 0
    active = active_version(home.bundles)
    assert active not in versions
    assert active.startswith("20260311T000000-")
    assert ran.out.endswith(f"{active} is published and active\n")
    assert "trained on 41 articles and 180 events of 2026-03-" in ran.out
    assert "Recommendation, split: visitors known at the cut" in ran.out
    assert "\nRanking, " in ran.out
    assert recsys("models", "verify", "--home", home.root).code == 0


def test_training_without_articles_says_what_to_do(recsys, home, tmp_path):
    events, empty = tmp_path / "events.jsonl", tmp_path / "empty"
    events.write_text('{"type": "view", "article_id": "a", "at": "2026-01-01"}\n')
    assert recsys("import", "--home", empty, "--events", events).code == 0
    ran = recsys("train", "--home", empty)
    assert ran.code == 1
    assert ran.err == ("recsys: there are no articles to train on. Run `recsys import --articles FILE` first.\n")
    assert recsys("models", "list", "--home", empty).code == 0


@pytest.mark.slow
def test_evaluation_tells_tables_or_json_of_the_same_figures(recsys, home, tmp_path):
    truth = tmp_path / "pairs.jsonl"
    pairs = [("harbour-1", "harbour-2"), ("council-3", "council-4"), ("football-5", "football-6")]
    truth.write_text("".join(json.dumps({"article_id": a, "related_id": b}) + "\n" for a, b in pairs))
    command = ("evaluate", "--home", home.root, "--as-of", AS_OF, "--related-truth", truth)
    [comparison] = json.loads(recsys(*command, "--format", "json").out)
    assert comparison["list"] == "related"
    assert comparison["questions"] == 6
    figures = {(f["model"], f["metric"]): f for f in comparison["figures"] if f["against"] is None}
    recall = figures["ours", "recall@10"]
    assert 0 < recall["low"] <= recall["value"] <= recall["high"] <= 1
    table = recsys(*command).out
    assert f"{recall['value']:.3f}" in table
    assert "[" not in table  # an interval of six lists would tell nothing
    assert "6 lists are too few" in table
    assert "TF-IDF (scikit-learn)" in table


def test_pairs_that_can_not_be_read_are_told_by_line(recsys, home, tmp_path):
    truth = tmp_path / "pairs.jsonl"
    truth.write_text('{"article_id": "harbour-1", "related_id": "harbour-2"}\n{"article_id": 3}\n')
    ran = recsys("evaluate", "--home", home.root, "--as-of", AS_OF, "--related-truth", truth)
    assert ran.code == 1
    assert "pairs.jsonl:2: " in ran.err
    assert ran.err.count("\n") == 1


def test_rollback_goes_to_the_version_before_and_no_further(recsys, home, versions):
    first, second = versions
    assert recsys("models", "activate", second, "--home", home.root).code == 0
    ran = recsys("models", "rollback", "--home", home.root)
    assert (ran.code, ran.out) == (0, f"{first} is active\n")
    ran = recsys("models", "rollback", "--home", home.root)
    assert ran.code == 3
    assert f"there is no older version than {first}" in ran.err
    assert active_version(home.bundles) == first


def test_rollback_passes_over_a_damaged_version_and_leaves_a_damaged_one(recsys, home, versions):
    first, second = versions
    assert recsys("models", "activate", second, "--home", home.root).code == 0
    damage(home, first)
    assert recsys("models", "rollback", "--home", home.root).code == 3
    assert active_version(home.bundles) == second


def test_two_trainings_at_once_are_refused_with_status_3(recsys, home):
    from training.lock import training_lock

    with training_lock(home.root, "retrain", 0):
        for command in ("train", "retrain"):
            ran = recsys(command, "--home", home.root)
            assert ran.code == 3
            assert "`recsys retrain` (process " in ran.err


@pytest.mark.slow
def test_retrain_ends_with_0_where_nothing_is_new_and_with_3_where_the_gate_refuses(recsys, home):
    """The trained home's settings are the defaults, its model was trained with one thread: that is no other setting."""
    ran = recsys("retrain", "--home", home.root)
    assert (ran.code, "published and active" in ran.out) == (0, True)
    active = active_version(home.bundles)
    ran = recsys("retrain", "--home", home.root)
    assert (ran.code, ran.out) == (0, f"nothing new since {active}\n")
    from recsys.store.sqlite import SqliteStore

    store = SqliteStore(home.store)
    store.catalogue.delete([stored.article.id for stored in store.catalogue.scan()][5:], 1)
    store.close()
    ran = recsys("retrain", "--home", home.root)
    assert ran.code == 3
    assert "refused: articles: " in ran.out
    assert f"the gate refused, {active} stays" in ran.err
    assert active_version(home.bundles) == active
