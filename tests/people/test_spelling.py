"""How an id may be written is one decision, and both doors keep to it in every letter there is."""

import sys
from unicodedata import category

import polars as pl
import pytest

from feature_repo.events import in_one_form
from people.identity import IdentityFault, parse
from people.spelling import NULL_WORDS, misspelt, unseen
from training.cells import read_id

LETTERS = [chr(n) for n in range(sys.maxunicode + 1) if not 0xD800 <= n < 0xE000]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((word, "null_word") for word in sorted(NULL_WORDS)),
        ("undefined1", None), ("Nancy", None), ("nil", None), ("nan ", "padded"),
        ("a", None), (" a", "padded"), ("a ", "padded"), ("a b", None), ("\u00a0a", "padded"), ("a\u3000", "padded"),
        (" ", "padded"),
        ("a\u200bb", "control_character"), ("\ufeffa", "control_character"), ("a\u00adb", "control_character"),
        ("a\u2028", "control_character"), ("a\x00", "control_character"), ("\ta", "control_character"),
        ("a\x7fb", "control_character"),
        ("a\U00013439", "control_character"), ("a\U0001343f", "control_character"), ("a\U00013438", "control_character"),
        ("a\U00013000", None), ("a\ue000", None), ("☕é小", None), ("a\ud83d", "control_character"), ("a\ufffd", "bad_encoding"),
        ("a" * 128, None), ("a" * 129, "too_long"), ("\u0958" * 64, None), ("\u0958" * 65, "too_long"),
    ],
)  # fmt: skip
def test_what_an_id_may_be(text, reason):
    assert misspelt(text) == reason


@pytest.mark.parametrize("around", ["{}", "a{}b", "{}b", "a{}"])
def test_files_and_requests_agree_on_every_letter_and_write_it_alike(around):
    texts = [around.format(letter) for letter in LETTERS]
    cells = read_id(pl.Series(range(len(texts)), dtype=pl.UInt32), pl.Series("id", texts))
    by_file = cells.values.to_list()
    reasons = dict(zip(cells.faults["row"], cells.faults["reason"], strict=True))
    for n, text in enumerate(texts):
        reason = misspelt(text)
        if text.strip():
            assert reasons.get(n) == reason, ascii(text)
        assert by_file[n] == (None if reason else in_one_form(text)), ascii(text)


def test_the_class_is_of_the_letters_that_this_python_does_not_show():
    found = pl.Series(LETTERS).str.contains(unseen())
    told = [category(letter) in ("Cc", "Cf", "Cn", "Zl", "Zp") for letter in LETTERS]
    assert found.to_list() == told
    assert 1000 < sum(told) < len(LETTERS)


@pytest.mark.parametrize("text", ["card:undefined", "app: null", "PHONE:NaN", "device:[object Object]", "receipt:soho/null",
                                  "receipt:undefined/1", "card:ｎｕｌｌ", "app:\ufffd"])  # fmt: skip
def test_a_word_for_nothing_is_nobodys_identity(text):
    with pytest.raises(IdentityFault, match="word for nothing"):
        parse(text)


@pytest.mark.parametrize("text", ["card:undefined1", "app:nullable", "receipt:soho/null-7"])
def test_a_word_that_only_begins_so_is_somebodys(text):
    assert parse(text)
