"""A till's own record of the coupons it paid: a CSV or Parquet file with one row a payment or return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

NEEDED = ("coupon_id", "order_id", "discount_cents")
_TEXT = ("coupon_id", "order_id", "store_id", "event_type", "occurred_at")
_RETURNS = ("refund", "void")


class TillTableError(Exception):
    """The till's file can't be read. The message names the file, the row or column and what to do."""


@dataclass(frozen=True)
class TillRow:
    """`coupon` is a code as printed or an offer id; `cents` above zero was paid, below zero came back."""

    coupon: str
    order_id: str
    cents: int
    store_id: str | None
    at: datetime | None


def read_till(path: Path) -> list[TillRow]:
    """Rows with a coupon, of WIRE's table of events or of a file with at least `coupon_id`, `order_id`, `discount_cents`.

    `discount_cents` is of the whole row, below zero when it came back; it also came back where `event_type` is refund or
    void. Rows without a coupon are other sales. `occurred_at` without an offset is UTC. Raises TillTableError.
    """
    table = _read(path)
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise TillTableError(f"{path}: no column {', '.join(missing)}; a till's file has {', '.join(NEEDED)}")
    rows = []
    told = [(number, row) for number, row in enumerate(table.to_pylist(), 2) if _text(row.get("coupon_id"))]
    sales = {_text(row.get("event_type")) for _, row in told} & {None, "purchase"}
    # A table of events may tell one sale as a purchase and as a redemption, and the offer as shown.
    counted = {None, "purchase", *_RETURNS} if sales else {"redemption", *_RETURNS}
    for number, row in told:
        if _text(row.get("event_type")) not in counted:
            continue
        try:
            cents = int(str(row["discount_cents"]).strip())
        except ValueError:
            raise TillTableError(
                f"{path}, row {number}: discount_cents is {row['discount_cents']!r}; write whole cents"
            ) from None
        if not _text(row["order_id"]):
            raise TillTableError(f"{path}, row {number}: a coupon without an order_id; name the order it was paid to")
        back = row.get("event_type") in _RETURNS
        at = _moment(path, number, row.get("occurred_at"))
        coupon, order_id = str(row["coupon_id"]).strip(), str(row["order_id"]).strip()
        rows.append(TillRow(coupon, order_id, -abs(cents) if back else cents, _text(row.get("store_id")), at))
    return rows


def _read(path: Path) -> pa.Table:
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path)
        if path.suffix == ".csv":
            kept_as_text = dict.fromkeys((*_TEXT, "discount_cents"), pa.string())
            return pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(column_types=kept_as_text))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise TillTableError(f"{path}: can't be read ({str(error).splitlines()[0]}); export it again") from None
    raise TillTableError(f"{path}: neither .csv nor .parquet; export it as one of them")


def _text(value: Any) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None


def _moment(path: Path, number: int, value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise TillTableError(
            f"{path}, row {number}: occurred_at is {value!r}; write 2026-03-02T08:30:00-05:00"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
