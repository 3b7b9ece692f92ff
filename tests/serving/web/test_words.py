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


def test_a_reason_that_brings_next_to_nothing_is_not_named():
    """Two articles that a few readers share are not "on the same subject" for a weight of 0.0001."""
    read, context = {"kind": "read_together", "weight": 0.067}, {"kind": "context", "weight": 0.0001}
    assert why(item(read, context), {}) == "often read together"


def test_a_word_that_is_part_of_another_is_not_named_beside_it():
    terms = [["street", 0.1], ["Mill", 0.09], ["mill Street", 0.08], ["nine", 0.01]]
    assert why(item({"kind": "terms", "weight": 0.3, "terms": terms}), {}) == "both mention mill Street and nine"
    han = [["温", 0.1], ["温泉", 0.1], ["泉", 0.1], ["宿", 0.1]]
    assert why(item({"kind": "terms", "weight": 0.3, "terms": han}), {}) == "both mention 温泉 and 宿"
    parts = [["art", 0.1], ["party", 0.1]]
    assert why(item({"kind": "terms", "weight": 0.3, "terms": parts}), {}) == "both mention art and party"
