"""People's links are the truth that Related is held to, both ways, without the words that give them away."""

import gzip

import msgspec
import pytest

from recsys.errors import BadInput
from tests.recsys.sites import NOW, article, model_of, stored, view
from training.bm25 import ABSENT, NAME
from training.events import event_table
from training.other_lists import OtherLists
from training.related_truth import Link, read_links, related_truth


def train(articles):
    return model_of([one.article for one in articles])


def quiet(*_):
    pass


@pytest.fixture(scope="module")
def articles():
    return [article(n, url=f"https://paper.example/{n}") for n in range(18)]


def measured(articles, links, *, drop=True, events=(), others=()):
    table = event_table(events, lambda article_id: int(article_id[1:]), NOW)
    return related_truth(
        stored(articles), links, train, NOW, events=table, others=others, drop_own_links=drop, k=2, progress=quiet
    )


@pytest.mark.slow
def test_links_count_in_both_directions_and_ours_finds_them(articles):
    (found,) = measured(articles, [Link("a0", "a6"), Link("a0", "a12")])
    assert found.questions == 3
    assert found.value("ours", "recall@2") > 0.6
    assert found.value("random", "recall@2") < found.value("ours", "recall@2")
    assert {figure.model for figure in found.figures} == {
        "ours",
        "most popular",
        "recent popular",
        "TF-IDF (scikit-learn)",
        "newest of the section",
        "newest",
        "random",
        *([] if ABSENT in found.notes else [NAME]),
    }


@pytest.mark.slow
def test_events_reach_the_simple_models_and_never_ours(articles):
    """Visitors who read both ends of the link tell the item-item model of it."""
    links = [Link("a0", "a1"), Link("a2", "a9")]
    events = [view(f"v{n}", number, 5 - number) for n in range(3) for number in (0, 1)]
    without, known = measured(articles, links)[0], measured(articles, links, events=events)[0]
    assert known.value("item-item", "recall@2") == 0.5
    assert known.value("ours", "ndcg@2") == without.value("ours", "ndcg@2")
    assert known.value("most popular", "recall@2") > without.value("most popular", "recall@2") == 0.0


@pytest.mark.slow
def test_lists_made_elsewhere_are_judged_on_the_same_links(articles):
    today = OtherLists("today", related={"a0": ("a0", "nope", "a6"), "a6": ("a3",)})
    (found,) = measured(articles, [Link("a0", "a6")], others=[today])
    assert found.value("today", "recall@2") == 0.5
    assert any(figure.against == "today" for figure in found.figures)
    assert found.notes[0].startswith("today: 1 ids are no article of this site")


@pytest.mark.slow
def test_words_of_own_links_give_nothing_away(articles):
    """a0 links a1 with the words of its title, and has nothing else in common with it."""
    giveaway = '<a href="https://paper.example/1">orchard orchard orchard apples blossom cider pickers</a>'
    told = [msgspec.structs.replace(articles[0], body=articles[0].body + 5 * giveaway), *articles[1:]]
    with_words, without = (measured(told, [Link("a0", "a1")], drop=drop)[0] for drop in (False, True))
    assert with_words.value("ours", "hit_rate@2") > without.value("ours", "hit_rate@2")
    assert "removed" in without.protocol


@pytest.mark.slow
def test_translations_are_reported_apart(articles):
    links, translations = measured(articles, [Link("a0", "a6"), Link("a1", "a7", "translation")])
    assert (links.questions, translations.questions) == (2, 2)
    assert "translations" in translations.protocol


@pytest.mark.slow
def test_links_to_articles_that_are_not_there_and_to_oneself_are_passed_over(articles):
    (found,) = measured(articles, [Link("a0", "a6"), Link("a0", "gone"), Link("a3", "a3")])
    assert found.questions == 2


@pytest.mark.slow
def test_no_links_at_all_leave_nothing_to_judge_by(articles):
    (found,) = measured(articles, [])
    assert (found.questions, found.figures) == (0, ())


def test_links_are_read_from_plain_and_gz(tmp_path):
    lines = b'{"article_id": "a", "related_id": "b", "more": 1}\n\n{"article_id": "c", "related_id": "d"}\n'
    (tmp_path / "plain.jsonl").write_bytes(lines)
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(lines))
    expected = [Link("a", "b"), Link("c", "d")]
    assert read_links(tmp_path / "plain.jsonl") == read_links(tmp_path / "packed.jsonl.gz") == expected


@pytest.mark.parametrize("line", [b"{", b'{"article_id": "a"}', b'{"article_id": 3, "related_id": "b"}', b"\xff\xfe"])
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "links.jsonl"
    path.write_bytes(b'{"article_id": "a", "related_id": "b"}\n' + line + b"\n")
    with pytest.raises(BadInput, match=r"links\.jsonl:2: "):
        read_links(path)
