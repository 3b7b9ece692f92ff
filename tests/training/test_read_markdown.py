from datetime import UTC
from pathlib import Path

import pytest

from recsys.article import Article
from recsys.errors import BadInput
from recsys.record import RecordReader
from recsys.times import parse_time
from training.read_markdown import BadFile
from training.rows import LeftOut, Row
from training.sources import read


def rows(folder: Path) -> list[Row[Article]]:
    return list(read(folder, RecordReader(Article, UTC)))


def one(folder: Path, name: str, text: str) -> Article:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    [row] = rows(folder)
    assert isinstance(row.outcome, Article), row.outcome
    return row.outcome


def test_hugo_takes_section_and_address_from_the_path(tmp_path: Path) -> None:
    article = one(tmp_path, "content/news/harbour/tide.de.md", "---\ntitle: Ebbe\ndate: 2026-02-01\n---\nText")
    assert (article.section, article.url, article.language) == (("news", "harbour"), "/news/harbour/tide/", "de")


def test_jekyll_takes_date_and_address_from_the_name(tmp_path: Path) -> None:
    article = one(tmp_path, "_posts/2026-02-01-low-tide.markdown", "---\ncategories: sea sand\n---\n# Low tide\n\nText")
    assert article.url == "/sea/sand/2026/02/01/low-tide.html"
    assert (article.title, article.published_at) == ("Low tide", parse_time("2026-02-01"))


def test_text_becomes_html_without_shortcodes(tmp_path: Path) -> None:
    text = "---\ntitle: T\ndate: 2026-02-01\n---\nA *word* {{< youtube 1 >}}\n\n| a |\n|---|\n| b |\n{% include x %}\n"
    body = one(tmp_path, "a.md", text).body
    assert "<em>word</em>" in body
    assert "<td>b</td>" in body
    assert "youtube" not in body
    assert "include" not in body


@pytest.mark.parametrize("front", ["title: Low tide\n", ""])
def test_a_heading_that_is_the_title_is_not_said_again_in_the_body(tmp_path: Path, front: str) -> None:
    article = one(tmp_path, "a.md", f"---\n{front}date: 2026-02-01\n---\n\n# Low tide\n\nSand.\n\n# More\n")
    assert article.title == "Low tide"
    assert article.body == "<p>Sand.</p>\n<h1>More</h1>\n"


def test_another_first_heading_stays(tmp_path: Path) -> None:
    assert "<h1>Sand</h1>" in one(tmp_path, "a.md", "---\ntitle: Tide\ndate: 2026-02-01\n---\n# Sand\n\nText").body


@pytest.mark.parametrize("front", ["draft: true", "published: false"])
def test_draft_is_in_no_list(tmp_path: Path, front: str) -> None:
    assert one(tmp_path, "a.md", f"---\ntitle: T\ndate: 2026-02-01\n{front}\n---\n").labels == ("unlisted",)


def test_json_in_front(tmp_path: Path) -> None:
    article = one(tmp_path, "a.md", '{"title": "T", "date": "2026-02-01", "tags": ["x", "y"]}\nText')
    assert (article.title, article.tags) == ("T", ("x", "y"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\ntitle: [\n---\n", 2),
        ("---\ntitle: T\ndate: a: b\n---\n", 3),
        ("---\n- a\n---\n", 1),
        ("+++\na = 1\ntitle =\nb = 2\n+++\n", 3),
        ('{\n"title": "T"\n"date": 1}', 3),
        ("---\ntitle: T\n---\nno date", 1),
        ("{" * 5_000, 1),
        ("---\ntitle: !!python/object/apply:os.system [ls]\ndate: 2026-02-01\n---\n", 2),
    ],
)
def test_file_that_can_not_be_read_is_a_bad_row_with_its_name_and_line(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts/bad.md").write_text(text)
    (tmp_path / "posts/good.md").write_text("---\ntitle: T\ndate: 2026-02-01\n---\n")
    bad, good = rows(tmp_path)
    assert isinstance(bad.outcome, BadFile)
    assert (bad.outcome.inside, bad.line) == (Path("posts/bad.md"), line)
    assert "line" not in bad.outcome.reason
    assert isinstance(good.outcome, Article)


def test_aliases_that_multiply_cost_nothing(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    front = "\n".join([*lines, "title: T", "date: 2026-02-01", "tags: *a59"])
    assert one(tmp_path, "a.md", f"---\n{front}\n---\n").tags == ()


def test_hidden_folders_and_index_pages_are_left_out(tmp_path: Path) -> None:
    for name in (".git/a.md", "_index.md", "news/_index.en.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("---\ntitle: T\ndate: 2026-02-01\n---\n")
    assert [type(row.outcome) for row in rows(tmp_path)] == [LeftOut, LeftOut]


def test_folder_without_markdown_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder without Markdown"):
        rows(tmp_path)
