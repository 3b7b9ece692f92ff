"""Declared first, else detected, else the site's own."""

import subprocess
import sys

import pytest

from recsys.language import language_of

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
