"""A draft: what an editor has written so far, to see what it is related to before it is published."""

import msgspec

from recsys.article import BODY_CHARACTERS, NAME_CHARACTERS, NAMES, TITLE_CHARACTERS, Article
from recsys.record import Micros, check_text

LANGUAGE_CHARACTERS = 35


class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The fields of an article that say what it is about."""

    title: str
    body: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None

    def __post_init__(self) -> None:
        check_text(self.title, "title", TITLE_CHARACTERS)
        check_text(self.body, "body", BODY_CHARACTERS)
        check_text(self.language, "language", LANGUAGE_CHARACTERS)
        if len(self.tags) > NAMES:
            raise ValueError(f"tags: expected at most {NAMES} names, got {len(self.tags)}")
        for tag in self.tags:
            check_text(tag, "tags", NAME_CHARACTERS)

    def article(self) -> Article:
        """The article that this would be; its id and date are of no consequence."""
        return Article(
            id="draft", title=self.title, body=self.body, tags=self.tags, language=self.language, published_at=Micros(0)
        )
