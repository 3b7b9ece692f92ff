from datetime import UTC

import pytest

from recsys.article import BODY_CHARACTERS, NAME_CHARACTERS, NAMES, TITLE_CHARACTERS, Article
from recsys.errors import BadRecord
from recsys.record import RecordReader

READER = RecordReader(Article, UTC)
LEAST = {"id": "a", "title": "T", "published_at": "2020-01-01"}


def read(**fields: object) -> Article:
    return READER.from_mapping(LEAST | fields)


def test_three_fields_make_an_article() -> None:
    article = read()
    assert (article.body, article.tags, article.section, article.views, article.evergreen) == ("", (), (), None, False)


@pytest.mark.parametrize("field", sorted(LEAST))
def test_article_without_one_of_them_is_refused(field: str) -> None:
    with pytest.raises(BadRecord, match=f"{field}: is missing"):
        READER.from_mapping({name: value for name, value in LEAST.items() if name != field})


@pytest.mark.parametrize("field", ["views", "likes"])
@pytest.mark.parametrize("total", [-1, 1.5, "3", 2**53 + 1, 10**30, True])
def test_total_is_a_count(field: str, total: object) -> None:
    with pytest.raises(BadRecord, match=field):
        read(**{field: total})


@pytest.mark.parametrize("field", ["tags", "authors", "labels", "section"])
def test_names_have_a_limit_in_number_and_length(field: str) -> None:
    read(**{field: ["x" * NAME_CHARACTERS] * NAMES})
    with pytest.raises(BadRecord, match=f"{field}: expected at most {NAMES} names, got {NAMES + 1}"):
        read(**{field: ["x"] * (NAMES + 1)})
    with pytest.raises(BadRecord, match=f"{field}: expected at most {NAME_CHARACTERS} characters"):
        read(**{field: ["x" * (NAME_CHARACTERS + 1)]})


@pytest.mark.parametrize(("field", "limit"), [("title", TITLE_CHARACTERS), ("body", BODY_CHARACTERS)])
def test_texts_have_a_limit(field: str, limit: int) -> None:
    read(**{field: "x" * limit})
    with pytest.raises(BadRecord, match=f"{field}: expected at most {limit} characters, got {limit + 1}"):
        read(**{field: "x" * (limit + 1)})


@pytest.mark.parametrize("field", ["title", "body", "url", "image_url", "language"])
def test_lone_surrogate_is_no_text(field: str) -> None:
    with pytest.raises(BadRecord, match=field):
        read(**{field: "\ud800"})


@pytest.mark.parametrize("field", ["tags", "authors", "labels", "section"])
def test_lone_surrogate_is_no_name(field: str) -> None:
    with pytest.raises(BadRecord, match=field):
        read(**{field: ["x", "\udfff"]})


@pytest.mark.parametrize("field", ["url", "image_url"])
def test_script_is_no_url(field: str) -> None:
    with pytest.raises(BadRecord, match=field):
        read(**{field: "javascript:alert(1)"})


@pytest.mark.parametrize("field", ["id", "translation_of"])
def test_ids_are_checked(field: str) -> None:
    with pytest.raises(BadRecord, match=field):
        read(**{field: "a\n"})


def test_unknown_field_is_refused() -> None:
    with pytest.raises(BadRecord, match="colour: is not a field of this record"):
        read(colour="red")
