"""Rows decoded together beside each parsed by itself, on whatever can stand there."""

import random

import numpy as np
import pytest
from feast.protos.feast.types.Value_pb2 import BoolList, FloatList, Int64List, StringList, Value
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from models.history import LATEST_S, History
from models.packed import LONGEST, Packed
from serving.history_decode import histories_of
from serving.history_kind import NAMES, history_kind
from serving.packed_lists import varint

COLUMNS = ("counts", "decayed", "last_visit", "last_at_s")
WORD = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=11),
    st.text("ab\n", min_size=8, max_size=12),
    st.text("0123456789", min_size=1, max_size=LONGEST + 2),
)
COUNT = st.one_of(st.floats(2**-20, 2.0**20, width=32), st.sampled_from([0.0, -1.0, np.inf, np.nan]))
N_VISITS = st.one_of(st.integers(1, 300), st.sampled_from([0, -1, 2**31 - 1, 2**31, 2**40, 2**62]))
AT_S = st.one_of(st.integers(1_600_000_000, 2**34), st.integers(-(2**63), 2**63 - 1))


def of_each(rows):
    """What a parser makes of each row."""
    return [alone(row) for row in rows]


def alone(row):
    if None in row:
        return "history: a feature is missing"
    try:
        ids, counts, decayed, visits, times, n_visits = map(Value.FromString, row)
        return History.of(
            list(ids.string_list_val.val),
            list(counts.float_list_val.val),
            list(decayed.float_list_val.val),
            list(visits.int64_list_val.val),
            list(times.int64_list_val.val),
            n_visits.int64_val,
        )
    except (DecodeError, OverflowError):
        return "history: not what Feast writes"
    except ValueError as error:
        return str(error)


def decoded(rows):
    return histories_of(rows, Value.FromString)


def same(mine, theirs):
    if isinstance(theirs, str):
        assert isinstance(mine, ValueError)
        assert str(mine) == theirs
        return
    assert (tuple(mine.product_ids), mine.n_visits) == (tuple(theirs.product_ids), theirs.n_visits)
    for name in COLUMNS:
        one, other = getattr(mine, name), getattr(theirs, name)
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()


def row_of(history) -> list[bytes]:
    told = history_kind().to_bytes(history)
    return [told[name] for name in NAMES]


@st.composite
def rows(draw):
    """As Feast writes them, whatever they say."""
    ids = draw(st.lists(WORD, max_size=9))
    ids = sorted(set(ids)) if draw(st.booleans()) else ids
    n_visits = draw(N_VISITS)
    visit = st.integers(1, max(n_visits, 1)) if draw(st.booleans()) else st.integers(-3, 2**33)
    sizes = [len(ids) + draw(st.sampled_from([0] * 9 + [1])) for _ in range(4)]
    counts, decayed = ([draw(COUNT) for _ in range(size)] for size in sizes[:2])
    visits, times = ([draw(kind) for _ in range(size)] for kind, size in zip((visit, AT_S), sizes[2:], strict=True))
    return [
        Value(string_list_val=StringList(val=ids)).SerializeToString(),
        *(Value(float_list_val=FloatList(val=each)).SerializeToString() for each in (counts, decayed)),
        *(Value(int64_list_val=Int64List(val=each)).SerializeToString() for each in (visits, times)),
        Value(int64_val=n_visits).SerializeToString(),
    ]


@st.composite
def sound(draw):
    ids = sorted(draw(st.sets(st.text("0123abé", min_size=1, max_size=12), min_size=1, max_size=12)))
    n_visits = draw(st.integers(1, 2**31 - 1))
    kinds = (st.floats(2**-20, 2.0**20, width=32),) * 2 + (st.integers(1, n_visits), st.integers(0, LATEST_S))
    return History.of(ids, *([draw(kind) for _ in ids] for kind in kinds), n_visits)


@st.composite
def noisy(draw):
    """A row of which somebody changed some bytes."""
    row = draw(st.one_of(rows(), sound().map(row_of)))
    at, value = draw(st.integers(0, 5)), None
    value = bytearray(row[at])
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.integers(0, len(value)))
        value[where : where + draw(st.integers(0, 2))] = draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b"\n", b"\n\n"]))
        )
    row[at] = draw(st.sampled_from([bytes(value), bytes(value), row[at - 1], b"", None]))
    return row


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(rows(), noisy(), sound().map(row_of)), max_size=5))
def test_each_row_is_what_a_parser_makes_of_it(several):
    for mine, theirs in zip(decoded(several), of_each(several), strict=True):
        same(mine, theirs)


@settings(deadline=None)
@given(st.lists(sound(), min_size=1, max_size=4))
def test_sound_rows_are_not_parsed(several):
    found = histories_of([row_of(history) for history in several], None)
    for mine, theirs in zip(found, several, strict=True):
        same(mine, theirs)
        assert isinstance(mine.product_ids, Packed)


SOME = History.of(["a", "b" * 10, "c"], [1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3], 3)


def long(tag: int, body: bytes) -> bytes:
    return varint(tag << 3 | 2) + varint(len(body)) + body


