"""Ids in URLs come back as they went in, or are refused."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.record import check_id
from serving.ids import decode_segment, join_ids, split_ids


def _can_be_an_id(text: str) -> bool:
    try:
        check_id(text, "id")
    except ValueError:
        return False
    return True


ids = st.text(min_size=1, max_size=60).filter(_can_be_an_id)


@given(ids)
def test_an_encoded_id_is_decoded_to_itself(article_id: str) -> None:
    assert decode_segment(quote(article_id, safe="")) == article_id


@given(st.lists(ids, max_size=20))
def test_joined_ids_are_split_to_themselves(many: list[str]) -> None:
    assert split_ids(join_ids(many)) == tuple(many)


def test_a_comma_and_a_backslash_can_stand_in_a_listed_id() -> None:
    assert split_ids(r"a\,b,c\\d") == ("a,b", "c\\d")


@pytest.mark.parametrize("text", ["a,,b", ",", "a,", "a\\", r"a\n", "a,\x00", ",".join(["x"] * 201)])
def test_a_list_of_ids_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|backslash"):
        split_ids(text)


@pytest.mark.parametrize("segment", ["%ff", "%C3%28", "%00", "%0A", ".", "..", "%2e%2e", "%ED%A0%80", "a" * 513])
def test_a_segment_that_can_be_no_id_is_refused(segment: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        decode_segment(segment)


def test_an_encoded_slash_belongs_to_the_id() -> None:
    assert decode_segment("a%2Frelated") == "a/related"
