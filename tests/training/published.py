"""One small site in the formats that publishing systems write, made from the formats' documentation."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

POSTS: list[dict[str, Any]] = [
    {
        "key": "ferry",
        "title": "The ferry & the fog",
        "html": "<p>No boat left the pier before noon.</p>",
        "date": "2026-02-01T08:30:00Z",
        "tags": ["ferry", "weather"],
        "author": "Mary Jones",
    },
    {
        "key": "tide",
        "title": "Low tide shows the old wall",
        "html": "<p>Walkers found a row of oak posts.</p>",
        "date": "2026-02-03T17:00:00Z",
        "tags": ["harbour"],
        "author": "Noor Haddad",
    },
]

_WXR_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Pier Post</title><language>en-GB</language><wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login>mjones</wp:author_login>
<wp:author_display_name><![CDATA[Mary Jones]]></wp:author_display_name></wp:author>
<wp:author><wp:author_login>noor</wp:author_login>
<wp:author_display_name><![CDATA[Noor Haddad]]></wp:author_display_name></wp:author>
<wp:category><wp:category_nicename>news</wp:category_nicename><wp:category_parent></wp:category_parent>
<wp:cat_name><![CDATA[News]]></wp:cat_name></wp:category>
<wp:category><wp:category_nicename>harbour</wp:category_nicename><wp:category_parent>news</wp:category_parent>
<wp:cat_name><![CDATA[Harbour]]></wp:cat_name></wp:category>
"""
_LOGINS = {"Mary Jones": "mjones", "Noor Haddad": "noor"}


def wxr_item(number: int, *, body: str, title: str = "A title", status: str = "publish", **more: str) -> str:
    """One <item>; `more` holds kind, password, date_gmt, categories (XML), meta (XML), login."""
    date = more.get("date_gmt", "2026-02-01 08:30:00")
    return f"""<item><title><![CDATA[{title}]]></title><link>https://pier.example/{number}/</link>
<pubDate>Sun, 01 Feb 2026 08:30:00 +0000</pubDate>
<dc:creator><![CDATA[{more.get("login", "mjones")}]]></dc:creator>
<content:encoded><![CDATA[{body}]]></content:encoded><excerpt:encoded><![CDATA[]]></excerpt:encoded>
<wp:post_id>{number}</wp:post_id><wp:post_date>2026-02-01 08:30:00</wp:post_date>
<wp:post_date_gmt>{date}</wp:post_date_gmt>
<wp:status>{status}</wp:status><wp:post_type>{more.get("kind", "post")}</wp:post_type>
<wp:post_password><![CDATA[{more.get("password", "")}]]></wp:post_password>
{more.get("categories", "")}{more.get("meta", "")}
</item>
"""


def wxr(*items: str) -> str:
    """A WordPress export of these items."""
    return _WXR_HEAD + "".join(items) + "</channel></rss>\n"


def site_as_wxr() -> str:
    """`POSTS` as WordPress exports them."""
    return wxr(
        *(
            wxr_item(
                number,
                title=post["title"].replace("&", "&amp;"),
                body=post["html"],
                date_gmt=post["date"].replace("T", " ").rstrip("Z"),
                login=_LOGINS[post["author"]],
                categories="".join(
                    f'<category domain="post_tag" nicename="{tag}"><![CDATA[{tag}]]></category>' for tag in post["tags"]
                ),
            )
            for number, post in enumerate(POSTS, start=1)
        )
    )


def site_as_rss() -> str:
    """`POSTS` as an RSS 2.0 feed with whole texts."""
    items = "".join(
        f"<item><title>{escape(post['title'])}</title><link>https://pier.example/{post['key']}</link>"
        f"<guid isPermaLink='false'>{post['key']}</guid><dc:creator>{post['author']}</dc:creator>"
        f"<pubDate>{_mail_date(post['date'])}</pubDate><content:encoded><![CDATA[{post['html']}]]></content:encoded>"
        + "".join(f"<category>{tag}</category>" for tag in post["tags"])
        + "</item>"
        for post in POSTS
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Pier Post</title><language>en-GB</language>'
        f"{items}</channel></rss>"
    )


def site_as_atom() -> str:
    """`POSTS` as an Atom feed (RFC 4287)."""
    entries = "".join(
        f"<entry><id>{post['key']}</id><title>{escape(post['title'])}</title>"
        f"<link href='https://pier.example/{post['key']}'/><published>{post['date']}</published>"
        f"<author><name>{post['author']}</name></author><content type='html'>{escape(post['html'])}</content>"
        + "".join(f"<category term='{tag}'/>" for tag in post["tags"])
        + "</entry>"
        for post in POSTS
    )
    return f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en-GB'>{entries}</feed>"


def write_hugo(folder: Path) -> Path:
    """`POSTS` as a Hugo site keeps them, one with YAML and one with TOML in front, and an index page."""
    content = folder / "content"
    (content / "_index.md").parent.mkdir(parents=True)
    (content / "_index.md").write_text("---\ntitle: All\n---\n")
    first, second = POSTS
    (content / "ferry.md").write_text(f"---\n{_yaml(first)}\ndate: {first['date']}\n---\n{first['html']}\n")
    tags = ", ".join(f'"{tag}"' for tag in second["tags"])
    (content / "tide").mkdir()
    (content / "tide" / "index.md").write_text(
        f'+++\ntitle = "{second["title"]}"\ndate = {second["date"]}\ntags = [{tags}]\n'
        f'author = "{second["author"]}"\n+++\n'
        f"{second['html']}\n"
    )
    return folder


def write_jekyll(folder: Path) -> Path:
    """`POSTS` as a Jekyll site keeps them."""
    posts = folder / "_posts"
    posts.mkdir(parents=True)
    for post in POSTS:
        text = f"---\n{_yaml(post)}\ndate: {post['date'].replace('T', ' ').rstrip('Z')} +0000\n---\n{post['html']}\n"
        (posts / f"{post['date'][:10]}-{post['key']}.md").write_text(text)
    return folder


def _yaml(post: Mapping[str, Any]) -> str:
    return f'title: "{post["title"]}"\ntags: [{", ".join(post["tags"])}]\nauthor: {post["author"]}'


def _mail_date(iso: str) -> str:
    return format_datetime(datetime.fromisoformat(iso))
