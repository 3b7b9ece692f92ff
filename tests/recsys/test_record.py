import json
import re
from contextlib import suppress
from datetime import UTC

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys import record as subject
from recsys.article import Article
from recsys.errors import BadRecord
from recsys.event import EVENT_TYPES, Event
from recsys.record import (
    ID_BYTES,
    UNKNOWN_FIELD,
    Micros,
    RecordReader,
    SectionPath,
    check_id,
    check_ids,
    check_text,
    check_url,
    from_store,
    list_from_store,
    store_bytes,
    wire_json,
)
from recsys.times import parse_time, zone

EVENTS = RecordReader(Event, UTC)
ARTICLES = RecordReader(Article, UTC)

REQUIRED = {
    "article": {"id": "a", "title": "T", "published_at": "2020-01-01"},
    "event": {"type": "view", "article_id": "a", "at": "2020-01-01"},
}

NO_TIME = "expected a time in ISO 8601 such as 2026-03-31T18:00:00Z"

times = st.integers(parse_time("0001-01-01"), parse_time("9999-12-31")).map(Micros)
ids = st.text(
    st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=ID_BYTES // 4
).filter(lambda text: text not in (".", ".."))  # fmt: skip
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=50)
names = st.lists(texts, max_size=4).map(tuple)
sections = st.lists(texts.map(str.strip).filter(bool), max_size=4).map(SectionPath)
totals = st.none() | st.integers(0, 2**53)

articles = st.builds(
    Article, id=ids, title=texts, body=texts, section=sections, tags=names, authors=names, labels=names,
    language=st.none() | st.just("de"), translation_of=st.none() | ids, published_at=times,
    updated_at=st.none() | times, expires_at=st.none() | times, evergreen=st.booleans(), views=totals, likes=totals,
    url=st.none() | st.just("https://example.org/ä"), image_url=st.none() | st.just("/a.png"),
)  # fmt: skip
events = st.builds(
    Event, id=st.none() | ids, type=st.sampled_from(["view", "like", "share"]), article_id=ids,
    visitor_id=st.none() | ids, session_id=st.none() | ids, at=times, list=st.none() | st.just("related"),
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False), position=st.none() | st.integers(1, 1000),
    request_id=st.none() | ids, variant=st.none() | ids,
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=5,
)

HOSTILE_JSON = {
    "nothing": b"",
    "blank": b"  ",
    "cut": b'{"type":"view","arti',
    "array": b"[]",
    "null": b"null",
    "number": b"1",
    "two objects": b"{}{}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"id":"a"}'.encode("utf-16"),
    "not UTF-8": b'{"type":"view","article_id":"\xff","at":"2020-01-01"}',
    "NaN": b'{"type":"dwell","article_id":"a","at":"2020-01-01","value":NaN}',
    "Infinity": b'{"type":"dwell","article_id":"a","at":"2020-01-01","value":Infinity}',
    "1e400": b'{"type":"dwell","article_id":"a","at":"2020-01-01","value":1e400}',
    "5,000 digits": b'{"type":"dwell","article_id":"a","at":"2020-01-01","value":' + b"9" * 5_000 + b"}",
    "lone surrogate": b'{"type":"view","article_id":"\\ud800","at":"2020-01-01"}',
    "lone surrogate in a key": b'{"type":"view","article_id":"a","at":"2020-01-01","\\ud800":1}',
    "NUL in an id": b'{"type":"view","article_id":"a\\u0000","at":"2020-01-01"}',
    "deep nesting": b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep nesting in a field": b'{"type":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep nesting, unclosed": b'{"type":"view","article_id":"a","at":"2020-01-01","x":' + b'{"x":' * 100_000,
}


@given(articles)
def test_article_survives_the_store_and_the_wire(article: Article) -> None:
    assert from_store(store_bytes(article), Article) == article
    assert ARTICLES.from_json(wire_json(article)) == article


@given(st.lists(events, max_size=3))
def test_events_survive_the_store_and_the_wire(batch: list[Event]) -> None:
    assert list_from_store(store_bytes(batch), Event) == batch
    assert [EVENTS.from_json(wire_json(event)) for event in batch] == batch


@given(events)
def test_json_and_mapping_give_the_same_record(event: Event) -> None:
    line = wire_json(event)
    assert EVENTS.from_mapping(json.loads(line)) == EVENTS.from_json(line)


