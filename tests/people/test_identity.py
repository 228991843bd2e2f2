import unicodedata

import pytest

from people.identity import Identity, IdentityFault, is_identity, kind_of, parse, receipt
from tests.people.chain import ref

ONE_FORM = {
    ("phone", "+41791234567"): [
        "+41 79 123 45 67",
        "0041791234567",
        "+41-79-(123)4567",
        "+41.79.123.45.67",
        "\uff0b41791234567",
        "+41 (0)79 123 45 67",
        "0041 (0) 79 / 123 45 67",
        "+41\u201379\u00b7123_45.67",
    ],
    ("phone", "+390612345678"): ["+39 (0)6 12345678", "+39 06 1234 5678", "0039 (06) 12345678"],
    ("phone", "0791234567"): ["079 123 45 67", "0791234567"],
    ("card", "40001234"): [
        "4000 1234",
        "4000-1234",
        "40001234",
        " 40001234 ",
        "4000.1234",
        "4000_1234",
        "٤٠٠٠١٢٣٤",
    ],
    ("card", "7"): ["7", " 7"],
    ("card", "12/3"): ["12/3"],
    ("card", "00AB12"): ["00ab12", "00AB12"],
    ("mail", "ann.lee@example.com"): ["Ann.Lee@Example.com", "ann.lee@example.com"],
    ("app", "Ann"): ["Ann", " Ann"],
    ("device", "a1:B2"): ["a1:B2"],
    ("device", "a1-B2.3_4 5"): ["a1-B2.3_4 5", "a1\u2011B2\u30023\u203f4\u00a05", "a1\u2212B2\uff0e3\uff3f4\u20075"],
    ("receipt", "soho/o1"): ["soho/o1"],
}


@pytest.mark.parametrize(("form", "texts"), ONE_FORM.items())
def test_every_way_to_write_one_identity_is_one(form, texts):
    assert {parse(f"{form[0]}:{text}") for text in texts} == {Identity(*form)}


EVERY = [chr(code) for code in range(0x10000)]
SEPARATORS = [x for x in EVERY if unicodedata.category(x) in ("Pd", "Zs", "Pc")]
SEPARATORS += [x for x in EVERY if unicodedata.category(x) == "Po" and unicodedata.name(x, "").endswith("FULL STOP")]


@pytest.mark.parametrize("kind", ["card", "phone"])
def test_whatever_unicode_puts_between_two_letters_of_a_number_is_nothing(kind):
    assert {parse(f"{kind}:4000{sign}1234") for sign in SEPARATORS} == {Identity(kind, "40001234")}
    assert len(SEPARATORS) > 60
    # Of a device's id they are told apart by sort.
    assert len({parse(f"device:a{sign}b").value for sign in SEPARATORS}) == len("-_. ")


def test_two_identities_stay_two():
    texts = [
        "card:40001234",
        "card:4000/1234",
        "device:1-23",
        "device:12-3",
        "device:123",
        "phone:+4179123",
        "phone:+41079123",
        "phone:079123",
        "phone:+41791234567",
        "phone:0791234567",
        "card:0123",
        "card:123",
        "app:ann",
        "app:Ann",
        "mail:ann.lee@x.org",
        "mail:annlee@x.org",
    ]
    assert len({parse(text) for text in texts}) == len(texts)


BAD = [
    "phone:",
    "phone:+41",
    "phone:ask ann",
    "phone:+0791234567",
    f"phone:+{'1' * 16}",
    "card:",
    "card:--",
    "mail:ann",
    "mail:a b@c",
]
BAD += [
    "mail:a@b@c",
    "app: ",
    "app:a\u200bb",
    "app:a\nb",
    "device:" + "d" * 257,
    "receipt:o1",
    "receipt:/o1",
    "receipt:soho/",
    "ann",
    "fax:12345",
]


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_be_one_is_refused_without_repeating_it(text):
    with pytest.raises(IdentityFault) as fault:
        parse(text)
    value = text.partition(":")[2].strip()
    assert len(value) < 4 or value not in str(fault.value)


def test_kinds_of_texts():
    assert all(is_identity(text) for text in ("card:1", "Card:1", "MAIL:a@b.co", "ｃａｒｄ：1"))
    assert not any(is_identity(text) for text in ("ann", "fax:1", "gift-card:1", " card:1", ref("card1"), ""))
    assert [kind_of(text) for text in (ref("card1"), ref("receipt2"), "ann", "card:1", "card-12", ref("card1") + "0")] == [
        "card", "receipt", "user", "user", "user", "user",
    ]  # fmt: skip
    assert parse(receipt("soho", "o/1")) == Identity("receipt", "soho/o/1")


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("MAIL:Zoe@Planted.example", "mail:zoe@planted.example"),
        ("Card:4539 5787 6362 1486", "card:4539578763621486"),
        ("Phone:+41 79 111 22 33", "phone:0041791112233"),
        ("ｐｈｏｎｅ：＋４１７９１１１２２３３", "phone:+41791112233"),
        ("App:Login", "app:Login"),
    ],
)
def test_a_kind_in_whatever_letters_is_that_kind(written, same):
    assert parse(written) == parse(same)
