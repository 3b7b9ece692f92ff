"""What a page's lists were is remembered in a cookie, and compared with what they are."""

from hypothesis import given
from hypothesis import strategies as st

from serving.web.moves import moved, remembered

ids = st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=10)
lists = st.fixed_dictionaries({"related": ids, "ranking": ids, "recommendation": ids})


def of(ranking, related=(), recommendation=()):
    return {"related": related, "ranking": ranking, "recommendation": recommendation}


def test_new_risen_and_fallen_items_are_told():
    cookie = remembered("x", of(["a", "b", "c"]))
    assert moved(cookie, "y", of(["c", "a", "d"]))["ranking"] == {"c": "↑2", "a": "↓1", "d": "new"}


def test_related_is_compared_on_its_own_article_only():
    cookie = remembered("x", of([], related=["a", "b"]))
    assert moved(cookie, "x", of([], related=["b", "a"])) == {"related": {"b": "↑1", "a": "↓1"}}
    assert moved(cookie, "y", of([], related=["b", "a"])) == {}


@given(lists)
def test_nothing_has_moved_on_the_same_page(found):
    cookie = remembered("x", found)
    assert all(moves == {} for moves in moved(cookie, "x", found).values())
    assert len(cookie) < 200


@given(st.text(max_size=300), lists)
def test_any_cookie_can_come(cookie, found):
    for moves in moved(cookie, "x", found).values():
        assert set(moves.values()) <= {"new"} | {f"{arrow}{n}" for arrow in "↑↓" for n in range(1, 200)}