@pytest.mark.parametrize("line", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
@pytest.mark.parametrize("reader", [EVENTS, ARTICLES], ids=["event", "article"])
def test_hostile_json_is_a_bad_record_with_a_short_reason(reader: RecordReader[Event], line: bytes) -> None:
    for read in (reader.from_json, reader.from_json_and_more):
        with pytest.raises(BadRecord) as bad:
            read(line)
        assert 0 < len(str(bad.value)) < 400
        assert "\n" not in str(bad.value)
        str(bad.value).encode()


@given(st.sampled_from(["event", "article"]), st.data())
def test_any_value_in_any_field_is_read_or_a_bad_record(kind: str, data: st.DataObject) -> None:
    reader = EVENTS if kind == "event" else ARTICLES
    field = data.draw(st.sampled_from(sorted(reader.fields)))
    values = REQUIRED[kind] | {field: data.draw(json_values)}
    for strict in (True, False):
        record = None
        with suppress(BadRecord):
            record = reader.from_mapping(values, strict=strict)
        if record is not None:
            assert reader.from_json(wire_json(record)) == record


@pytest.mark.parametrize("values", [None, [], "x", 1, {1: 2}, {"\ud800": 1}, {"type": {}}])
def test_what_is_no_record_is_a_bad_record(values: object) -> None:
    with pytest.raises(BadRecord):
        EVENTS.from_mapping(values)


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b"{}", "type", "is missing"),
        (b'{"type":"view","article_id":"a","at":"soon"}', "at", f'{NO_TIME}, got "soon"'),
        (b'{"type":"view","article_id":"a","at":5}', "at", "expected a time in ISO 8601, got int"),
        (b'{"type":"view","article_id":1,"at":"2020-01-01"}', "article_id", "expected str, got int"),
        (b'{"type":"gaze","article_id":"a","at":"2020-01-01"}', "type",
         f'expected one of {", ".join(EVENT_TYPES)}, got "gaze"'),
        (b'{"type":"view","article_id":"a","at":"2020-01-01","list":"x"}', "list",
         'expected one of related, ranking, recommendation, got "x"'),
        (b'{"type":"view","article_id":"","at":"2020-01-01"}', "article_id", "expected 1 to 512 bytes, got 0"),
        (b'{"type":"view","article_id":"a","at":"2020-01-01","position":0}', "position", "expected int >= 1"),
        (b'{"type":"view","article_id":"a","at":"2020-01-01","x":1}', "x", UNKNOWN_FIELD),
        (b'{"type":"view",}', "", "JSON is malformed: trailing comma in object (byte 15)"),
        (b'{"type":"\xff"}', "", "is not UTF-8"),
    ],
)  # fmt: skip
def test_bad_record_names_the_field_and_what_was_expected(line: bytes, field: str, reason: str) -> None:
    with pytest.raises(BadRecord) as bad:
        EVENTS.from_json(line)
    assert (bad.value.field, bad.value.reason) == (field, reason)


def test_bad_item_of_a_list_is_named() -> None:
    with pytest.raises(BadRecord) as bad:
        ARTICLES.from_mapping(REQUIRED["article"] | {"tags": ["x", 1]})
    assert (bad.value.field, bad.value.reason) == ("tags[1]", "expected str, got int")


def test_of_a_key_that_stands_twice_the_last_value_counts() -> None:
    line = b'{"type":"view","article_id":"first","article_id":"last","at":"2020-01-01"}'
    assert EVENTS.from_json(line).article_id == "last"


def test_unknown_fields_are_left_out_and_named_where_asked_for() -> None:
    line = b'{"colour":"red","type":"view","article_id":"a","at":"2020-01-01","size":{"w":1}}'
    event, unknown = EVENTS.from_json_and_more(line)
    assert event == EVENTS.from_mapping(REQUIRED["event"])
    assert unknown == {"colour", "size"}
    assert EVENTS.from_json_and_more(wire_json(event)) == (event, frozenset())


def test_bad_field_is_told_also_beside_unknown_ones() -> None:
    with pytest.raises(BadRecord) as bad:
        EVENTS.from_json_and_more(b'{"colour":"red","type":"view","article_id":"a","at":"soon"}')
    assert bad.value.field == "at"


