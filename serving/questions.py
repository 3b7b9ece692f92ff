"""What a caller may ask of each list: one definition of the parameters, for documentation, FastAPI and fast path.

The fields are strings, numbers and words as they stand in a URL; `wish` turns them into what the lists understand.
"""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from recsys.id_kernel import NO_ROW
from recsys.items import FillPolicy, Window, Wish
from recsys.model import Model
from recsys.record import check_id, check_text
from recsys.times import parse_span
from serving.ids import ID_SCHEMA, LIST_SCHEMA, split_ids

MAX_LIMIT = 100
NAME_CHARACTERS = 300


def _is_list(text: str) -> str:
    split_ids(text)
    return text


def _is_span(text: str) -> str:
    try:
        parse_span(text)
    except ValueError:
        raise ValueError("expected a span such as 6h, 30d or 2w") from None
    return text


def _is_text(text: str) -> str:
    check_text(text, "text", NAME_CHARACTERS)
    return text


def _is_id(text: str) -> str:
    check_id(text, "id")
    return text


Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many items, 1 to 100.")]
Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS), AfterValidator(_is_text)]
IdList = Annotated[str, AfterValidator(_is_list)]
Id = Annotated[str, Field(json_schema_extra=ID_SCHEMA), AfterValidator(_is_id)]

Exclude = Annotated[
    IdList,
    Field(
        description=r"Ids that must not appear, separated by commas; `\,` is a comma in an id, `\\` a backslash.",
        json_schema_extra=LIST_SCHEMA,
    ),
]
Fill = Annotated[
    FillPolicy,
    Field(description="What completes a list that has too few matches: the ranking, marked as such, or nothing."),
]


class Question(BaseModel):
    """What all lists have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exclude: Exclude = ""
    fill: Fill = "ranking"

    def wish(self, model: Model) -> Wish:
        """The question in terms of rows."""
        return Wish(exclude=rows_of(model, split_ids(self.exclude)), fill=self.fill)


class ListQuestion(Question):
    """What every single list understands. Filters act before the cut."""

    limit: Limit = 8
    section: Annotated[Name | None, Field(description="A section's name at any level of the path.")] = None
    tag: Annotated[Name | None, Field(description="A tag that every item must have.")] = None
    label: Annotated[Name | None, Field(description="A label that every item must have.")] = None
    language: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
            max_length=35,
            description="Language of the items; the primary subtag counts.",
        ),
    ] = None
    max_age: Annotated[
        str | None,
        Field(pattern=r"^[0-9]{1,6}[smhdw]$", description="Time since publication at most, such as 6h, 30d or 2w."),
        AfterValidator(lambda text: text if text is None else _is_span(text)),
    ] = None
    min_score: Annotated[
        float | None,
        Field(ge=0, allow_inf_nan=False, description="In place of the list's own relevance floor; 0 drops it."),
    ] = None

    def wish(self, model: Model) -> Wish:
        """The question in terms of rows."""
        return Wish(
            limit=self.limit,
            exclude=rows_of(model, split_ids(self.exclude)),
            section=self.section,
            tag=self.tag,
            label=self.label,
            language=None if self.language is None else self.language.split("-", 1)[0].lower(),
            max_age=None if self.max_age is None else parse_span(self.max_age),
            min_score=self.min_score,
            fill=self.fill,
        )


class RelatedQuestion(ListQuestion):
    """What is about the same thing as an article."""

    limit: Limit = 10


class RankingQuestion(ListQuestion):
    """What readers favour now."""

    window: Annotated[
        Window,
        Field(description="How far ahead the ranking looks, not a cut of events; `all` is the undecayed total."),
    ] = "day"


class Reader(BaseModel):
    """Who asks: a known visitor, or what this browser has read; or nobody in particular."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    visitor_id: Annotated[Id | None, Field(description="A visitor whose events the site sends.")] = None
    history: Annotated[
        IdList,
        Field(
            description="Ids of the articles read, newest first, separated by commas as in `exclude`.",
            json_schema_extra=LIST_SCHEMA,
        ),
    ] = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.visitor_id is not None and self.history:
            raise ValueError("give visitor_id or history, not both")
        return self

    def anonymous(self) -> Self:
        """The same, asked by nobody in particular."""
        return self.model_copy(update={"visitor_id": None, "history": ""})

    @property
    def personal(self) -> bool:
        """Whether the answer is meant for one reader."""
        return self.visitor_id is not None or self.history != ""

    def rows_read(self, model: Model) -> tuple[int, ...]:
        """The rows of `history`, newest first."""
        return tuple(known_rows(model, split_ids(self.history)))


class RecommendationQuestion(ListQuestion, Reader):
    """What this visitor should read next."""

    article_id: Annotated[Id | None, Field(description="The article that the visitor is reading now.")] = None

    def for_strangers(self) -> Self:
        """The same filters, asked by nobody, anywhere, for as many as there may be."""
        nobody = {"visitor_id": None, "history": "", "article_id": None, "exclude": "", "limit": MAX_LIMIT}
        return self.model_copy(update=nobody)


class PageQuestion(Question, Reader):
    """The three lists of one article's page."""


def rows_of(model: Model, ids: tuple[str, ...]) -> frozenset[int]:
    """The rows of those ids that the model knows."""
    return frozenset(known_rows(model, ids))


def known_rows(model: Model, ids: tuple[str, ...]) -> list[int]:
    """The same in the order of the ids."""
    found = model.articles.rows(ids).tolist() if ids else []
    return [row for row in found if row != NO_ROW]
