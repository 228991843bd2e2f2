"""What in a file of events and targets is odd but no fault: counted, so that nothing is left out or folded in silence.

What is done with each is told in docs/reference.md, "What evaluate does with odd data".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from training.catalogue import Catalogue
from training.sales import CANCELS, n_untaken

_READ = ("purchase", *CANCELS)


def odd_events(rows: pl.DataFrame, lines: pl.DataFrame, later: pl.DataFrame, n_quantities: int) -> dict[str, int]:
    """Counts over the events known.

    rows: as `training.baskets` reads them; lines: `training.sales` of them; later: rows from the cutoff on.

    | key | counts |
    |---|---|
    | anonymous_rows | rows that name no user |
    | other_types | rows of a type other than purchase, refund and void, misspelt ones included |
    | duplicate_rows | rows that repeat the event_id of one before, or without one all that is read of it |
    | out_of_order_rows | rows earlier than one that stands above them in the file, of the same user |
    | odd_quantities | rows whose quantity is given but is 0 or no number (of the whole file) |
    | cancelling_rows, cancelling_nothing | refunds, voids, negative quantities; those that found less to cancel than they say |
    | cancelled_rows | purchases of which nothing stands |
    | single_visit_users | users who bought on one day only |
    | later_products | distinct products sold only from the cutoff on |
    """
    read = rows.filter(_kind(rows).is_in(_READ))
    named = _has_id(read)
    again = named & ~read["event_id"].is_first_distinct() if named.any() else named
    unnamed, once = read.filter(~named), read.filter(~again)
    is_cancel = _kind(once).is_in(CANCELS)
    bought, cancels = once.filter(~is_cancel), once.filter(is_cancel)
    return {
        "anonymous_rows": read["user_id"].null_count(),
        "other_types": len(rows) - len(read),
        "duplicate_rows": int(again.sum()) + len(unnamed) - len(unnamed.unique()),
        "out_of_order_rows": _out_of_order(read),
        "odd_quantities": n_quantities,
        "cancelling_rows": len(cancels),
        "cancelling_nothing": n_untaken(once.lazy()) if len(cancels) else 0,
        "cancelled_rows": len(bought) - len(lines),
        "single_visit_users": len(single_visit_users(lines)),
        "later_products": len({*later["product_id"]} - {*rows["product_id"]}),
    }


def odd_lines(lines: pl.DataFrame, catalogue: Catalogue) -> dict[str, int]:
    """anonymous_rows and single_visit_users as in `odd_events`; unsold_products: in the product table, never bought."""
    return {
        "anonymous_rows": lines["user_id"].null_count(),
        "single_visit_users": len(single_visit_users(lines)),
        "unsold_products": len(catalogue.products) - lines["product_id"].n_unique(),
    }


def odd_targets(targets: pl.DataFrame, lines: pl.DataFrame) -> dict[str, int]:
    """Counts over targets (user_id, product_id, distinct), asked of `lines`.

    | key | counts |
    |---|---|
    | unknown_user_rows, unknown_product_rows | rows of users without a purchase; rows of products never sold before |
    | single_visit_users | users of whom one shopping day is known |
    """
    users, products = ({*lines[name].drop_nulls().unique()} for name in ("user_id", "product_id"))
    return {
        "unknown_user_rows": int((~_is_in(targets["user_id"], users)).sum()),
        "unknown_product_rows": int((~_is_in(targets["product_id"], products)).sum()),
        "single_visit_users": len({*targets["user_id"]} & single_visit_users(lines)),
    }


def told(result: Mapping[str, Any]) -> dict[str, Any]:
    """Of an evaluation, for a person to read: every count of odd data that is not 0, and what the model fell back on."""
    counts = {
        f"{part}: {key.replace('_', ' ')}": n
        for part in ("events", "targets")
        for key, n in result[f"odd_{part}"].items()
    }
    counts |= {f"{part}: rows left out": n for part, n in result["skipped_rows"].items()}
    notes = {f"fell back on {at}": note for at, note in enumerate(result["params"]["fell_back_on"], 1)}
    return {**{name: n for name, n in counts.items() if n}, **notes} or {"odd data": "none"}


def single_visit_users(lines: pl.DataFrame) -> set[str]:
    """Users who bought on one day only: their history counts, but teaches nothing of what comes next."""
    days = lines.lazy().drop_nulls("user_id").group_by("user_id").agg(pl.col.day.n_unique().alias("n"))
    return {*days.filter(pl.col.n == 1).select(pl.col.user_id.cast(pl.String)).collect()["user_id"]}


def types_of(rows: pl.DataFrame) -> str:
    """The types of events in the file, most frequent first, for a person to read."""
    counted = _kind(rows).value_counts().sort("count", "event_type", descending=[True, False])
    return ", ".join(f"{n:,} {name}" for name, n in counted.head(5).iter_rows())


def _kind(rows: pl.DataFrame) -> pl.Series:
    if "event_type" not in rows.columns:
        return pl.repeat("purchase", len(rows), eager=True).alias("event_type")
    return rows["event_type"].fill_null("purchase")


def _has_id(rows: pl.DataFrame) -> pl.Series:
    return rows["event_id"].is_not_null() if "event_id" in rows.columns else pl.repeat(False, len(rows), eager=True)


def _out_of_order(rows: pl.DataFrame) -> int:
    own = rows.lazy().filter(pl.col.user_id.is_not_null())
    late = pl.col.occurred_at < pl.col.occurred_at.cum_max().over("user_id")
    return int(own.select(late.sum()).collect().item())


def _is_in(column: pl.Series, known: Collection[str]) -> pl.Series:
    return column.is_in(pl.Series([*known], dtype=pl.String).implode())
