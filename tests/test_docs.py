"""The documents say what is so: their tables are whole, their figures the code's, their links lead somewhere."""

import json
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from recsys import crowding, interest, language, mix, ranking, reader, resemblance, stories, tfidf, timeliness
from recsys import page as page_lists
from recsys.article import Article
from recsys.event import EVENT_TYPES, Event
from recsys.settings import Settings
from recsys.times import HOUR
from training import related as fitted

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def first_cells(text: str) -> list[str]:
    """What stands between backticks in the first cells of a page's tables."""
    return [
        name for cell in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", cell)
    ]


def anchors(page: Path) -> set[str]:
    """The names that a code host gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_of_commands_is_what_help_says() -> None:
    from recsys.cli.reference import reference

    assert reference() == text_of("docs/commands.md"), "run: python -m recsys.cli.reference > docs/commands.md"


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text_of("docs/settings.md"), re.MULTILINE))
    assert set(rows) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if field.default not in (None, ""):
            default = field.default if isinstance(field.default, str) else json.dumps(field.default)
            assert rows[name] == f"`{default}`"


@pytest.mark.parametrize(("kind", "heading"), [(Article, "## Article"), (Event, "## Event")])
def test_every_field_of_a_record_stands_in_its_table(kind: type[msgspec.Struct], heading: str) -> None:
    section = text_of("docs/records.md").split(heading, 1)[1].split("\n## ", 1)[0]
    in_place_of_others = {"url"} if kind is Event else set()
    assert set(first_cells(section)) == set(kind.__struct_fields__) | in_place_of_others
    required = {field.name for field in msgspec.structs.fields(kind) if field.required}
    said = set(re.findall(r"^\| `(\w+)` \|.*\| required", section, re.MULTILINE))
    assert said == required


def test_the_numbers_of_the_concepts_are_those_of_the_code() -> None:
    page = text_of("docs/concepts.md")
    for said in (
        f"{fitted.BRIEF:g} / ({fitted.BRIEF:g} + distinct words of the site's typical article)",
        f"at most {fitted.MOST_CONTEXT:g}: a short text",
        f"in both directions: {fitted.LINK:g} of the site's typical greatest",
        f"have a cosine of {crowding.WORD_FOR_WORD:g} with each other",
        f"candidate's own {resemblance.AROUND} nearest",
        f"a tag twice, a pair {tfidf.PAIR_WEIGHT:g}",
        f"A match has at least {ranking.EVIDENCE:g} views",
        f"The newest {reader.READS}\n",
        f"counts half after {reader.HALF_LIFE:g} places",
        f"dwell of {interest.DWELL_SECONDS:g} s or more",
        f"after more than {mix.AWAY // HOUR} hours",
        f"detected from {language.LEAST_LETTERS} letters up",
        f"({stories.WORDS} words at least)",
        *(f"{name.title()} {limit}" for name, limit in page_lists.LIMITS.items()),
    ):
        assert said in page, said
    assert (resemblance.PLAINNESS, timeliness.EXPONENT, resemblance.READERS) == (1 / 3, 1 / 3, 2), (
        "cube roots; two readers"
    )
    for kind, weight in interest.WEIGHTS.items():
        [row] = [line for line in page.splitlines() if line.startswith("| ") and re.search(rf"(\| |, ){kind}\b", line)][
            :1
        ]
        assert row.endswith(f"| {weight:g} |"), kind


def test_every_event_type_is_named() -> None:
    assert " ".join(EVENT_TYPES) in text_of("docs/records.md")


def test_every_route_and_parameter_of_the_api_is_named() -> None:
    document = json.loads(text_of("docs/openapi.json"))
    page = text_of("docs/api.md")
    for path, operations in document["paths"].items():
        assert path.replace("{article_id}", "{id}").rsplit("/", 1)[-1] in page, path
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query":
                    assert f"`{parameter['name']}`" in page, (path, parameter["name"])


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_files_and_headings_that_are_there(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"https?:", target):
            path, _, anchor = target.partition("#")
            aimed = (page.parent / path).resolve() if path else page
            assert aimed.exists(), target
            assert not anchor or anchor in anchors(aimed), target


@pytest.mark.parametrize("name", NAMES)
def test_examples_in_json_and_toml_can_be_read(name: str) -> None:
    for block in blocks(text_of(name), "json"):
        json.loads(block)
    for block in blocks(text_of(name), "toml"):
        Settings(**tomllib.loads(block))


def test_the_tests_that_reliability_names_are_there() -> None:
    named = re.findall(r"`([\w/]+\.py)`", text_of("docs/reliability.md"))
    assert named
    assert [path for path in named if not (ROOT / "tests" / path).is_file()] == []


def test_every_decision_is_in_the_index_and_short() -> None:
    index = text_of("docs/decisions/index.md")
    for page in (ROOT / "docs/decisions").glob("0*.md"):
        assert f"({page.name})" in index
        lines = page.read_text(encoding="utf-8").splitlines()
        assert len([line for line in lines if line and not line.startswith("|")]) <= 12, "a table may be longer"


def test_every_page_is_reached_from_the_index() -> None:
    linked = set(re.findall(r"\]\(([\w/.]+)\)", text_of("docs/index.md")))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"} <= linked
