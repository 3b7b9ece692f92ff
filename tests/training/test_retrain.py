"""retrain: imports and publishes what is new, keeps quiet where nothing is, refuses what is worse, and says why."""

import shutil
from pathlib import Path

import msgspec
import pytest

from recsys.bundle import active_version, read_manifest, verify_bundle, version_folders
from recsys.errors import BadInput, Refused
from recsys.home import Home
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY
from tests.training.growing_site import FIRST_DAYS, articles, events, grow, night, run, site, write
from training import texts
from training.lock import training_lock
from training.run_report import RunReport, read_status

LAST = FIRST_DAYS - 1


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home retrained once. Not to be written to."""
    home = site(tmp_path_factory.mktemp("retrained") / "home")
    assert run(home, LAST).outcome == "published"
    return home


@pytest.fixture
def home(trained: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(trained.root, tmp_path / "home")))


def report_of(home: Home, name: str) -> RunReport:
    return msgspec.json.decode((home.reports / f"retrain-{name}.json").read_bytes(), type=RunReport)


@pytest.mark.slow
def test_the_first_run_imports_the_sources_and_publishes(trained: Home) -> None:
    version = active_version(trained.bundles)
    manifest = verify_bundle(trained.bundles / version)
    assert (manifest.articles, manifest.events) == (6 * FIRST_DAYS, len(events(0)) * FIRST_DAYS)
    report = report_of(trained, version)
    assert report.outcome == "published"
    assert sum(one.articles_added for one in report.imported) == manifest.articles
    status = read_status(trained.reports)
    assert status is not None
    assert (status.outcome, status.version, status.last_success) == ("published", version, report.ended)
    page = (trained.reports / f"retrain-{version}.html").read_text()
    assert "Retraining: published" in page
    assert "articles-00.jsonl" in page


@pytest.mark.slow
def test_where_nothing_is_new_nothing_is_published(home: Home) -> None:
    before = sorted(path.name for path in home.bundles.iterdir())
    report = run(home, LAST, later=9 * DAY)
    assert (report.outcome, report.version) == ("nothing new", active_version(home.bundles))
    assert sorted(path.name for path in home.bundles.iterdir()) == before
    status = read_status(home.reports)
    assert status is not None
    assert status.last_success == report.ended


@pytest.mark.slow
def test_a_new_day_is_compared_published_and_written_down(home: Home) -> None:
    old = active_version(home.bundles)
    grow(home.root, FIRST_DAYS)
    report = run(home, FIRST_DAYS)
    assert (report.outcome, report.serving) == ("published", old)
    assert report.verdict is not None
    assert {comparison.list for comparison in report.verdict.comparisons} == {"related", "ranking", "recommendation"}
    manifest = read_manifest(home.bundles / active_version(home.bundles))
    assert manifest.version == report.version != old
    assert manifest.articles == 6 * (FIRST_DAYS + 1)
    assert manifest.metrics["gate"]["against"] == old
    assert manifest.metrics["gate"]["forced"] is False


@pytest.mark.slow
def test_a_reading_is_carried_on_where_readers_act_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only new articles are decoded, and events and the gate still find all of them."""
    monkeypatch.setattr(texts, "RENEWED", 0.5)
    monkeypatch.setattr(texts, "COMPUTED", 2.0)
    grow(home.root, FIRST_DAYS)
    report = run(home, FIRST_DAYS)
    assert report.outcome == "published"
    assert report.verdict is not None
    assert {comparison.list for comparison in report.verdict.comparisons} == {"related", "ranking", "recommendation"}
    manifest = read_manifest(home.bundles / active_version(home.bundles))
    assert manifest.fitted["texts"]["renewed"] == 6
    assert (manifest.articles, manifest.events) == (6 * (FIRST_DAYS + 1), len(events(0)) * (FIRST_DAYS + 1))


@pytest.mark.slow
def test_data_that_shrank_is_refused_and_force_is_written_down(home: Home) -> None:
    old = active_version(home.bundles)
    store = SqliteStore(home.store)
    store.catalogue.delete([str(row["id"]) for day in range(7) for row in articles(day)], night(LAST))
    store.close()
    report = run(home, LAST)
    assert report.outcome == "refused"
    assert report.verdict is not None
    assert report.verdict.refusals == ("articles: 18, the serving model has 60 (-70%, allowed -50%)",)
    assert active_version(home.bundles) == old
    status = read_status(home.reports)
    assert status is not None
    assert (status.outcome, status.refusals) == ("refused", report.verdict.refusals)
    assert status.last_success is not None
    assert status.last_success < status.ended
    forced = run(home, LAST, force=True)
    assert (forced.outcome, forced.forced) == ("published", True)
    gate = read_manifest(home.bundles / active_version(home.bundles)).metrics["gate"]
    assert gate["forced"] is True
    assert report.verdict.refusals[0] in gate["refusals"]


