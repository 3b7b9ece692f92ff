"""A site's settings: one field each, with its default, bounds, unit and help; read from `recsys.toml` in the home.

Environment variables `RECSYS_<NAME>` win over the file.
"""

import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from recsys.errors import BadInput
from recsys.record import check_id
from recsys.times import zone


class Settings(BaseSettings):
    """Everything an operator can set. A field's help ends with what it touches: results, or only speed and looks."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", extra="forbid", frozen=True)

    title: Annotated[
        str, Field(min_length=1, max_length=100, description="Name of the site on the demo pages. Looks only.")
    ] = "Your site"
    notice: Annotated[str, Field(max_length=300, description="A line at the foot of the demo pages. Looks only.")] = ""
    timezone: Annotated[
        str, Field(description="IANA zone of times that carry no offset, in files and requests. Changes results.")
    ] = "UTC"
    language: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z]{2,3}$",
            description="Language of articles that declare none and are too short to detect; default: the site's most "
            "frequent one. Changes results.",
        ),
    ] = None
    page_order: Annotated[
        tuple[Literal["related", "ranking", "recommendation"], ...],
        Field(
            min_length=3,
            max_length=3,
            description="On a page an article that several lists want goes to the first of these. Changes results.",
        ),
    ] = ("related", "ranking", "recommendation")
    page_repeats: Annotated[
        tuple[Literal["related", "ranking", "recommendation"], ...],
        Field(
            max_length=3,
            description="On a page these lists may show what another shows; no list gives way to them. Changes "
            "results.",
        ),
    ] = ()
    experiment: Annotated[
        str,
        Field(
            max_length=100,
            description="Name of a running experiment; another name deals all visitors anew. Serving only.",
        ),
    ] = ""
    variants: Annotated[
        dict[str, Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)]],
        Field(
            max_length=20,
            description="Shares of visitors by variant: answers name each visitor's, for the site to act on and to "
            "send back with events. Serving only.",
        ),
    ] = {}
    diversity: Annotated[
        float,
        Field(
            ge=0.0,
            le=1.0,
            description="How different from each other the articles of a Recommendation are; 0: as it comes. In force "
            "with the next training. Changes results.",
        ),
    ] = 0.25
    cache_seconds: Annotated[
        int,
        Field(
            ge=0,
            le=86_400,
            description="How long caches may keep an answer without asking again, seconds; 0: they always ask. "
            "A takedown may then be late by as much. Serving only.",
        ),
    ] = 0
    trusted_proxies: Annotated[
        tuple[str, ...],
        Field(
            description="Addresses or networks whose X-Forwarded-For is believed, such as 10.0.0.0/8: rate limits "
            "count the client's address then. Serving only."
        ),
    ] = ()
    requests_per_minute: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Requests of one publishable key from one address and to one process; 0: any number. "
            "Serving only.",
        ),
    ] = 600
    keep_events_days: Annotated[
        int,
        Field(
            ge=0,
            le=36_500,
            description="`train` deletes events that are older for good, whole days; 0: none. Changes results.",
        ),
    ] = 0
    ranking_max_age_days: Annotated[
        int | None,
        Field(
            ge=1,
            le=100_000,
            description="Articles older than so many days, but for evergreen ones, are in no Ranking; default: no "
            "limit. Changes results.",
        ),
    ] = None
    keep_bundles: Annotated[
        int, Field(ge=2, le=100, description="How many trained versions `train` leaves in the home. Storage only.")
    ] = 5
    bundles: Annotated[
        str | None,
        Field(
            pattern=r"^s3://[^/]+(/[^/]+)*/?$",
            description="Object storage for the trained versions of several servers, as s3://bucket/site; default: the "
            "home. Storage only.",
        ),
    ] = None
    sources: Annotated[
        dict[Literal["articles", "events"], tuple[Annotated[str, Field(min_length=1)], ...]],
        Field(
            description="Files, folders, patterns and addresses of feeds that `retrain` imports what is new from; "
            "paths relative to the home. Changes results."
        ),
    ] = {}
    threads: Annotated[
        int, Field(ge=0, le=256, description="Threads that training uses; 0: one per core. Speed only.")
    ] = 0

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then what the caller read from the file."""
        return env_settings, init_settings

    def model_post_init(self, context: object) -> None:
        """Rejects an unknown time zone, a page order that names a list twice, and a proxy that is no address."""
        zone(self.timezone)
        for network in self.trusted_proxies:
            try:
                ip_network(network)
            except ValueError:
                raise BadInput(f"trusted_proxies: {network!r} is no address or network such as 10.0.0.0/8") from None
        for variant in self.variants:
            try:
                check_id(variant, "variants")
            except ValueError as error:
                raise BadInput(str(error)) from None
        if len(set(self.page_order)) != len(self.page_order):
            raise BadInput("page_order: name each of related, ranking, recommendation once")


def read_settings(path: Path) -> Settings:
    """The settings in the TOML file at `path`, defaults where there is none; raises BadInput naming the field."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} is not TOML: {error}") from None
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path.name}: {field}: {first['msg']}") from None
