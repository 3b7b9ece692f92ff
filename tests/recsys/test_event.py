from datetime import UTC

import pytest

from recsys.errors import BadRecord
from recsys.event import EVENT_TYPES, LIST_NAMES, Event
from recsys.record import RecordReader

READER = RecordReader(Event, UTC)
LEAST = {"type": "view", "article_id": "a", "at": "2020-01-01"}


def read(**fields: object) -> Event:
    return READER.from_mapping(LEAST | fields)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_type_is_read(kind: str) -> None:
    assert read(type=kind, value=1).type == kind


@pytest.mark.parametrize("kind", ["", "View", "purchase", None, 1])
def test_other_types_are_refused(kind: object) -> None:
    with pytest.raises(BadRecord, match="type"):
        read(type=kind)


@pytest.mark.parametrize("name", LIST_NAMES)
def test_every_list_is_read(name: str) -> None:
    assert read(list=name).list == name


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), "3", True, []])
def test_value_is_a_finite_number(value: object) -> None:
    with pytest.raises(BadRecord, match="value"):
        read(value=value)


@pytest.mark.parametrize("fields", [{"type": "dwell"}, {"type": "dwell", "value": -0.1}, {"type": "rating"}])
def test_dwell_and_rating_have_their_value(fields: dict[str, object]) -> None:
    with pytest.raises(BadRecord, match="value: expected the"):
        read(**fields)


def test_rating_may_be_on_any_scale() -> None:
    assert read(type="rating", value=-10).value == -10
    assert read(type="like", value=0).value == 0


@pytest.mark.parametrize("position", [0, -1, 1_001, 1.5, "1"])
def test_position_counts_from_one(position: object) -> None:
    with pytest.raises(BadRecord, match="position"):
        read(position=position)


@pytest.mark.parametrize("field", ["id", "article_id", "visitor_id", "session_id", "request_id", "variant"])
@pytest.mark.parametrize("text", ["", ".", "..", "a\0", "ab\n", "abc\x85", "\ud800", "abc\udfff", "x" * 513, "é" * 257])
def test_every_id_is_checked(field: str, text: str) -> None:
    with pytest.raises(BadRecord) as bad:
        read(**{field: text})
    assert bad.value.field == field


@pytest.mark.parametrize("field", ["id", "article_id", "visitor_id", "session_id", "request_id", "variant"])
@pytest.mark.parametrize("text", ["a", "-1", "a/b", "...", " ", "ä", "記事", "x" * 512, "é" * 256])
def test_ids_are_any_text(field: str, text: str) -> None:
    assert getattr(read(**{field: text}), field) == text


def test_unknown_field_is_refused() -> None:
    with pytest.raises(BadRecord, match="colour: is not a field of this record"):
        read(colour="red")
