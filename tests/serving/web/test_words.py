"""Reasons, as readers are told them."""

from serving.web.words import why


def item(*reasons, fill=None):
    return {"reasons": list(reasons)} | ({"fill": fill} if fill else {})


def test_the_strongest_reasons_come_first():
    terms = {"kind": "terms", "weight": 0.2, "terms": [["oysters", 0.1], ["reef", 0.06], ["tide", 0.03], ["mud", 0.01]]}
    time = {"kind": "time", "weight": 0.3, "days": 2.5}
    assert why(item(terms, time), {}) == "from the same week; both mention oysters, reef and tide"


def test_time_far_apart_is_not_mentioned():
    assert (
        why(item({"kind": "time", "weight": 0.1, "days": 300}, {"kind": "popular", "weight": 0.01}), {})
        == "much read now"
    )


def test_what_was_read_is_named_by_title_and_the_page_itself_is_not():
    read = {"kind": "because_read", "weight": 0.3, "article_id": "a"}
    assert why(item(read), {"a": "Tides"}) == "because you read “Tides”"
    assert why(item(read), {"a": "Tides"}, "a") == "goes with this article"
    assert why(item({"kind": "because_read", "weight": 0.3}), {}) == "goes with what you read"


def test_fill_is_never_passed_off_as_a_match():
    assert why(item({"kind": "fill", "weight": 0.0}, fill="newest"), {}) == "also new"


def test_a_tag_that_a_reader_likes_is_named_and_one_of_both_articles_is_another_reason():
    assert why(item({"kind": "tags", "weight": 0.1, "name": "tides"}), {}) == "on tides, as what you read"
    assert why(item({"kind": "tags", "weight": 0.1, "terms": [["tides", 0.1]]}), {}) == "both tagged tides"
