import secrets

import numpy as np
import pytest

from offers.codes import ALPHABET, LENGTH, canonical, new_code, shown

CODE = new_code(np.random.default_rng(7).bytes)


def test_a_code_reads_back_as_itself():
    rng = np.random.default_rng(1)
    codes = [new_code(rng.bytes) for _ in range(500)]
    assert len(set(codes)) == 500
    assert all(canonical(code) == code == canonical(shown(code)) for code in codes)
    assert {len(code) for code in codes} == {LENGTH}


def test_at_least_64_random_bits():
    # Every bit but those of the check symbol comes from the token, and a draw is thrown away five times in 37.
    assert 5 * (LENGTH - 1) >= 64 + 1
    seen = np.array([[ALPHABET.index(symbol) for symbol in new_code(secrets.token_bytes)] for _ in range(4000)])
    assert all(len(set(column)) == 32 for column in seen[:, :-1].T)


def test_a_draw_without_a_plain_check_symbol_is_thrown_away():
    # 36 << 5 has a check value of 36 << 5 % 37 = 5; the value 36 itself would need an extra symbol.
    draws = iter([(36 << 5).to_bytes(10, "big"), (64 << 5).to_bytes(10, "big")])
    assert new_code(lambda n: next(draws)) == "0" * 13 + "20" + ALPHABET[64 % 37]


def test_every_single_wrong_symbol_is_noticed():
    for place in range(LENGTH):
        for symbol in set(ALPHABET) - {CODE[place]}:
            assert canonical(CODE[:place] + symbol + CODE[place + 1 :]) is None


def test_every_pair_of_swapped_neighbours_is_noticed():
    for seed in range(40):
        code = new_code(np.random.default_rng(seed).bytes)
        for place in range(LENGTH - 1):
            one, other = code[place], code[place + 1]
            swapped = code[:place] + other + one + code[place + 2 :]
            assert canonical(swapped) == (code if one == other else None)


@pytest.mark.parametrize(
    "typed",
    [
        CODE.lower(),
        shown(CODE),
        f"  {shown(CODE)} ",
        CODE.replace("0", "O").replace("1", "I"),
        CODE.replace("0", "o").replace("1", "l"),
        shown(CODE).replace("-", "–"),
        CODE.translate({ord(c): ord(c) - 0x20 + 0xFF00 for c in CODE}),
    ],
)
def test_however_it_is_typed(typed):
    assert canonical(typed) == CODE


@pytest.mark.parametrize("typed", ["", "-", CODE[:-1], CODE + "0", CODE[:-1] + "U", "é" * 16, "💚" * 16, "0" * 1000])
def test_what_cant_be_a_code(typed):
    assert canonical(typed) is None
