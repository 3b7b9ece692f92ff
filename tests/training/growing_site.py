"""A small site that grows by the day, as files: three topics, readers who keep to one of them."""

import json
from pathlib import Path

from recsys.home import Home
from recsys.settings import read_settings
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY, HOUR, format_time, parse_time
from training.progress import silent
from training.retrain import Job, retrain
from training.run_report import RunReport

START = parse_time("2026-03-01")
FIRST_DAYS = 10
READERS = 60
TOPICS = {
    "harbour": "quay crane harbour ship tide pilot cargo dock mooring vessel",
    "council": "council budget vote mayor committee rates motion ward debate agenda",
    "football": "match goal keeper penalty league striker referee pitch season derby",
}

Row = dict[str, object]


def articles(day: int, *, words: str = "") -> list[Row]:
    """Two articles a topic, published at the beginning of the day; `words` instead of their own make them alike."""
    rows: list[Row] = []
    for topic, vocabulary in TOPICS.items():
        for number in (2 * day, 2 * day + 1):
            own = vocabulary.split()
            turned = own[number % len(own) :] + own[: number % len(own)]
            text = words or " ".join(" ".join(turned[:5]) + f" {word}{number // 3}" for word in turned)
            published, section = format_time(START + day * DAY), ["News", topic]
            rows.append({"id": f"{topic}-{number}", "title": f"{turned[0]} and {turned[1]}", "body": text})
            rows[-1] |= {"section": section, "tags": [topic], "language": "en", "published_at": published}
    return rows


def events(day: int) -> list[Row]:
    """Every reader reads three articles of their topic: of today, of yesterday, and an older one."""
    topics, rows = list(TOPICS), []
    for reader in range(READERS):
        for step, back in enumerate((0, 1, 1 + reader % 4)):
            number = 2 * max(0, day - back) + (reader + step) % 2
            at = START + day * DAY + (6 + reader % 12) * HOUR + step * HOUR // 4
            rows.append({"type": "view", "article_id": f"{topics[reader % 3]}-{number}", "at": format_time(at)})
            rows[-1]["visitor_id"] = f"reader-{reader}"
    return rows


def write(home: Path, name: str, rows: list[Row]) -> None:
    """One file of the sources."""
    (home / "feed").mkdir(exist_ok=True, parents=True)
    (home / "feed" / name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def site(home: Path, *, settings: str = "threads = 1\n") -> Home:
    """A home whose sources hold the first days; nothing is imported yet."""
    for day in range(FIRST_DAYS):
        grow(home, day)
    sources = '[sources]\narticles = ["feed/articles-*.jsonl"]\nevents = ["feed/events-*.jsonl"]\n'
    (home / "recsys.toml").write_text(settings + sources)
    return Home(home)


def grow(home: Path, day: int) -> None:
    """Adds a day to the sources."""
    write(home, f"articles-{day:02}.jsonl", articles(day))
    write(home, f"events-{day:02}.jsonl", events(day))


def night(day: int) -> int:
    """The end of a day."""
    return START + (day + 1) * DAY


def run(home: Home, day: int, *, force: bool = False, later: int = HOUR) -> RunReport:
    """Retrains as of the end of `day`; the clock says `later` than that."""
    store = SqliteStore(home.store)
    try:
        as_of = night(day)
        return retrain(Job(store, home, read_settings(home.settings), as_of, as_of + later, force, silent))
    finally:
        store.close()
