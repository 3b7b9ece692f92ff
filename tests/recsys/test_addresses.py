import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.addresses import canonical_address


@pytest.mark.parametrize(
    "url",
    [
        "https://paper.example/news/tide",
        "http://www.paper.example:8080/news/tide/",
        "https://PAPER.example/news/tide?utm_source=mail#top",
        "https://paper.example/news/tide/amp/",
        "https://paper.example/amp/news/tide",
        "https://amp.paper.example/news/tide.amp",
        "https://paper.example/news/tide/index.html",
        "https://paper.example/news/%74ide",
    ],
)
def test_ways_to_write_one_address(url: str) -> None:
    assert canonical_address(url) == ("paper.example", "/news/tide")


@pytest.mark.parametrize(
    "url", ["", "tide", "mailto:editor@paper.example", "javascript:alert(1)", "http://[::1", "a b"]
)
def test_no_web_address(url: str) -> None:
    assert canonical_address(url) is None


def test_path_of_the_own_site_has_no_host() -> None:
    assert canonical_address("/news/tide/") == ("", "/news/tide")


def test_plain_addresses_of_wordpress_stay_apart() -> None:
    assert canonical_address("https://blog.example/?p=12&utm=x") == ("blog.example", "/p=12")
    assert canonical_address("https://blog.example/?p=12") != canonical_address("https://blog.example/?p=13")


def test_letters_of_a_path_keep_their_case_and_script() -> None:
    assert canonical_address("/Ärger") == canonical_address("/%C3%84rger") != canonical_address("/ärger")


@given(st.text())
def test_any_text_has_an_address_or_none(url: str) -> None:
    found = canonical_address(url)
    assert found is None or found[1].startswith("/")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="?#\\%"), min_size=1))
def test_canonical_path_is_its_own(path: str) -> None:
    found = canonical_address("/" + path.replace("/", ""))
    assert found is None or canonical_address(found[1]) == found