IDS = b"".join(long(1, name.encode()) for name in SOME.product_ids)
WAYS = {
    "not packed": (3, long(14, b"\x08\1\x08\2\x08\3")),
    "packed in two": (3, long(14, long(1, b"\1\2") + long(1, b"\3"))),
    "floats not packed": (1, long(16, b"".join(b"\x0d" + np.float32(n).tobytes() for n in (1, 2, 3)))),
    "a length longer than it must be": (0, b"\x62" + bytes([len(IDS) | 128, 0]) + IDS),
    "a length longer than it must be inside": (0, long(12, b"\x0a\x81\0a" + IDS[3:])),
    "a number longer than it must be": (5, b"\x20\x83\0"),
    "a field nobody knows, before": (0, b"\xf8\x06\1" + long(12, IDS)),
    "a field nobody knows, after": (0, long(12, IDS) + b"\xf8\x06\1"),
    "a field nobody knows, inside": (0, long(12, b"\x10\1" + IDS)),
    "the last of two": (0, long(12, long(1, b"x")) + long(12, IDS)),
    "one kind after another": (0, Value(bool_list_val=BoolList(val=[True])).SerializeToString() + long(12, IDS)),
    "another kind after it": (0, long(12, IDS) + b"\x20\1"),
    "another kind": (5, Value(float_val=3.0).SerializeToString()),
    "two numbers": (5, b"\x20\1\x20\3"),
    "no text": (0, long(12, long(1, b"\xff") + IDS[3:])),
    "a letter in two": (0, long(12, long(1, b"\xc3") + long(1, b"\xa9") + long(1, b"d"))),
    "an id twice": (0, long(12, long(1, b"a") * 3)),
    "ids out of order": (0, long(12, long(1, b"b") + long(1, b"a") + long(1, b"c"))),
    "below zero": (4, Value(int64_list_val=Int64List(val=[-1, -(2**63), 5])).SerializeToString()),
    "more visits than there were": (3, Value(int64_list_val=Int64List(val=[1, 2, 4])).SerializeToString()),
    "no visit": (3, Value(int64_list_val=Int64List(val=[1, 0, 3])).SerializeToString()),
    "nothing": (0, b""),
    "zeros of a size that no list has": (0, bytes(130)),
}


@pytest.mark.parametrize("way", WAYS)
def test_another_way_of_writing_is_read_and_what_is_none_refused_alone(way):
    at, value = WAYS[way]
    row = row_of(SOME)
    row[at] = value
    before, mine, after = decoded([row_of(SOME), row, row_of(SOME)])
    same(mine, alone(row))
    same(before, SOME)
    same(after, SOME)


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("number", [0.0, -1.0, np.inf, -np.inf, np.nan])
def test_a_weight_that_none_can_be_is_refused(at, number):
    row = row_of(SOME)
    row[at] = Value(float_list_val=FloatList(val=[1, number, 1])).SerializeToString()
    before, refused, after = decoded([row_of(SOME), row, row_of(SOME)])
    assert str(refused) == "history: counts and decayed must be finite and above zero"
    same(before, SOME)
    same(after, SOME)


@pytest.mark.parametrize(
    ("at_s", "is_sound"), [(0, True), (LATEST_S, True), (-1, False), (LATEST_S + 1, False), (2**62, False)]
)
def test_a_moment_that_no_calendar_has_is_refused_alone(at_s, is_sound):
    row = row_of(SOME)
    row[4] = Value(int64_list_val=Int64List(val=[1, at_s, 3])).SerializeToString()
    before, found, after = decoded([row_of(SOME), row, row_of(SOME)])
    same(found, alone(row))
    assert isinstance(found, History) == is_sound
    same(before, SOME)
    same(after, SOME)


@pytest.mark.parametrize("most", [2**31 - 1, 2**31, 2**32 + 1])
def test_a_visit_is_no_more_than_is_kept_of_it(most):
    row = row_of(SOME)
    row[3] = Value(int64_list_val=Int64List(val=[1, 2, most])).SerializeToString()
    row[5] = Value(int64_val=2**40).SerializeToString()
    [found] = decoded([row])
    same(found, alone(row))
    assert isinstance(found, History) == (most < 2**31)


@pytest.mark.parametrize("field", range(6))
def test_a_feature_that_is_missing_is_told(field):
    row = row_of(SOME)
    row[field] = None
    before, missing, after = decoded([row_of(SOME), row, row_of(SOME)])
    assert str(missing) == "history: a feature is missing"
    same(before, SOME)
    same(after, SOME)


def test_of_a_full_block_each_keeps_its_own_memory_and_no_more():
    rng = random.Random(7)
    names = [[str(rng.randrange(10**6, 10**8)) for _ in range(512)] for _ in range(15)] + [["x" * LONGEST]]
    block = [
        History.of(sorted(set(ids)), *([1 + i % 9 for i in range(len(set(ids)))] for _ in range(4)), 9) for ids in names
    ]
    found = decoded([row_of(history) for history in block])
    for mine, theirs in zip(found, block, strict=True):
        same(mine, theirs)
    for history in found[:-1]:
        arrays = [history.product_ids.words, *(getattr(history, name) for name in COLUMNS)]
        assert sum(held(array) for array in arrays) == 28 * len(history)


def held(array) -> int:
    while array.base is not None and isinstance(array.base, np.ndarray):
        array = array.base
    return len(array.base) if array.base is not None else array.nbytes


def test_nobody_asks_for_nothing():
    assert decoded([]) == []
