import gzip
from collections import Counter
from datetime import UTC
from pathlib import Path

import pytest

from recsys.article import Article
from recsys.errors import BadInput, BadRecord
from recsys.event import Event
from recsys.record import RecordReader
from tests.training.published import wxr, wxr_item
from training.rows import LeftOut, Row
from training.sources import read


def rows(folder: Path, text: str | bytes, name: str = "export.xml") -> list[Row[Article]]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read(path, RecordReader(Article, UTC)))


def one(folder: Path, item: str) -> Article:
    [row] = rows(folder, wxr(item))
    assert isinstance(row.outcome, Article), row.outcome
    return row.outcome


@pytest.mark.parametrize("status", ["draft", "pending", "private"])
def test_what_is_not_public_is_kept_and_in_no_list(tmp_path: Path, status: str) -> None:
    assert one(tmp_path, wxr_item(7, body="x", status=status, date_gmt="0000-00-00 00:00:00")).labels == ("unlisted",)


def test_post_behind_a_password_is_in_no_list(tmp_path: Path) -> None:
    assert one(tmp_path, wxr_item(7, body="x", password="sesame")).labels == ("unlisted",)


def test_page_is_in_no_list(tmp_path: Path) -> None:
    assert one(tmp_path, wxr_item(7, body="About us.", kind="page")).labels == ("unlisted",)


def test_several_categories_are_several_sections_with_their_parents(tmp_path: Path) -> None:
    categories = (
        '<category domain="category" nicename="harbour"><![CDATA[Harbour]]></category>'
        '<category domain="category" nicename="food"><![CDATA[Food &amp; Drink]]></category>'
    )
    assert one(tmp_path, wxr_item(7, body="x", categories=categories)).section == ("News", "Harbour", "Food & Drink")


def test_featured_image_is_found_though_its_attachment_comes_later(tmp_path: Path) -> None:
    meta = "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>9</wp:meta_value></wp:postmeta>"
    image = (
        "<item><title>p</title><wp:post_id>9</wp:post_id><wp:status>inherit</wp:status><wp:post_type>attachment"
        "</wp:post_type><wp:attachment_url>https://pier.example/p.jpg</wp:attachment_url></item>"
    )
    for name, pack in (("a.xml", bytes), ("a.xml.gz", gzip.compress)):
        found = rows(tmp_path, pack(wxr(wxr_item(7, body="x", meta=meta), image).encode()), name)
        assert isinstance(found[0].outcome, Article)
        assert found[0].outcome.image_url == "https://pier.example/p.jpg"


def test_what_is_no_article_is_counted_and_left_out(tmp_path: Path) -> None:
    kinds = ("post", "nav_menu_item", "revision", "nav_menu_item", "wp_template")
    found = rows(tmp_path, wxr(*(wxr_item(n, body="x", kind=kind) for n, kind in enumerate(kinds))))
    left = Counter(row.outcome.what for row in found if isinstance(row.outcome, LeftOut))
    assert left == {"nav_menu_item": 2, "revision": 1, "wp_template": 1}


def test_post_in_the_trash_is_left_out(tmp_path: Path) -> None:
    [row] = rows(tmp_path, wxr(wxr_item(7, body="x", status="trash")))
    assert isinstance(row.outcome, LeftOut)


def test_body_is_what_readers_get(tmp_path: Path) -> None:
    body = 'One [caption id="a" width="3"]boat[/caption] [sic].\r\n\r\n[gallery]\r\nTwo [red]words[/red].'
    assert one(tmp_path, wxr_item(7, body=body)).body == "<p>One boat [sic].</p>\n<p>Two words.</p>"


def test_body_of_the_block_editor_stays_as_it_is(tmp_path: Path) -> None:
    body = "<!-- wp:paragraph -->\n<p>One.</p>\n<!-- /wp:paragraph -->\n\n<p>Two.</p>"
    assert one(tmp_path, wxr_item(7, body=body)).body == body


def test_characters_that_no_xml_may_hold_do_not_stop_an_import(tmp_path: Path) -> None:
    found = rows(tmp_path, wxr(wxr_item(7, body="a\x0bb\x08c")).encode().replace(b"c]]", b"\xff]]"))
    assert isinstance(found[0].outcome, Article)
    assert found[0].outcome.body == "<p>ab\ufffd</p>"


def test_bad_post_is_a_bad_row_and_the_next_one_is_read(tmp_path: Path) -> None:
    found = rows(tmp_path, wxr(wxr_item(1, body="x", date_gmt="soon"), wxr_item(2, body="y")))
    assert [type(row.outcome) for row in found] == [BadRecord, Article]
    assert [row.line for row in found] == [1, 2]


def test_export_that_was_cut_short_is_refused_whole(tmp_path: Path) -> None:
    text = wxr(*(wxr_item(number, body="x" * 2_000) for number in range(300)))
    with pytest.raises(BadInput, match=r"export\.xml:\d+: the XML is damaged or cut short"):
        rows(tmp_path, text[: len(text) // 2])


def test_entities_are_refused_before_they_grow(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    text = wxr(wxr_item(1, body="x")).replace("<rss", bomb + "\n<rss", 1)
    with pytest.raises(BadInput, match="defines XML entities"):
        rows(tmp_path, text)


def test_export_holds_no_events(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(wxr(wxr_item(1, body="x")))
    with pytest.raises(BadInput, match="import it with --articles"):
        list(read(path, RecordReader(Event, UTC)))
