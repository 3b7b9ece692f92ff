"""The demo: a sample newspaper whose last day is today, through the same steps as any site of one's own."""

import shutil
from pathlib import Path

from recsys.article import Article
from recsys.cli.intake import run_import
from recsys.cli.training import run_train
from recsys.errors import BadInput
from recsys.home import Home
from recsys.record import RecordReader, wire_json
from recsys.settings import Settings, read_settings
from recsys.store.opening import spare_postgres
from recsys.times import DAY, format_time, now_micros, zone

SEED = 7
EARLIER = 7 * DAY
_MARK = "made-by-recsys-demo"
_SETTINGS = """\
title = "The Harbour Courier"
notice = "The paper, its town and its people are invented; its readers are simulated."
"""


def run_demo(home_path: Path, port: int, *, open_browser: bool) -> None:
    """Makes the demo's home anew, imports, trains, and serves until interrupted; raises BadInput."""
    from serving.run import Serving, serve

    spare_site("the demo")
    home = _fresh_home(home_path)
    articles, events = write_sample(home.root, now_micros())
    run_import(home.root, [articles], [events], dry_run=False, strict=False)
    run_train(home.root, format_time(now_micros() - EARLIER))  # a second version, to compare with
    run_train(home.root, None)
    serve(home, read_settings(home.settings), Serving("127.0.0.1", port, open_browser=open_browser))


def spare_site(what: str) -> None:
    """Raises BadInput where the environment names a site's own database or storage, which `what` would fill with an
    invented one, or is unusable: before the work begins.
    """
    spare_postgres(what)
    if Settings().bundles is not None:
        raise BadInput(f"RECSYS_BUNDLES is set, and {what} makes an invented site. Unset it for this command.")


def sample_folder() -> Path:
    """Where the sample site lies: in the installed package, or in the source tree."""
    package = Path(__file__).parents[1]
    installed = package / "sample"
    return installed if installed.is_dir() else package.parent / "data" / "sample"


def sample_articles() -> list[Article]:
    """The articles of the sample site, as they stand there."""
    reader = RecordReader(Article, zone("UTC"))
    return [reader.from_json(line) for line in (sample_folder() / "articles.jsonl").read_bytes().splitlines()]


def write_sample(folder: Path, now: int) -> tuple[Path, Path]:
    """Writes the sample's articles and simulated events, moved so that the last day is today; the two files."""
    from training.simulate import SAMPLE_END, shift, simulate

    articles = sample_articles()
    days = now // DAY - SAMPLE_END // DAY
    moved = shift(articles, days * DAY)
    happened = [event for event in shift(simulate(articles, seed=SEED), days * DAY) if event.at < now]
    article_file, event_file = folder / "sample-articles.jsonl", folder / "sample-events.jsonl"
    article_file.write_bytes(b"".join(wire_json(article) + b"\n" for article in moved))
    event_file.write_bytes(b"".join(wire_json(event) + b"\n" for event in happened))
    return article_file, event_file


def _fresh_home(path: Path) -> Home:
    home = Home(path)
    if path.exists() and any(path.iterdir()) and not (path / _MARK).exists():
        raise BadInput(f"{path} holds something that is not a demo. Give another folder with --home.")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    (path / _MARK).touch()
    home.settings.write_text(_SETTINGS)
    return home