def test_reader_knows_the_fields_that_every_record_has() -> None:
    assert EVENTS.required == {"type", "article_id", "at"}
    assert ARTICLES.required == {"id", "title", "published_at"}


def test_times_without_offset_are_in_the_readers_zone() -> None:
    reader = RecordReader(Event, zone("Asia/Tokyo"))
    assert reader.from_mapping(REQUIRED["event"]).at == parse_time("2019-12-31T15:00:00Z")


def test_text_stands_for_numbers_only_where_not_strict() -> None:
    values = REQUIRED["event"] | {"position": "3", "value": "2.5"}
    event = EVENTS.from_mapping(values, strict=False)
    assert (event.position, event.value) == (3, 2.5)
    with pytest.raises(BadRecord):
        EVENTS.from_mapping(values)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400"])
def test_text_that_is_no_finite_number_is_refused_also_where_not_strict(text: str) -> None:
    with pytest.raises(BadRecord) as bad:
        EVENTS.from_mapping(REQUIRED["event"] | {"value": text}, strict=False)
    assert bad.value.field == "value"


@given(st.lists(ids))
def test_id_may_be_any_text_without_control_characters(texts: list[str]) -> None:
    check_ids(texts, "id")
    for text in texts:
        check_id(text, "id")


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a\0", "a\n", "\t", "a\x7f", "a\x85", "\ud800", "a" * (ID_BYTES + 1), "é" * (ID_BYTES // 2 + 1)],
)
def test_what_can_be_no_id_is_refused_by_the_fields_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"^article_id: "):
        check_id(text, "article_id")
    with pytest.raises(ValueError, match=r"^article_id: "):
        check_ids(["a", text, "b"], "article_id")


def test_longest_id_is_counted_in_bytes() -> None:
    check_id("a" * ID_BYTES, "id")
    check_id("🗞" * (ID_BYTES // 4), "id")


def test_text_has_a_limit_in_characters() -> None:
    check_text("é" * 10, "title", 10)
    check_text(None, "title", 10)
    with pytest.raises(ValueError, match="title: expected at most 10 characters, got 11"):
        check_text("é" * 11, "title", 10)


@pytest.mark.parametrize(
    "url", [None, "https://example.org/a?b=c#d", "http://[::1]:80/", "HTTPS://EXAMPLE.ORG", "/a/b", "/", "/ä"]
)
def test_url_of_the_web_or_path_of_the_own_site_is_taken(url: str | None) -> None:
    check_url(url, "url")


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "a/b", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)",
        "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//evil.example", "/\\evil.example", "/\t/evil.example",
        "/\n/evil.example", "\\\\evil.example", "http://[", "https://a\0b", "\ud800", "mailto:a@b.c", "/" + "a" * 2_000,
    ],
)  # fmt: skip
def test_url_that_a_browser_may_not_safely_follow_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: "):
        check_url(url, "url")


def test_section_is_a_name_or_a_path() -> None:
    def section(value: object) -> tuple[str, ...]:
        return ARTICLES.from_mapping(REQUIRED["article"] | {"section": value}).section

    assert section(" News ") == ("News",)
    assert section(["News", " Council "]) == ("News", "Council")
    for bad in ("", " ", [""], [1], {"a": 1}, 1, None, [["a"]]):
        with pytest.raises(BadRecord, match="section"):
            section(bad)


def test_times_are_numbers_in_the_store_and_words_on_the_wire() -> None:
    event = EVENTS.from_mapping(REQUIRED["event"])
    assert msgspec.msgpack.decode(store_bytes(event))["at"] == 1_577_836_800_000_000
    assert json.loads(wire_json({"events": [event]}))["events"][0]["at"] == "2020-01-01T00:00:00Z"


URL_PARTS = ["http", "https", "://", "/", "\\", "a", "B", "ex.org", "?", "%20", "\n", "\x7f", "_", "..", "é", "[", "]"]


@given(st.sampled_from(["", "https://", "https://ex.org/"]), st.lists(st.sampled_from(URL_PARTS), max_size=6))
def test_a_plain_url_is_one_that_the_whole_check_lets_through(start, parts):
    url = "".join((start, *parts))

    def passes():
        with suppress(ValueError):
            check_url(url, "url")
            return True
        return False

    found = passes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "_PLAIN_URL", re.compile("(?!)"))
        assert passes() == found
