"""The words of an offer, in English and Chinese: "Tomorrow 8:00, iced americano −$3.00" / "明早8点,冰美式减3元".

Money and dates come from Babel by locale and currency; the day is named relative to the moment of sending, in the
store's zone. Hours are the store's wall clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal, get_currency_name, get_currency_precision

from offers.depth import Kind

LOCALES = ("en", "zh")
# What a price is counted in when people speak Chinese: every dollar's everyday word is 元, like the yuan's.
_UNIT_ZH = dict.fromkeys(("CNY", "USD", "HKD", "TWD", "SGD", "CAD", "AUD", "NZD", "MOP"), "元")
# Part of the day by its first hour: alone after 明天, and short after 明 and 今 where the language has a short form.
_PARTS_ZH = (
    (18, "晚上", "晚"),
    (13, "下午", ""),
    (12, "中午", ""),
    (10, "上午", ""),
    (5, "早上", "早"),
    (0, "凌晨", ""),
)


def amount(cents: int, currency: str) -> Decimal:
    """Minor units to units: 300 USD cents are 3.00, 300 yen are 300."""
    return Decimal(cents).scaleb(-get_currency_precision(currency))


def money(cents: int, currency: str, locale: str) -> str:
    """An amount as people of the locale write it: "$3.00"; Chinese drops what is zero: "3元", "3.5元"."""
    value = amount(cents, currency)
    if locale == "zh":
        unit = _UNIT_ZH.get(currency) or get_currency_name(currency, locale="zh")
        return f"{format_decimal(value, format='#,##0.##', locale='zh')}{unit}"
    return format_currency(value, currency, locale="en_US")


def product_name(names: Mapping[str, str], locale: str) -> str:
    """The product's name in the locale, else its own name, written as inside a sentence.

    Receipt capitals ("FLUID MILK") become small letters, and so does one leading capital ("Iced americano"); names with
    capitals elsewhere ("Coca-Cola") keep them.
    """
    name = (names.get(locale) or names.get("", "")).strip()
    letters = [symbol for symbol in name if symbol.isalpha()]
    if len(letters) > 1 and (name.isupper() or not any(symbol.isupper() for symbol in letters[1:])):
        return name.lower()
    return name


def offer_text(
    names: Mapping[str, str],
    cents: int,
    currency: str,
    valid_from: datetime,
    send_at: datetime,
    zone: ZoneInfo,
    kind: Kind = "money_off",
    step: int = 0,
) -> dict[str, str]:
    """The offer's sentence in every locale we write. `names`: locale to product name, "" for the plain one; `step`: of a kind
    other than money off what the campaign's ladder says."""
    begins, sent = valid_from.astimezone(zone), send_at.astimezone(zone)
    name = {locale: product_name(names, locale) for locale in LOCALES}
    told = cents if kind == "money_off" else step
    return {
        "en": f"{_when_en(begins, sent)}, {_what_en(name['en'], kind, told, currency)}",
        "zh": f"{_when_zh(begins, sent)},{_what_zh(name['zh'], kind, told, currency)}",
    }


def _what_en(name: str, kind: Kind, step: int, currency: str) -> str:
    if kind == "percent_off":
        return f"{name} −{step}%"
    if kind == "points":
        return f"{name} +{step} points"
    price = money(step, currency, "en")
    return f"second {name} for {price}" if kind == "second_at_price" else f"{name} −{price}"


def _what_zh(name: str, kind: Kind, step: int, currency: str) -> str:
    if kind == "percent_off":
        # Chinese tells the tenths that are left to pay: 20% off is 8折.
        return f"{name}打{(100 - step) / 10:g}折" if step < 100 else f"{name}免费"
    if kind == "points":
        return f"{name}送{step}积分"
    price = money(step, currency, "zh")
    return f"{name}第二件{price}" if kind == "second_at_price" else f"{name}减{price}"


def retold(text: Mapping[str, str], valid_from: datetime, planned: datetime, sent: datetime) -> dict[str, str]:
    """The sentences as of another day of sending: a message that left a day late must not say "tomorrow". All times aware,
    `valid_from` and `planned` in the store's zone. A sentence that isn't ours stays as it is."""
    sent = sent.astimezone(valid_from.tzinfo)
    if sent.date() == planned.date():
        return dict(text)
    told = {"en": _when_en, "zh": _when_zh}
    swaps = {name: (when(valid_from, planned), when(valid_from, sent)) for name, when in told.items()}
    return {
        name: swaps[name][1] + said.removeprefix(swaps[name][0])
        if name in swaps and said.startswith(swaps[name][0])
        else said
        for name, said in text.items()
    }


def _when_en(begins: datetime, sent: datetime) -> str:
    days = (begins.date() - sent.date()).days
    day = {0: "Today", 1: "Tomorrow"}.get(days) or format_skeleton("MMMEd", begins, locale="en")
    return f"{day} {begins.hour}:{begins.minute:02d}"


def _when_zh(begins: datetime, sent: datetime) -> str:
    long, short = next((long, short) for first, long, short in _PARTS_ZH if begins.hour >= first)
    days = (begins.date() - sent.date()).days
    if days in (0, 1):
        near = "明" if days else "今"
        day = near + (short or f"天{long}")
    else:
        day = format_skeleton("MMMd", begins, locale="zh") + long
    hour = begins.hour - 12 if begins.hour > 12 else begins.hour
    minute = {0: "", 30: "半"}.get(begins.minute, f"{begins.minute}分")
    return f"{day}{hour}点{minute}"
