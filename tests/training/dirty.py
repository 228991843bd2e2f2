"""A small café file with one damaged cell of each kind, rows repeated, and the truth about both."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

HEADER = [
    "event_id", "event_type", "occurred_at", "user_id", "product_id", "store_id", "channel", "order_id", "quantity",
    "unit_price_cents", "discount_cents", "coupon_id",
]  # fmt: skip

# What stands in the cell, and what it must be called.
DAMAGES = [
    ("occurred_at", "2019-04-01T15:34:10", "naive_time"),
    ("occurred_at", "2019-04-01", "naive_time"),
    ("occurred_at", "2019-02-30T08:00:00-05:00", "impossible_date"),
    ("occurred_at", "2019-02-20T24:00:00Z", "impossible_date"),
    ("occurred_at", "2016-12-31T23:59:60Z", "impossible_date"),
    ("occurred_at", "2019-02-20T08:00:00+24:00", "impossible_date"),
    ("occurred_at", "2999-01-01T00:00:00Z", "out_of_range"),
    ("occurred_at", "1900-01-01T00:00:00Z", "out_of_range"),
    ("occurred_at", "", "missing"),
    ("occurred_at", "   ", "missing"),
    ("occurred_at", "1554134683", "not_a_time"),
    ("occurred_at", "yesterday", "not_a_time"),
    ("event_type", "purchse", "unknown_value"),
    ("event_type", "Purchase", "unknown_value"),
    ("event_type", "", "missing"),
    ("channel", "pigeon", "unknown_value"),
    ("product_id", "no-such-product", "unknown_product"),
    ("product_id", "", "missing"),
    ("product_id", " p1", "padded"),
    ("store_id", "999", "unknown_store"),
    ("user_id", "card:\x00\x07", "control_character"),
    ("user_id", "card:\u200b7", "control_character"),
    ("user_id", "card:" + "9" * 200, "too_long"),
    ("user_id", "card:7 ", "padded"),
    ("user_id", "nan", "null_word"),
    ("user_id", "card:\ufffd7", "bad_encoding"),
    ("quantity", "x1", "not_a_number"),
    ("quantity", "1e309", "not_a_number"),
    ("quantity", "1.5", "not_an_integer"),
    ("quantity", "2.0", "not_an_integer"),
    ("quantity", "-3", "negative"),
    ("quantity", "0", "out_of_range"),
    ("quantity", "1000001", "out_of_range"),
    ("unit_price_cents", "NaN", "not_a_number"),
    ("unit_price_cents", "inf", "not_a_number"),
    ("unit_price_cents", "3b50", "not_a_number"),
    ("unit_price_cents", "٣٥٠", "not_a_number"),
    ("unit_price_cents", "0x10", "not_a_number"),
    ("unit_price_cents", "-1", "negative"),
    ("unit_price_cents", "-99999999999999999999", "negative"),
    ("unit_price_cents", "99999999999999999999", "out_of_range"),
    ("unit_price_cents", " 350", "padded"),
    ("discount_cents", "100000", "discount_above_price"),
    ("discount_cents", "-1", "negative"),
]
EVERY = 3


@dataclass(frozen=True)
class Dirty:
    """Input files, and the truth: (data row, column, reason) of each damaged cell; how many rows are repeated."""

    files: dict[str, Path]
    truth: set[tuple[int, str, str]]
    n_repeated: int


def write(folder: Path) -> Dirty:
    """Every third row has one damaged cell; every tenth row stands again at the end."""
    rows, truth = [], set()
    for n in range(EVERY * len(DAMAGES)):
        at = f"2019-04-{1 + n % 28:02d}T{n % 24:02d}:05:06{('-04:00', 'Z', '+05:30')[n % 3]}"
        rows.append(
            [f"e{n}", "purchase", at, f"card:{n % 7}", f"p{n % 5}", f"s{n % 2}", "app", f"o{n}", "2", "350", "0", ""]
        )
        if n % EVERY == 1:
            column, cell, reason = DAMAGES[n // EVERY]
            rows[n][HEADER.index(column)] = cell
            truth.add((n + 1, column, reason))
    repeated = [rows[n] for n in range(0, len(rows), 10) if n % EVERY != 1]
    files = {name: folder / f"{name}.csv" for name in ("events", "products", "stores")}
    _write(files["events"], [HEADER, *rows, *repeated])
    _write(files["products"], [["product_id", "name", "price_cents"], *([f"p{n}", f"P {n}", "350"] for n in range(5))])
    zones = ["Asia/Shanghai", "America/New_York"]
    _write(files["stores"], [["store_id", "timezone"], *([f"s{n}", zone] for n, zone in enumerate(zones))])
    return Dirty(files, truth, len(repeated))


def shared(folder: Path) -> Dirty:
    """The damaged month of the coffee chain that lies beside the repository on the team's machines."""
    truth = list(csv.DictReader((folder / "dirty_events_sample" / "truth.csv").open()))
    chain = folder / "coffee_chain"
    files = {"products": chain / "products.csv", "stores": chain / "stores.csv"}
    files["events"] = folder / "dirty_events_sample" / "events.csv"
    return Dirty(files, {(int(cell["data_row"]), cell["column"], cell["fault"]) for cell in truth}, 100)


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
