"""Declared first, else detected, else the site's own."""

import subprocess
import sys

import pytest

from recsys.items import Wish
from recsys.language import language_of
from recsys.related import related
from recsys.store import StoredArticle
from tests.recsys.sites import NOW, article, model_of
from training.corpus import read_corpus
from training.progress import silent

SENTENCES = {
    "en": "The council voted last night to keep the old swimming pool open through the winter after all. ",
    "fr": "Le conseil a décidé hier soir de garder la vieille piscine ouverte pendant tout l'hiver. ",
    "de": "Der Gemeinderat beschloss gestern Abend, das alte Schwimmbad auch im Winter offen zu halten. ",
    "ru": "Вчера вечером совет решил всё-таки оставить старый бассейн открытым на всю зиму. ",
    "uk": "Учора ввечері рада вирішила все ж таки залишити старий басейн відкритим на всю зиму. ",
    "el": "Το συμβούλιο αποφάσισε χθες το βράδυ να μείνει ανοιχτή η παλιά πισίνα όλο τον χειμώνα. ",
    "ar": "قرر المجلس مساء أمس إبقاء المسبح القديم مفتوحا طوال فصل الشتاء رغم كل شيء. ",
    "he": "המועצה החליטה אמש להשאיר את הבריכה הישנה פתוחה לאורך כל החורף. ",
    "hi": "परिषद ने कल रात तय किया कि पुराना तरणताल पूरी सर्दी खुला रहेगा। ",
    "bn": "পরিষদ গতকাল রাতে ঠিক করেছে যে পুরোনো সাঁতারের পুকুর সারা শীত খোলা থাকবে। ",
    "th": "เมื่อคืนนี้สภามีมติให้เปิดสระว่ายน้ำเก่าต่อไปตลอดฤดูหนาว ",
    "am": "ምክር ቤቱ ትናንት ማታ አሮጌው የመዋኛ ገንዳ ክረምቱን በሙሉ ክፍት እንዲሆን ወሰነ። ",
    "zh": "市议会昨晚决定让旧游泳池整个冬天继续开放，孩子们都很高兴。",
    "ja": "市議会は昨夜、古いプールを冬の間も開けておくことを決めました。",
    "ko": "시의회는 어젯밤 오래된 수영장을 겨울 내내 열어 두기로 했습니다. ",
    "vi": "Tối qua hội đồng quyết định vẫn mở cửa hồ bơi cũ suốt mùa đông. ",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_long_text_is_recognised(language):
    assert language_of(SENTENCES[language] * 8, None, "xx") == language


OTHER_SCRIPTS = sorted(SENTENCES.keys() - {"en", "fr", "de", "vi"})


@pytest.mark.parametrize("language", OTHER_SCRIPTS)
@pytest.mark.parametrize("main", ["en", "el", "ja", "und"])
def test_a_short_text_in_another_script_is_recognised_whatever_the_sites_language_is(language, main):
    assert language_of(SENTENCES[language], None, main) == language


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("توسعه شبکه راه‌آهن در شمال کشور آغاز شد و پنج سال طول می‌کشد", "fa"),
        ("شہر کے پرانے پل کی مرمت اگلے سال بہار تک جاری رہے گی", "ur"),
        ("Старият мост над реката остава затворен до пролетта", "bg"),
        ("Жители села просят открыть мост через реку раньше срока", "ru"),
        ("台北市政府宣布河岸舊橋將封閉整修至明年春天", "zh"),
        ("都府県人事委員会、昨年度都府県職員給与額を勧告", "ja"),
    ],
)
def test_a_headline_tells_the_languages_of_one_script_apart(title, language):
    assert language_of(title, None, "en") == language


@pytest.mark.parametrize("text", ["한국어 열다섯 글자", "東京都知事選挙の結果", "Новости дня"])
def test_fewer_than_twenty_letters_are_in_the_sites_language(text):
    assert language_of(text, None, "en") == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("アップルが新しい MacBook Pro を来月発売すると発表した", "ja"),
        ("The restaurant すし匠 and the bar アキハバラ open their doors in the old harbour", "en"),
        ("Новый телефон iPhone Pro Max поступил в продажу в Москве сегодня утром", "ru"),
        ("In Moscow the word перестройка is seldom heard nowadays, people say", "en"),
        ("삼성전자가 새로운 Galaxy Ultra 휴대전화를 다음 달에 공개한다고 밝혔다", "ko"),
    ],
)
def test_a_name_in_another_script_changes_no_language(text, language):
    assert language_of(text, None, "en") == language


@pytest.mark.parametrize("main", ["ru", "bg", "mk"])
def test_a_short_text_in_the_script_of_the_site_is_in_its_language(main):
    assert language_of("Старият мост над реката остава затворен до пролетта", None, main) == main
    assert language_of(SENTENCES["ar"], None, main) == "ar"


@pytest.mark.parametrize("main", ["en", "ru", "bg", "ar", "zh"])
def test_training_and_serving_read_a_short_text_alike(main):
    """Training knows no main language while it reads; serving does."""
    texts = [sentence[:cut] for sentence in SENTENCES.values() for cut in (10, 25, 40, 70)]
    articles = [article(row, language=None, title=text, body="", tags=()) for row, text in enumerate(texts)]
    stored = [StoredArticle(article=one, row=row, views_at=0, likes_at=0) for row, one in enumerate(articles)]
    corpus = read_corpus(stored, NOW + 1, main, silent)
    assert [fields.language for fields in corpus.fields] == [language_of(text, None, main) for text in texts]


def test_a_short_article_in_another_script_has_no_list_of_another_language():
    english = [article(n, language=None, body=SENTENCES["en"] * 8) for n in range(8)]
    short = [article(50 + n, language=None, title=SENTENCES["ja"], body="", tags=()) for n in range(2)]
    model = model_of([*english, *short])
    assert [model.articles.language(row) for row in range(10)] == ["en"] * 8 + ["ja"] * 2
    assert {item.row for item in related(model, 8, Wish(limit=10, fill="ranking"), NOW)} <= {9}
    assert not {8, 9} & {item.row for item in related(model, 0, Wish(limit=10, fill="ranking"), NOW)}


def test_a_short_text_is_in_the_sites_language():
    assert language_of(SENTENCES["fr"] * 2, None, "en") == "en"
    assert language_of("", None, "en") == "en"
    assert language_of("1234567890 " * 100, None, "en") == "en"


@pytest.mark.parametrize(("declared", "subtag"), [("pt-BR", "pt"), ("ZH_Hant", "zh"), (" fr ", "fr")])
def test_what_is_declared_is_believed(declared, subtag):
    assert language_of(SENTENCES["en"] * 8, declared, "xx") == subtag


@pytest.mark.parametrize("declared", [None, "", "  "])
def test_nothing_declared_is_detected(declared):
    assert language_of(SENTENCES["en"] * 8, declared, "xx") == "en"


def test_the_detector_is_not_loaded_before_it_is_needed():
    asked = "from recsys.language import language_of; language_of('x', None, 'en'); language_of('x' * 900, 'de', 'en')"
    code = f"import sys; {asked}; print('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"False"
