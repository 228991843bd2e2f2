"""What is read is written back byte for byte; the bytes of the protocol's own page."""

import io

import polars as pl
import pyarrow.parquet as pq
import pytest

from training.compact import BINARY, BYTE, DOUBLE, FALSE, I16, I32, I64, LIST, STRUCT, TRUE, decode, encode

# A field's header is its distance from the last and its type; whole numbers are zigzag, so -1 is 1 and 1 is 2.
BYTES = [
    ("00", {}),
    ("15 02 00", {1: (I32, 1)}),
    ("16 01 00", {1: (I64, -1)}),
    ("14 ac02 00", {1: (I16, 150)}),
    ("11 00", {1: (TRUE, None)}),
    ("12 11 00", {1: (FALSE, None), 2: (TRUE, None)}),
    ("18 03 616e6e 00", {1: (BINARY, b"ann")}),
    ("f5 02 15 04 00", {15: (I32, 1), 16: (I32, 2)}),
    ("05 20 02 00", {16: (I32, 1)}),
    ("19 25 02 04 00", {1: (LIST, (I32, [1, 2]))}),
    ("19 f5 10 " + "02" * 16 + " 00", {1: (LIST, (I32, [1] * 16))}),
    ("19 21 01 02 00", {1: (LIST, (TRUE, [1, 2]))}),
    ("1c 15 02 00 00", {1: (STRUCT, {1: (I32, 1)})}),
    ("17 000000000000f83f 00", {1: (DOUBLE, 1.5)}),
    ("13 07 00", {1: (BYTE, 7)}),
]


@pytest.mark.parametrize(("told", "fields"), BYTES)
def test_fields_and_their_bytes(told, fields):
    data = bytes.fromhex(told)
    assert decode(data) == fields
    assert encode(fields) == data


@pytest.mark.parametrize("writer", ["polars", "pyarrow"])
def test_a_footer_comes_back_as_it_was(writer):
    frame = pl.DataFrame({"user_id": ["ann", "bob", None], "n": [1, None, 3], "many": [[1.5], [], [2.5, 3.5]]})
    file = io.BytesIO()
    if writer == "polars":
        frame.write_parquet(file, row_group_size=1)
    else:
        pq.write_table(frame.to_arrow(), file, write_page_index=True, row_group_size=1)
    data = file.getvalue()
    footer = data[-8 - int.from_bytes(data[-8:-4], "little") : -8]
    fields = decode(footer)
    assert encode(fields) == footer
    assert (fields[3], len(fields[4][1][1])) == ((I64, 3), 3)


@pytest.mark.parametrize("told", ["", "15", "15 82", "18 05 61", "1b 00 00", "1f 00"])
def test_what_is_cut_short_or_unknown_is_told(told):
    with pytest.raises(ValueError, match=r"cut short|type"):
        decode(bytes.fromhex(told))
