"""A document comes whole, in time and in size, or not at all; redirects are checked, known copies not sent again."""

import gzip
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from recsys.errors import BadInput
from tests.training.feed_server import FEED, Site, serving
from training.fetching import BYTES, REDIRECTS, Copy, fetch


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


def refused(site: Site, path: str = "/feed", **named: float) -> str:
    with pytest.raises(BadInput) as error:
        fetch(site.url + path, reach=site.reach(), **named)
    return str(error.value)


def test_a_document_comes_with_what_tells_its_copy(site: Site) -> None:
    site.answers["/feed?a=1&b=%20"] = (200, {"ETag": '"1"', "Last-Modified": "Thu, 01 Jan 2026 10:00:00 GMT"}, FEED)
    document = fetch(site.url + "/feed?a=1&b=%20", reach=site.reach())
    assert document is not None
    assert document.body == FEED
    assert document.copy == Copy('"1"', "Thu, 01 Jan 2026 10:00:00 GMT")
    [(_, headers)] = site.asked
    assert headers["host"] == f"feeds.example:{site.port}"
    assert "if-none-match" not in headers


def test_a_copy_that_is_known_is_not_sent_again(site: Site) -> None:
    site.answers["/feed"] = (304, {}, b"")
    assert fetch(site.url + "/feed", Copy('"1"', "Thu"), reach=site.reach()) is None
    assert (site.asked[0][1]["if-none-match"], site.asked[0][1]["if-modified-since"]) == ('"1"', "Thu")
    assert "answered 304" in refused(site)


def test_gz_is_unpacked_and_bounded(site: Site) -> None:
    site.answers["/feed"] = (200, {"content-encoding": "gzip"}, gzip.compress(FEED))
    document = fetch(site.url + "/feed", reach=site.reach())
    assert document is not None
    assert document.body == FEED
    site.answers["/bomb"] = (200, {"content-encoding": "gzip"}, gzip.compress(b" " * (BYTES * 3)))
    assert "more than 10 MB" in refused(site, "/bomb")
    site.answers["/cut"] = (200, {"content-encoding": "gzip"}, gzip.compress(FEED)[:-20])
    assert "cut short" in refused(site, "/cut")


def test_redirects_are_followed_up_to_three_and_checked_each_time(site: Site) -> None:
    for number in range(REDIRECTS):
        site.answers[f"/{number}"] = (301 + number % 2, {"location": f"/{number + 1}"}, b"")
    site.answers[f"/{REDIRECTS}"] = (200, {}, FEED)
    assert fetch(site.url + "/0", reach=site.reach()) is not None
    site.answers[f"/{REDIRECTS}"] = (302, {"location": "/0"}, b"")
    assert "more than 3 redirects" in refused(site, "/0")
    for target in ("http://metadata.example/", "//metadata.example/", f"http://127.0.0.9:{site.port}/"):
        site.answers["/away"] = (302, {"location": target}, b"")
        assert "is not on the public web" in refused(site, "/away")
    for target in ("file:///etc/passwd", "gopher://feeds.example/", "ftp://feeds.example/"):
        site.answers["/away"] = (302, {"location": target}, b"")
        assert "expected an address that begins with http" in refused(site, "/away")
    site.answers["/away"] = (302, {"location": f"http://me:secret@feeds.example:{site.port}/3"}, b"")
    assert "never sent" in refused(site, "/away")


def test_what_is_too_large_cut_short_or_an_error_is_refused(site: Site) -> None:
    site.answers["/large"] = (200, {}, b"x" * (BYTES + 1))
    assert "more than 10 MB" in refused(site, "/large")
    site.answers["/cut"] = (200, {"content-length": "1000"}, FEED[:-1])
    assert "early" in refused(site, "/cut")
    assert "answered 404" in refused(site, "/absent")


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://", "http:///feed", "ftp://a.example/", "http://a.example:99999/"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        fetch(url)


def test_one_byte_after_the_other_ends_in_time(site: Site) -> None:
    """A time for each read would let a server hold a retraining, and its lock, for hours."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(200):
                handler.wfile.write(b"X")
                time.sleep(0.02)
        except OSError:
            pass

    site.write = drip
    assert "took longer than 0.3 seconds" in refused(site, seconds=0.3)