@pytest.mark.slow
def test_lists_that_went_empty_are_refused(tmp_path: Path) -> None:
    """An export whose bodies and titles were lost, as happens when a publishing system changes its format."""
    home = site(tmp_path / "home")
    for path in home.root.glob("feed/events-*"):
        path.unlink()
    assert run(home, LAST).outcome == "published"
    for day in range(FIRST_DAYS):
        lost = [row | {"title": f"Article {row['id']}", "body": "", "tags": []} for row in articles(day)]
        write(home.root, f"articles-{day:02}.jsonl", lost)
    report = run(home, FIRST_DAYS)
    assert report.outcome == "refused"
    assert report.verdict is not None
    assert any(said.startswith("Related") and "of the lists are empty" in said for said in report.verdict.refusals)


@pytest.mark.slow
def test_a_ranking_that_readers_would_miss_is_refused_with_its_interval(home: Home) -> None:
    """Readers turn to articles of up to four days; the setting keeps those older than one out of the Ranking."""
    settings = home.settings.read_text()
    home.settings.write_text(f"ranking_max_age_days = 1\n{settings}")
    grow(home.root, FIRST_DAYS)
    report = run(home, FIRST_DAYS)
    assert report.outcome == "refused"
    assert report.verdict is not None
    assert any(said.startswith("ranking: nDCG@10 -") for said in report.verdict.refusals)


@pytest.mark.slow
def test_without_new_readers_counts_and_texts_are_judged(home: Home) -> None:
    write(home.root, "articles-10.jsonl", articles(FIRST_DAYS))
    report = run(home, FIRST_DAYS)
    assert report.outcome == "published"
    assert report.verdict is not None
    assert report.verdict.comparisons == ()
    assert any("no reader's act" in note for note in report.verdict.notes)
    write(home.root, "articles-11.jsonl", articles(FIRST_DAYS + 1))
    again = run(home, FIRST_DAYS + 1).verdict
    assert again is not None
    assert again.shapes["serving"] == report.verdict.shapes["published"], "written down when it was published"


@pytest.mark.slow
def test_a_damaged_serving_model_is_replaced(home: Home) -> None:
    version = active_version(home.bundles)
    path = home.bundles / version / "articles.published.npy"
    path.write_bytes(path.read_bytes()[:-1])
    grow(home.root, FIRST_DAYS)
    report = run(home, FIRST_DAYS)
    assert report.outcome == "published"
    assert "articles.published.npy" in report.reason
    verify_bundle(home.bundles / active_version(home.bundles))


@pytest.mark.slow
def test_a_run_that_died_before_it_told_the_servers_is_made_good(home: Home) -> None:
    store = SqliteStore(home.store)
    manifest = read_manifest(home.bundles / active_version(home.bundles))
    raw = (home.bundles / manifest.version / "manifest.json").read_text()
    last = store.log.last()
    (home.bundles / manifest.version / "manifest.json").write_text(
        raw.replace(f'"log_seq": {manifest.log_seq}', f'"log_seq": {last}')
    )
    store.close()
    assert run(home, LAST).outcome == "nothing new"
    store = SqliteStore(home.store)
    [entry] = store.log.read(last, 10)
    store.close()
    assert (entry.kind, entry.ids) == ("activate", (manifest.version,))


def test_while_another_training_is_at_work_nothing_is_done(home: Home) -> None:
    with training_lock(home.root, "train", 0), pytest.raises(Refused, match="`recsys train`"):
        run(home, LAST)


def test_a_home_without_articles_fails_and_says_so(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(BadInput, match="no articles"):
        run(home, LAST)
    status = read_status(home.reports)
    assert status is not None
    assert (status.outcome, status.last_success) == ("failed", None)
    assert "no articles" in status.reason


@pytest.mark.slow
def test_the_same_data_gives_the_same_bytes_whatever_the_clock_and_the_threads(home: Home, tmp_path: Path) -> None:
    """D14: two homes, another clock, 1 and 2 threads; two runs each, so that the gate's part is in it too."""
    other = site(tmp_path / "other", settings="threads = 2\n")
    assert run(other, LAST, later=DAY).outcome == "published"
    for one, later in ((home, 5 * DAY), (other, 10 * DAY)):
        grow(one.root, FIRST_DAYS)
        assert run(one, FIRST_DAYS, later=later).outcome == "published"
    files, same = (
        {path.relative_to(one.bundles): path.read_bytes() for path in one.bundles.rglob("*") if path.is_file()}
        for one in (home, other)
    )
    assert len(version_folders(home.bundles)) == 2
    assert files == same
