from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from offers.text import LOCALES, money, offer_text, product_name, retold

NEW_YORK, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
AMERICANO = {"": "Iced americano", "zh": "冰美式"}


def texts(begins, sent, cents=300, zone=NEW_YORK, names=AMERICANO, currency="USD"):
    return offer_text(names, cents, currency, datetime.fromisoformat(begins), datetime.fromisoformat(sent), zone)


def test_the_flagship():
    assert texts("2025-11-04T08:00-05:00", "2025-11-03T18:00-05:00") == {
        "en": "Tomorrow 8:00, iced americano −$3.00",
        "zh": "明早8点,冰美式减3元",
    }


def test_tomorrow_is_the_stores():
    # Both moments are the 4th in UTC; in Shanghai the message leaves on the 4th for the 5th.
    sent, begins = "2025-11-04T12:00+00:00", "2025-11-04T23:00+00:00"
    assert texts(begins, sent, zone=SHANGHAI)["en"].startswith("Tomorrow 7:00,")
    assert texts(begins, sent, zone=NEW_YORK)["en"].startswith("Today 18:00,")


@pytest.mark.parametrize(
    ("hour", "minute", "zh"),
    [(0, 0, "明天凌晨0点"), (4, 30, "明天凌晨4点半"), (5, 0, "明早5点"), (9, 0, "明早9点"), (10, 0, "明天上午10点"),
     (12, 0, "明天中午12点"), (13, 0, "明天下午1点"), (17, 45, "明天下午5点45分"), (18, 0, "明晚6点"), (23, 0, "明晚11点")],
)  # fmt: skip
def test_chinese_parts_of_the_day(hour, minute, zh):
    begins = f"2025-11-04T{hour:02d}:{minute:02d}-05:00"
    found = texts(begins, "2025-11-03T18:00-05:00")
    assert found["zh"] == f"{zh},冰美式减3元"
    assert found["en"].startswith(f"Tomorrow {hour}:{minute:02d},")


def test_today_and_further_days():
    assert texts("2025-11-04T08:00-05:00", "2025-11-04T07:00-05:00")["zh"].startswith("今早8点")
    far = texts("2025-11-07T15:00-05:00", "2025-11-03T18:00-05:00")
    assert far["en"] == "Fri, Nov 7 15:00, iced americano −$3.00"
    assert far["zh"] == "11月7日下午3点,冰美式减3元"


@pytest.mark.parametrize(
    ("cents", "currency", "en", "zh"),
    [(300, "USD", "$3.00", "3元"), (350, "USD", "$3.50", "3.5元"), (325, "USD", "$3.25", "3.25元"), (20, "USD", "$0.20", "0.2元"),
     (300, "CNY", "CN¥3.00", "3元"), (300, "EUR", "€3.00", "3欧元"), (300, "JPY", "¥300", "300日元"),
     (123456, "USD", "$1,234.56", "1,234.56元")],
)  # fmt: skip
def test_money(cents, currency, en, zh):
    assert (money(cents, currency, "en"), money(cents, currency, "zh")) == (en, zh)


@pytest.mark.parametrize(
    ("names", "en"),
    [({"": "Iced americano"}, "iced americano"), ({"": "FLUID MILK 2%"}, "fluid milk 2%"), ({"": "Coca-Cola"}, "Coca-Cola"),
     ({"": "Meat: Beef Bulk"}, "Meat: Beef Bulk"), ({"": "  Tea "}, "tea"), ({"": "X"}, "X"), ({"": "冰美式"}, "冰美式"),
     ({"": "12345"}, "12345"), ({"en": "Latte", "": "拿铁"}, "latte")],
)  # fmt: skip
def test_names_inside_a_sentence(names, en):
    assert product_name(names, "en") == en


def test_a_product_without_a_chinese_name_keeps_its_own():
    assert texts("2025-11-04T08:00-05:00", "2025-11-03T18:00-05:00", names={"": "Latte"})["zh"] == "明早8点,latte减3元"
    assert product_name({"": "Latte", "zh": ""}, "zh") == "latte"


def test_every_locale_is_written():
    assert tuple(texts("2025-11-04T08:00-05:00", "2025-11-03T18:00-05:00")) == LOCALES


@pytest.mark.parametrize(
    ("kind", "step", "en", "zh"),
    [
        ("money_off", 0, "iced americano −$3.00", "冰美式减3元"),
        ("percent_off", 20, "iced americano −20%", "冰美式打8折"),
        ("percent_off", 15, "iced americano −15%", "冰美式打8.5折"),
        ("percent_off", 100, "iced americano −100%", "冰美式免费"),
        ("second_at_price", 150, "second iced americano for $1.50", "冰美式第二件1.5元"),
        ("points", 50, "iced americano +50 points", "冰美式送50积分"),
    ],
)
def test_the_words_of_every_kind(kind, step, en, zh):
    moments = (datetime.fromisoformat(text) for text in ("2025-11-04T08:00-05:00", "2025-11-03T18:00-05:00"))
    assert offer_text(AMERICANO, 300, "USD", *moments, NEW_YORK, kind, step) == {
        "en": f"Tomorrow 8:00, {en}",
        "zh": f"明早8点,{zh}",
    }


def test_words_of_another_day_of_sending():
    begins, planned = (
        datetime.fromisoformat(f"2025-11-0{text}:00-05:00").astimezone(NEW_YORK) for text in ("4T08", "3T18")
    )
    said = offer_text(AMERICANO, 300, "USD", begins, planned, NEW_YORK)
    same_day = datetime.fromisoformat("2025-11-04T04:59+00:00")
    assert retold(said, begins, planned, same_day) == said
    assert retold(said, begins, planned, datetime.fromisoformat("2025-11-04T05:00+00:00")) == {
        "en": "Today 8:00, iced americano −$3.00",
        "zh": "今早8点,冰美式减3元",
    }
    foreign = {"en": "Come tomorrow!", "fr": "Demain 8:00, café"}
    assert retold(foreign, begins, planned, begins) == foreign
