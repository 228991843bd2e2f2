"""An account's number is known by its country, length and check digits, and nothing else is."""

import re

import pytest

from people.iban import SUSPECT_IBAN, has_iban

# Examples of the registry of SWIFT.
ACCOUNTS = (
    "de89370400440532013000", "gb82west12345698765432", "ch9300762011623852957", "no9386011117947", "be68539007547034",
    "fr1420041010050500013m02606", "nl91abna0417164300", "at611904300234573201", "ad1200012030200359100100",
    "it60x0542811101000000123456", "mt84malt011000012345mtlcast001s",
)  # fmt: skip


@pytest.mark.parametrize("account", ACCOUNTS)
def test_each_is_seen_in_one_piece_in_fours_and_among_words(account):
    fours = " ".join(account[at : at + 4] for at in range(0, len(account), 4))
    for text in (account, fours, f"to {fours} please", f"({account})", f"iban:{account}"):
        assert has_iban(text), text
        assert re.search(SUSPECT_IBAN, text.upper()), text


@pytest.mark.parametrize("account", ACCOUNTS)
def test_one_digit_changed_one_too_few_or_too_many_and_it_is_none(account):
    changed = account[:3] + str((int(account[3]) + 1) % 10) + account[4:]
    for text in (
        changed,
        account[:-1],
        account + "0",
        "x" + account,
        "zz" + account[2:],
        account[:2] + "-" + account[2:],
    ):
        assert not has_iban(text), text


@pytest.mark.parametrize("text", ["ad140ff0f6d1fdda2f0cb02d", "", "de", "de89", "order-de89", "ch93 zoe"])
def test_what_only_begins_like_one(text):
    assert not has_iban(text)
