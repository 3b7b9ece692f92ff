"""Near duplicates are one story, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys import stories as subject
from recsys.article import Article
from recsys.stories import KEPT, NO_MARKS, WORDS, Shingles, ShingleTable, Stories, marks_of, newest_of_each

LONG = [f"word{n}" for n in range(100)]


def text(words):
    return " ".join(words)


def marks(article_id=None, *, url=None, translates=None):
    return marks_of(Article(id=article_id or "x", title="", url=url, translation_of=translates, published_at=0))


def stories(texts, known=None, near=None):
    """Of texts that all are near each other."""
    n = len(texts)
    everyone = np.tile(np.arange(n, dtype=np.int32), (n, 1)) if near is None else near
    shingles = ShingleTable.of([Shingles.of(one) for one in texts])
    return Stories.build(shingles, known or [NO_MARKS] * n, everyone, np.ones(everyone.shape, np.float32))


def labels(found):
    return found.of(np.arange(len(found))).tolist()


def test_a_text_with_a_few_words_changed_is_the_same_story():
    changed = [*LONG[:-3], "three", "new", "words"]
    assert Shingles.of(text(LONG)).same_story(Shingles.of(text(changed)))


def test_case_and_punctuation_make_no_new_story():
    assert Shingles.of(text(LONG)).same_story(Shingles.of(", ".join(LONG).upper()))


def test_a_brief_that_is_part_of_a_long_article_is_a_story_of_its_own():
    assert not Shingles.of(text(LONG)).same_story(Shingles.of(text(LONG[:60])))


def test_the_same_words_in_another_order_are_another_story():
    assert not Shingles.of(text(LONG)).same_story(Shingles.of(text(reversed(LONG))))


@pytest.mark.parametrize(("shared", "same"), [(90, True), (75, False)])
def test_four_of_five_shingles_are_the_border(shared, same):
    one, other = LONG[:shared], LONG[:shared]
    one = one + [f"one{n}" for n in range(100 - shared)]
    other = other + [f"other{n}" for n in range(100 - shared)]
    assert Shingles.of(text(one)).same_story(Shingles.of(text(other))) == same


@pytest.mark.parametrize(("shared", "same"), [(2700, True), (2000, False)])
def test_of_long_texts_a_sample_tells(shared, same):
    words = [f"w{n}" for n in range(3000)]
    other = words[:shared] + [f"x{n}" for n in range(3000 - shared)]
    one, two = Shingles.of(text(words)), Shingles.of(text(other))
    assert one.hashes.size == KEPT < one.size
    assert one.same_story(two) == same


def test_texts_of_fewer_than_thirty_words_never_fold():
    short = text(LONG[: WORDS - 1])
    assert not Shingles.of(short).same_story(Shingles.of(short))
    assert Shingles.of(text(LONG[:WORDS])).same_story(Shingles.of(text(LONG[:WORDS])))


def test_characters_count_as_words_where_none_are_parted():
    chinese = "".join(chr(0x4E00 + 7 * n) for n in range(60))
    assert Shingles.of(chinese).size == 56


@given(st.lists(st.sampled_from(LONG), max_size=80), st.lists(st.sampled_from(LONG), max_size=80))
def test_sameness_has_no_direction(one, other):
    a, b = Shingles.of(text(one)), Shingles.of(text(other))
    assert a.same_story(b) == b.same_story(a)


def test_articles_with_one_address_are_one_story():
    known = [marks(f"id{place}", url=f"https://x.org/{n}") for place, n in enumerate((1, 2, 1))]
    found = stories(["a", "b", "c"], known)
    assert labels(found) == [0, 1, 0]


def test_articles_without_address_are_no_story_of_that():
    assert labels(stories(["a", "b"], [marks("a"), marks("b")])) == [0, 1]


def test_parts_of_one_story_are_one_with_each_other():
    first, second = LONG, [*LONG[:-15], *"abcdefghijklmno"]
    third = [*"zyxwvutsrqponml", *second[15:]]
    assert not Shingles.of(text(first)).same_story(Shingles.of(text(third)))
    assert labels(stories([text(first), text(second), text(third)])) == [0, 0, 0]


def test_a_later_copy_joins_the_story():
    found = stories([text(LONG), "other"])
    found.put(2, text(LONG), NO_MARKS, [0])
    assert labels(found)[2] == labels(found)[0] != labels(found)[1]


def test_a_later_article_can_join_two_stories():
    found = stories(["a", text(LONG)], [marks("a", url="https://x.org/1"), marks("b")])
    found.put(2, text(LONG), marks("new", url="https://x.org/1"), [1])
    assert len(set(labels(found))) == 1


def test_an_article_rewritten_leaves_its_story():
    found = stories([text(LONG), text(LONG)])
    found.put(1, text(reversed(LONG)), NO_MARKS, [0])
    assert labels(found)[0] != labels(found)[1]


def test_a_removed_article_is_nobodys_double():
    found = stories(["a", "b"], [marks("a", url="https://x.org/1"), marks("b")])
    found.remove(0)
    found.put(1, "b", marks("b", url="https://x.org/1"), [])
    assert labels(found)[0] != labels(found)[1]


def test_a_translation_is_one_story_with_its_original_and_with_other_translations():
    known = [marks("en"), marks("de", translates="en"), marks("fr", translates="de"), marks("other")]
    assert labels(stories(["a", "b", "c", "d"], known)) == [0, 0, 0, 3]


def test_translations_of_an_article_that_is_not_there_are_one_story():
    assert labels(stories(["a", "b"], [marks("de", translates="en"), marks("fr", translates="en")])) == [0, 0]


@given(st.permutations([marks("en"), marks("de", translates="en"), marks("fr", translates="en")]))
def test_a_translation_joins_whichever_comes_first(order):
    found = stories(["a"], [marks("other")])
    for row, one in enumerate(order, start=1):
        found.put(row, f"text {row}", one, [])
    assert labels(found)[1:] == [labels(found)[1]] * 3
    assert labels(found)[0] != labels(found)[1]


def test_one_that_is_no_longer_a_translation_leaves():
    found = stories(["a", "b"], [marks("en"), marks("de", translates="en")])
    found.put(1, "b", marks("de"), [])
    assert labels(found)[0] != labels(found)[1]


def test_an_id_that_is_written_like_an_address_is_no_address():
    assert labels(stories(["a", "b"], [marks("https://x.org/1"), marks("b", url="https://x.org/1")])) == [0, 1]


def test_a_row_that_leaves_a_gap_is_refused():
    with pytest.raises(ValueError, match="gap"):
        Stories.empty().put(1, "a", NO_MARKS, [])


def test_what_is_saved_is_what_is_read():
    found = stories([text(LONG), text(LONG), "c"], [NO_MARKS, NO_MARKS, marks("c", url="https://x.org/3")])
    again = Stories.from_arrays(found.arrays())
    again.put(3, text(LONG), marks("new", url="https://x.org/3"), [0])
    assert len(set(labels(again))) == 1
    with pytest.raises(ValueError, match="anew"):
        again.arrays()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_of_each_story_the_newest_stays_and_of_one_moment_the_last(pairs):
    label = np.array([one for one, _ in pairs], np.int32)
    published = np.array([when for _, when in pairs], np.int64)
    rows = np.arange(len(pairs))
    kept = newest_of_each(label, published, rows).tolist()
    assert kept == sorted(max(np.flatnonzero(label == one), key=lambda i: (published[i], i)) for one in set(label))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 500)), min_size=1, max_size=6),
    st.integers(1, 2_000),
)
def test_many_pairs_at_once_are_those_of_one_after_another(written, together):
    texts = [
        text([f"w{n}" for n in range(start, start + length)] + [f"own{at}"] * (length % 7))
        for at, (start, length) in enumerate(written)
    ]
    table = ShingleTable.of([Shingles.of(one) for one in texts])
    one, other = np.divmod(np.arange(len(texts) ** 2), len(texts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "_TOGETHER", together)
        found = table.same_story(one, other)
    assert found.tolist() == [table[a].same_story(table[b]) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
