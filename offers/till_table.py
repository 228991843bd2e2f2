"""A till's own record of the coupons it paid: a CSV or Parquet file with one row a payment or return."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

NEEDED = ("coupon_id", "order_id", "discount_cents")
_TEXT = ("coupon_id", "order_id", "store_id", "event_type", "occurred_at")
COLUMNS = tuple(dict.fromkeys((*NEEDED, *_TEXT)))
"""Those that are read."""
_RETURNS = ("refund", "void")
PAYING = ("purchase", *_RETURNS, "redemption")
"""Types of event that tell of money; a row without a type is a purchase."""
SILENT = ("cart", "exposure", "impression", "rating", "view", "visit")
"""Types of event that name a coupon and pay nothing."""
MAX_CELLS = 50_000_000
"""Of a Parquet file, whose size tells nothing."""
_CENTS = re.compile("[+-]?[0-9]{1,15}")
Pair = tuple[str, str]
"""(offer, order); of a coupon nobody knows the text stands in place of the offer."""


class TillTableError(Exception):
    """The till's file can't be read. The message names the file, the row or column and what to do."""


@dataclass(frozen=True)
class TillRow:
    """`coupon` is a code as printed or an offer id; `cents` above zero was paid, below zero came back.

    A `redemption` may tell again what a purchase told."""

    coupon: str
    order_id: str
    cents: int
    store_id: str | None
    at: datetime | None
    redemption: bool = False


def read_till(path: Path) -> list[TillRow]:
    """Rows with a coupon, of WIRE's table of events or of a file with at least `coupon_id`, `order_id`, `discount_cents`.

    `discount_cents` is of the whole row, below zero when it came back; it also came back where `event_type` is refund or
    void. Rows without a coupon are other sales, and what is SILENT pays nothing; any other type is refused, since what it
    paid would be missed. `occurred_at` without an offset is UTC. Raises TillTableError.
    """
    table, rows = _read(path), []
    for number, row in enumerate(table.to_pylist(), 2):
        coupon, kind = _text(row["coupon_id"]), _kind(row.get("event_type"))
        if coupon is None or kind in SILENT:
            continue
        where = f"{path}, row {number}"
        if kind not in PAYING:
            known = ", ".join((*PAYING, *SILENT))
            raise TillTableError(f"{where}: event_type is {row['event_type']!r}; write one of {known}")
        cents = _cents(where, row["discount_cents"])
        order_id = _text(row["order_id"])
        if order_id is None:
            raise TillTableError(f"{where}: a coupon without an order_id; name the order it was paid to")
        cents = -abs(cents) if kind in _RETURNS else cents
        at = _moment(where, row.get("occurred_at"))
        rows.append(TillRow(coupon, order_id, cents, _text(row.get("store_id")), at, kind == "redemption"))
    return rows


def netted(rows: Iterable[tuple[Pair, TillRow]]) -> Counter[Pair]:
    """Cents paid less cents returned by (offer, order).

    A table of events may tell one payment twice, as a purchase and as a redemption, each in one row or several: of what
    either told the larger sum counts, so nothing is counted twice and neither hides what the other lacks.
    """
    sums: Counter[tuple[Pair, bool, bool]] = Counter()
    for pair, row in rows:
        sums[pair, row.cents > 0, row.redemption] += abs(row.cents)
    net: Counter[Pair] = Counter()
    for pair, paid in dict.fromkeys((pair, paid) for pair, paid, _ in sums):
        cents = max(sums[pair, paid, False], sums[pair, paid, True])
        net[pair] += cents if paid else -cents
    return net


def _read(path: Path) -> pa.Table:
    try:
        if path.suffix == ".parquet":
            shape = pq.read_metadata(path)
            # A few kilobytes can hold any number of equal rows.
            if (n := shape.num_rows * shape.num_columns) > MAX_CELLS:
                raise TillTableError(
                    f"{path}: {n:,} cells, at most {MAX_CELLS:,}; give its coupons' rows, or a part at a time"
                )
            names = shape.schema.to_arrow_schema().names
            _check_names(path, names)
            return pq.read_table(path, columns=[name for name in COLUMNS if name in names])
        if path.suffix == ".csv":
            kept_as_text = dict.fromkeys((*_TEXT, "discount_cents"), pa.string())
            table = pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(column_types=kept_as_text))
            _check_names(path, table.column_names)
            return table
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise TillTableError(f"{path}: can't be read ({str(error).splitlines()[0]}); export it again") from None
    raise TillTableError(f"{path}: neither .csv nor .parquet; export it as one of them")


def _check_names(path: Path, names: Sequence[str]) -> None:
    if missing := [name for name in NEEDED if name not in names]:
        raise TillTableError(f"{path}: no column {', '.join(missing)}; a till's file has {', '.join(NEEDED)}")
    for name in COLUMNS:
        if (n := names.count(name)) > 1:
            raise TillTableError(f"{path}: {n} columns {name}; keep one")


def _text(value: Any) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None


def _kind(value: Any) -> str:
    return (_text(value) or "purchase").casefold()


def _cents(where: str, value: Any) -> int:
    # Other programs store whole numbers of a column with gaps as floats.
    whole = isinstance(value, float | Decimal) and value % 1 == 0
    text = str(int(value) if whole else value).strip()
    if not _CENTS.fullmatch(text):
        raise TillTableError(f"{where}: discount_cents is {value!r}; write whole cents")
    return int(text)


def _moment(where: str, value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise TillTableError(f"{where}: occurred_at is {value!r}; write 2026-03-02T08:30:00-05:00") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
