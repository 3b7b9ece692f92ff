"""Related in every script: of two articles on each of two matters, one finds the other. Written for this test."""

import pytest

from recsys.items import Wish
from recsys.model import fields_of
from recsys.related import related, related_to_text
from tests.recsys.sites import NOW, article, model_of

SITES = {
    "en": (
        "The old harbour bridge closes for repairs until spring.",
        "Repairs to the harbour bridge cost more than the council had planned.",
        "Our choir sings songs of the mountains in the town church.",
        "Tickets for the choir's songs in the church are sold out.",
    ),
    "fr": (
        "L'école d'été reçoit des élèves étrangers près du château.",
        "Les élèves étrangers de l'école d'été visitent le château.",
        "La récolte des pommes a commencé malgré la grêle.",
        "Malgré la grêle, les pommes récoltées sont belles.",
    ),
    "vi": (
        "Hồ bơi cũ của thành phố mở cửa trở lại vào mùa hè.",
        "Mùa hè này hồ bơi thành phố có thêm lớp học bơi.",
        "Nông dân trồng chè trên đồi gặp hạn hán kéo dài.",
        "Hạn hán làm đồi chè mất nửa sản lượng.",
    ),
    "ru": (
        "Старый мост через реку закрыли на ремонт до весны.",
        "Ремонт моста через реку продлится дольше, чем обещали.",
        "Детский хор споёт народные песни в городском саду.",
        "Песни детского хора в саду слушали сотни горожан.",
    ),
    "el": (
        "Η παλιά γέφυρα του λιμανιού κλείνει για επισκευές.",
        "Οι επισκευές στη γέφυρα του λιμανιού καθυστερούν.",
        "Η χορωδία τραγουδά παλιά τραγούδια στην πλατεία.",
        "Γέμισε η πλατεία για τα τραγούδια της χορωδίας.",
    ),
    "ar": (
        "أغلقت البلدية جسر الميناء القديم من أجل الترميم.",
        "ترميم جسر الميناء يستمر حتى الربيع المقبل.",
        "جنى المزارعون محصول الزيتون قبل المطر.",
        "محصول الزيتون وفير رغم قلة المطر.",
    ),
    "he": (
        "הגשר הישן בנמל נסגר לשיפוצים עד האביב.",
        "הגשר הישן בנמל ייפתח אחרי השיפוצים.",
        "המקהלה שרה שירים עתיקים בכיכר העיר.",
        "מאות שמעו שירים עתיקים מפי המקהלה בכיכר.",
    ),
    "hi": (
        "नदी का पुराना पुल मरम्मत के लिए बंद हुआ।",
        "पुराना पुल मरम्मत के बाद वसंत में खुलेगा।",
        "किसानों ने बारिश से पहले आम की फसल तोड़ी।",
        "इस साल आम की फसल बारिश के कारण कम है।",
    ),
    "bn": (
        "নদীর পুরোনো সেতু মেরামতের জন্য বন্ধ হলো।",
        "সেতু মেরামতের কাজ শেষ হবে বসন্তে।",
        "কৃষকেরা বৃষ্টির আগে আম পাড়লেন।",
        "বৃষ্টির অভাবে আম এবার ছোট।",
    ),
    "th": (
        "สะพานเก่าข้ามแม่น้ำปิดซ่อมจนถึงฤดูร้อน",
        "การซ่อมสะพานข้ามแม่น้ำใช้เงินมากขึ้น",
        "ชาวสวนเก็บมะม่วงก่อนฝนตก",
        "มะม่วงปีนี้ลูกเล็กเพราะฝนน้อย",
    ),
    "am": (
        "የወንዙ አሮጌ ድልድይ ለጥገና ተዘጋ።",
        "የወንዙ ድልድይ ጥገና እስከ ፀደይ ይቆያል።",
        "ገበሬዎች ቡና ከዝናብ በፊት ለቀሙ።",
        "ዘንድሮ ቡና በዝናብ እጥረት ቀነሰ።",
    ),
    "zh": (
        "河上的旧桥因维修关闭到春天。",
        "旧桥维修的费用超出市政府的预算。",
        "果农在下雨之前采摘苹果。",
        "今年苹果因为少雨而减产。",
    ),
    "ja": (
        "港の古い橋が修理のため春まで閉鎖される。",
        "橋の修理は予定より長くかかる見込みだ。",
        "農家は雨の前にりんごを収穫した。",
        "今年のりんごは雨が少なく小さい。",
    ),
    "ko": (
        "강 위의 낡은 다리가 수리를 위해 닫혔다.",
        "다리 수리는 봄까지 이어질 예정이다.",
        "농부들이 비가 오기 전에 사과를 땄다.",
        "올해 사과는 비가 적어 작다.",
    ),
}
WISH = Wish(limit=1, fill="none", min_score=0.0)


@pytest.mark.parametrize("language", SITES)
def test_an_article_finds_the_other_of_its_matter(language):
    made = [
        article(n, title="", body=text, tags=(), section=(), language=language, published_at=NOW - 9)
        for n, text in enumerate(SITES[language])
    ]
    model = model_of(made)
    assert [related(model, row, WISH, NOW)[0].row for row in range(4)] == [1, 0, 3, 2]
    for row, one in enumerate(made):
        assert related_to_text(model, fields_of(one, language), WISH, NOW)[0].row == row
