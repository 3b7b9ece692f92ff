from datetime import UTC
from pathlib import Path

import pytest

from recsys.article import Article
from recsys.errors import BadInput, BadRecord
from recsys.event import Event
from recsys.event_reader import EventReader
from recsys.record import RecordReader
from recsys.times import parse_time
from training.rows import LeftOut, Row
from training.sources import read

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def line(
    path: str = "/tide", *, address: str = "192.0.2.7", status: int = 200, method: str = "GET", agent: str = FIREFOX
) -> str:
    return f'{address} - - [02/Mar/2026:11:00:01 +0100] "{method} {path} HTTP/1.1" {status} 512 "-" "{agent}"\n'


def rows(folder: Path, text: str) -> list[Row[Event]]:
    path = folder / "access.log"
    path.write_text(text)
    return list(read(path, EventReader(UTC, {"/tide": "tide", "/tide?x=1": "tide", "/sand": "sand"}.get)))


def events(folder: Path, text: str) -> list[Event]:
    return [row.outcome for row in rows(folder, text) if isinstance(row.outcome, Event)]


def test_answered_request_for_an_article_is_a_view(tmp_path: Path) -> None:
    [view] = events(tmp_path, line())
    assert (view.type, view.article_id, view.at) == ("view", "tide", parse_time("2026-03-02T10:00:01Z"))
    assert (view.visitor_id, view.user_agent) == (None, FIREFOX)


@pytest.mark.parametrize(
    "other",
    [line(status=404), line(status=301), line(method="POST"), line("/a.css?v=2"), line("/nowhere"), line("/\ud7ff")],
)
def test_other_requests_are_left_out(tmp_path: Path, other: str) -> None:
    [row] = rows(tmp_path, line() + other)[1:]
    assert isinstance(row.outcome, LeftOut)


def test_one_reader_is_one_session_and_the_address_is_nowhere(tmp_path: Path) -> None:
    a, b, c = events(tmp_path, line() + line("/sand") + line("/sand", address="192.0.2.8"))
    assert a.session_id == b.session_id != c.session_id
    assert not any("192.0.2" in str(event) for event in (a, b, c))


def test_session_can_not_be_told_again_from_a_later_import(tmp_path: Path) -> None:
    [first], [second] = events(tmp_path, line()), events(tmp_path, line())
    assert first.session_id != second.session_id
    assert first.id == second.id


def test_line_that_is_none_is_a_bad_row(tmp_path: Path) -> None:
    found = rows(tmp_path, line() + "what\n" + line().replace("Mar", "Foo"))
    assert [type(row.outcome) for row in found] == [Event, BadRecord, BadRecord]


def test_lines_with_the_host_in_front_and_without_an_agent(tmp_path: Path) -> None:
    short = '192.0.2.7 - mary [02/Mar/2026:11:00:01 +0100] "GET /tide HTTP/2.0" 304 -\n'
    assert len(events(tmp_path, line() + "paper.example:443 " + line() + short)) == 3


def test_log_holds_no_articles(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(line())
    with pytest.raises(BadInput, match="import it with --events"):
        list(read(path, RecordReader(Article, UTC)))
