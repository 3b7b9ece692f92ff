"""The article record: one definition for files, API and store."""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from recsys.record import Micros, SectionPath, check_id, check_text, check_url

TITLE_CHARACTERS = 2_000
BODY_CHARACTERS = 8_000_000
NAME_CHARACTERS = 300
NAMES = 200

SENSITIVE = "sensitive"
SPONSORED = "sponsored"
UNLISTED = "unlisted"

Total = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Article(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a site says of one article.

    `views` and `likes` are totals that the site counted until the record arrived; they replace earlier totals.
    """

    id: str
    title: str
    body: str = ""
    url: str | None = None
    section: SectionPath = SectionPath()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    language: str | None = None
    translation_of: str | None = None
    published_at: Micros
    updated_at: Micros | None = None
    expires_at: Micros | None = None
    evergreen: bool = False
    labels: tuple[str, ...] = ()
    image_url: str | None = None
    views: Total | None = None
    likes: Total | None = None

    def __post_init__(self) -> None:
        check_id(self.id, "id")
        if self.translation_of is not None:
            check_id(self.translation_of, "translation_of")
        check_text(self.title, "title", TITLE_CHARACTERS)
        check_text(self.body, "body", BODY_CHARACTERS)
        check_text(self.language, "language", 35)
        for field in ("url", "image_url"):
            check_url(getattr(self, field), field)
        for field in ("section", "tags", "authors", "labels"):
            names = getattr(self, field)
            if len(names) > NAMES:
                raise ValueError(f"{field}: expected at most {NAMES} names, got {len(names)}")
            for name in names:
                check_text(name, field, NAME_CHARACTERS)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the catalogue holds it."""

    article: Article
    row: int  # 0, 1, 2, ... in order of first arrival; never changes, never reused
    views_at: int  # when the record that brought `views` arrived, microseconds; 0 where no record brought any
    likes_at: int  # the same for `likes`
    deleted_at: int | None = None  # not None: gone from every answer
