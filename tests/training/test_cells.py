import pytest

from recsys.errors import BadRecord
from training.cells import record_values


@pytest.mark.parametrize("field", ["tags", "authors", "labels"])
@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("a", ["a"]),
        ("a;b", ["a", "b"]),
        (" a ; b ;", ["a", "b"]),
        ("a|b", ["a", "b"]),
        ("a;b|c", ["a;b", "c"]),
        ("a, b", ["a, b"]),
        ('["a;b", "c"]', ["a;b", "c"]),
        (" [] ", []),
        (["a"], ["a"]),
    ],
)
def test_list_in_a_cell(field: str, cell: object, names: list[str]) -> None:
    assert record_values({field: cell}) == {field: names}


@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ("News", ["News"]),
        ("News > Council", ["News", "Council"]),
        ("R&D/Labs", ["R&D/Labs"]),
        ("a>b", ["a>b"]),
        ('["a > b"]', ["a > b"]),
    ],
)
def test_section_in_a_cell(cell: str, path: list[str]) -> None:
    assert record_values({"section": cell}) == {"section": path}


@pytest.mark.parametrize("cell", ["[", "[a]", '["a"', "[" * 100_000])
def test_array_that_is_none_is_refused(cell: str) -> None:
    with pytest.raises(BadRecord, match="tags: begins with"):
        record_values({"tags": cell})


def test_empty_cells_are_absent() -> None:
    assert record_values({"title": "", "views": None, "tags": "", "value": 0, "evergreen": False}) == {
        "value": 0,
        "evergreen": False,
    }


def test_number_in_an_id_column_is_text() -> None:
    assert record_values({"article_id": -17, "visitor_id": 2**63, "position": 3}) == {
        "article_id": "-17",
        "visitor_id": "9223372036854775808",
        "position": 3,
    }
