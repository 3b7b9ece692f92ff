"""What counts as a word in each script, and what two spellings have in common. All sentences were written for this."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.stopwords import _WORDS
from recsys.text import SNOWBALL, folded, normalised, read, word_stems


def stems(text: str, language: str) -> list[str]:
    return [stem for stem in word_stems(read(text)[0], language) if stem is not None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The café on Łódź street — reopened!", ["The", "café", "on", "Łódź", "street", "reopened"]),
        ("Thành phố mở lại hồ bơi", ["Thành", "phố", "mở", "lại", "hồ", "bơi"]),
        ("Совет открыл старый бассейн.", ["Совет", "открыл", "старый", "бассейн"]),
        ("Η παλιά πισίνα άνοιξε.", ["Η", "παλιά", "πισίνα", "άνοιξε"]),
        ("افتتح المجلس المسبح، أخيرا؟", ["افتتح", "المجلس", "المسبح", "أخيرا"]),
        ("המועצה פתחה את הבריכה.", ["המועצה", "פתחה", "את", "הבריכה"]),
        ("परिषद ने तरणताल खोला।", ["परिषद", "ने", "तरणताल", "खोला"]),
        ("পরিষদ পুকুর খুলেছে।", ["পরিষদ", "পুকুর", "খুলেছে"]),
        ("ምክር ቤቱ ገንዳውን ከፈተ።", ["ምክር", "ቤቱ", "ገንዳውን", "ከፈተ"]),
        ("நகராட்சி குளத்தைத் திறந்தது", ["நகராட்சி", "குளத்தைத்", "திறந்தது"]),
    ],
)
def test_words_keep_their_marks(text, words):
    assert read(text) == (words, [])


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("游泳池开放", ["游泳", "泳池", "池开", "开放", "游", "泳", "池", "开", "放"]),
        ("古いプール", ["古い", "いプ", "プー", "ール", "古"]),
        ("수영장을 열다", ["수영", "영장", "장을", "열다"]),
        ("เปิดสระ", ["เปิ", "ปิด", "ดส", "สร", "ระ"]),
        ("ເປີດ", ["ເປີ", "ປີດ"]),
        ("水。", ["水"]),
        ("집", ["집"]),
    ],
)
def test_scripts_without_spaces_are_read_by_pairs_of_characters(text, fragments):
    assert read(text) == ([], fragments)


def test_mixed_scripts_are_told_apart():
    assert read("新型iPhone15を発売") == (["iPhone15"], ["新型", "新", "型", "を発", "発売", "発", "売"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("l'école d’été", ["l", "école", "d", "été"]),
        ("written in C++, C# and F#.", ["written", "in", "C++", "C#", "and", "F#"]),
        ("a+b, a++b, #tag", ["a", "b", "a", "b", "tag"]),
        ("e-mail in 2024: 3,500 of 5G", ["e", "mail", "in", "2024", "3", "500", "of", "5G"]),
        ("ＦＵＬＬ width ﬁne", ["FULL", "width", "fine"]),
    ],
)
def test_edges_of_words(text, words):
    assert read(text)[0] == words


@pytest.mark.parametrize(
    ("pointed", "plain"),
    [
        ("שָׁלוֹם", "שלום"),
        ("مَدْرَسَة", "مدرسة"),
        ("مـــدرسة", "مدرسة"),
        ("می‌روم", "میروم"),
        ("super\u00admarket", "supermarket"),
        ("\u200fשלום\u200e", "שלום"),
    ],
)
def test_marks_that_may_be_left_out_are_left_out(pointed, plain):
    assert read(pointed) == read(plain)


def test_accents_and_tones_are_spelling():
    assert stems("má", "vi") != stems("ma", "vi") or stems("hồ", "vi") != stems("ho", "vi")
    assert stems("schön", "de") != stems("schon", "de")


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "The swimmers were swimming", "swimmer swims"),
        ("fr", "L'élection municipale", "des élections municipales"),
        ("de", "Die Straßen", "STRASSE"),
        ("es", "las canciones", "canción"),
        ("ru", "новые бассейны", "новый бассейн"),
        ("el", "ΑΘΗΝΑ", "Αθήνα"),
        ("tr", "İSTANBUL IŞIK", "istanbul ışık"),
        ("ar", "المدرسة", "مدرسة"),
        ("hi", "लड़कियों", "लड़की"),
    ],
)
def test_forms_of_a_word_share_a_stem(language, one, other):
    assert stems(one, language) == stems(other, language) != []


@pytest.mark.parametrize("language", _WORDS)
def test_stop_words_and_single_letters_say_nothing(language):
    """As they stand in running text: an apostrophe or a hyphen would make them two words, which no text would match."""
    words, fragments = read(_WORDS[language])
    assert " ".join(words) == " ".join(normalised(_WORDS[language]).split())
    assert not fragments
    assert stems(_WORDS[language], language) == []
    assert stems("THE And a I", "en") == []


def test_words_with_a_meaning_of_their_own_are_no_stop_words():
    text = "system research computer information world group problem test work"
    assert len(stems(text, "en")) == len(text.split())


def test_an_unknown_language_has_its_words():
    assert stems("The pool, the pools", "xx") == ["the", "pool", "the", "pools"]


@pytest.mark.parametrize("language", SNOWBALL)
def test_every_stemmer_is_there(language):
    assert word_stems(["qqqqq"], language) != [None]


@given(st.text(), st.sampled_from(["en", "tr", "ar", "el", "ja", "xx"]))
def test_any_text_is_read_and_its_spelling_in_code_points_is_no_matter(text, language):
    words, fragments = read(text)
    assert all(words)
    assert all(fragments)
    for form in ("NFC", "NFD", "NFKC"):
        assert read(unicodedata.normalize(form, text)) == (words, fragments)
    assert word_stems(words, language) == word_stems([folded(word, language) for word in words], language)
