"""CSV as rows of text, so that every bad cell can be named: nothing is guessed, cast or repaired while reading.

RFC 4180, comma separated, UTF-8 with or without a byte order mark. Polars reads the lines that are records of their own. Others
(cells with line breaks, stray quotation marks) are taken one by one, so that a mark that never closes costs its own line and
not the rest of the file.
Rows are counted from 1 after the header; a blank line counts, as it does in a spreadsheet, and is otherwise ignored.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import polars as pl

from training.bulk import check_width, listed, unpacked
from training.faults import found
from training.parts import DataError
from training.repeats import ROW

# A cell with line breaks in it may span so many lines; an open quotation mark is not followed further.
MAX_LINES = 50
# A line that is a record of its own: cells without a mark, or wholly inside of marks, those inside doubled.
_REGULAR = r'^(?:[^",]*|"(?:[^"]|"")*")(?:,(?:[^",]*|"(?:[^"]|"")*"))*$'
_QUOTED = r'"[^"]*"'
_Odd = tuple[int, list[str] | None, int]


def read_csv(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells of `path` as text (null where empty) in columns named by the header, with `ROW`; and the rows that are no rows.

    DataError when the file is empty, is UTF-16, its compression is broken, it is more than `training.bulk` allows, or its header
    names a column twice.
    """
    data = _text(path)
    lines = pl.read_lines(io.BytesIO(data))["line"]
    if lines.is_empty() or not lines[0].strip():
        raise DataError(f"{path}: is empty; its first line must name the columns")
    try:
        if not lines.slice(0, 1).str.contains(_REGULAR).item():
            raise csv.Error("a quotation mark stands where none can")
        header = [name.strip() for name in next(csv.reader([lines[0]]))]
    except csv.Error as error:
        raise DataError(
            f"{path}: its first line is no CSV ({error}); save it as CSV with line ends of LF or CRLF"
        ) from None
    check_width(path, len(header))
    twice = sorted(name for name, n in Counter([*header, ROW]).items() if n > 1)
    if twice:
        raise DataError(f"{path}: the header names {listed([*map(repr, twice)])} twice; rename or remove one")
    return _split(data, lines, header)


def _text(path: Path) -> bytes:
    data = unpacked(path)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{path}: is UTF-16; save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf")
    # Bytes that are not UTF-8 become U+FFFD, and the cells that hold it are named later.
    return data if data.isascii() or _is_utf8(data) else data.decode("utf-8", "replace").encode()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _split(data: bytes, lines: pl.Series, header: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    body, width = lines.slice(1), len(header)
    quoted = b'"' in data
    regular = body.str.contains(_REGULAR) if quoted else pl.repeat(True, len(body), eager=True)
    n_cells = (body.str.replace_all(_QUOTED, "") if quoted else body).str.count_matches(",", literal=True) + 1
    odd = _odd_records(body, (~regular).arg_true(), width)
    later = [at + n for at, _, n_lines in odd for n in range(1, n_lines)]
    starts = pl.repeat(True, len(body), eager=True).scatter(later, False)
    rows = starts.cast(pl.UInt32).cum_sum().alias(ROW)
    told = regular & starts & (body != "")
    good, wrong = told & (n_cells == width), told & (n_cells != width)
    if regular.all():
        cells = _cells(data, header, quoted).slice(1)
        cells = cells.insert_column(0, rows) if good.all() else cells.insert_column(0, rows).filter(good)
    else:
        kept = body.filter(good)
        text = "\n".join([*kept, ""]).encode()
        cells = _cells(text, header, quoted).insert_column(0, rows.filter(good)) if len(kept) else _nothing(header)
        cells = pl.concat([cells, _odd_cells(odd, rows, header)]).sort(ROW)
    miscounted = [_miscounted(rows.filter(wrong), n_cells.filter(wrong), width)]
    short = [(rows[at], len(fields)) for at, fields, _ in odd if fields and len(fields) != width]
    miscounted.append(_miscounted(pl.Series([r for r, _ in short]), pl.Series([n for _, n in short]), width))
    broken = pl.Series([rows[at] for at, fields, _ in odd if fields is None], dtype=pl.UInt32)
    return cells, pl.concat([*miscounted, found(broken, "", "broken_quote")]).sort("row")


def _cells(data: bytes, header: list[str], quoted: bool) -> pl.DataFrame:
    schema, quote = dict.fromkeys(header, pl.String), '"' if quoted else None
    cells = pl.read_csv(data, has_header=False, schema=schema, quote_char=quote, truncate_ragged_lines=True)
    return cells.with_columns(pl.when(pl.all() != "").then(pl.all())) if quoted else cells


def _odd_cells(odd: list[_Odd], rows: pl.Series, header: list[str]) -> pl.DataFrame:
    good = [
        (rows[at], *(cell or None for cell in fields)) for at, fields, _ in odd if fields and len(fields) == len(header)
    ]
    return pl.concat([_nothing(header), pl.DataFrame(good, schema=_nothing(header).schema, orient="row")])


def _nothing(header: list[str]) -> pl.DataFrame:
    return pl.DataFrame(schema={ROW: pl.UInt32, **dict.fromkeys(header, pl.String)})


def _odd_records(body: pl.Series, irregular: pl.Series, width: int) -> list[_Odd]:
    """Records at irregular lines: position, fields (None where quotation marks do not pair), number of lines taken."""
    odd: list[_Odd] = []
    after = 0
    for at in irregular:
        if at >= after:
            fields, n_lines = _record(body.slice(at, MAX_LINES).to_list(), width)
            odd.append((at, fields, n_lines))
            after = at + n_lines
    return odd


def _record(lines: list[str], width: int) -> tuple[list[str] | None, int]:
    for end, line in enumerate(lines, 1):
        if end > 1 and '"' not in line:
            continue
        try:
            fields = next(csv.reader(["\n".join(lines[:end])], strict=True))
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                continue
            break
        # Lines are joined only when that yields a proper row; else the mark was a stray one.
        if end == 1 or len(fields) == width:
            return fields, end
        break
    return None, 1


def _miscounted(rows: pl.Series, n_cells: pl.Series, width: int) -> pl.DataFrame:
    # The cells themselves are not echoed: shifted, any of them may be somebody's identity.
    return found(rows, "", "wrong_column_count", n_cells.cast(pl.String) + f" cells, the header has {width}")
