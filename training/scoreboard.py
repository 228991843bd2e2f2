"""A ranker and the counting baselines asked the same question: what does each user take next? Full ranking, nothing sampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.ranker import Ranker
from models.scoring import top_k
from training.baselines import popular_rows, rankings
from training.cases import Case, Known, taken_by
from training.metrics import Truth, summary

Report = Callable[[str, int, int], None]
_STEP = 100


def rank(ranker: Ranker, cases: Sequence[Case], k: int, report: Report) -> NDArray[np.int64]:
    """int64[len(cases), k]: rows of `ranker.product_ids`, best first, -1 after the last; the same call that serves."""
    ranked = np.full((len(cases), k), -1, dtype=np.int64)
    for number, case in enumerate(cases):
        if number % _STEP == 0:
            report("ranking every product for every user", number, len(cases))
        rows = top_k(ranker.score(case.history, store_id=case.store_id, hour_of_week=None).score, k)
        ranked[number, : len(rows)] = rows
    report("ranking every product for every user", len(cases), len(cases))
    return ranked


def scoreboard(
    ranker: Ranker, known: Known, cases: Sequence[Case], targets: pl.DataFrame, ks: Sequence[int], report: Report
) -> dict[str, Any]:
    """Metrics of `ranker` and of each baseline, in the shape WIRE.md gives, with counts of what was unknown.

    known: all sales before the targets. targets: user_id, product_id, distinct; cases: its users, ascending. A product that was
    never sold before is a miss for every ranking; a user without a past gets the ranking of a cold start.
    """
    taken = taken_by(targets)
    products = sorted({*ranker.product_ids.ids, *known.lines["product_id"].unique()})
    number = {product: row for row, product in enumerate(products)}
    counted = known.histories.numbered(products)
    index = {user: at for at, user in enumerate(counted.users)}
    users = np.array([index.get(user, -1) for user in taken], dtype=np.int64)
    truth = _truth(taken, number, known.lines)
    mine = rank(ranker, cases, max(ks), report)
    renumbered = np.array([number[product] for product in ranker.product_ids.ids], dtype=np.int64)
    board: dict[str, Any] = {**summary(np.where(mine >= 0, renumbered[mine], -1), truth, ks)}
    counting = rankings(counted, users, popular_rows(known.lines, products), max(ks))
    for name, ranked in counting.items():
        found = summary(ranked, truth, ks)
        board.setdefault("baselines", {})[name] = {**found["k"], **found}
    sold = set(known.lines["product_id"].unique())
    return {
        **board,
        "n_users": len(taken),
        "n_users_repeat": len(np.unique(truth.owner[truth.seen])),
        "n_users_explore": len(np.unique(truth.owner[~truth.seen])),
        "n_products": len(products),
        "unknown_users": int((users < 0).sum()),
        "unknown_target_products": len({product for basket in taken.values() for product in basket} - sold),
    }


def _truth(taken: Mapping[str, frozenset[str]], number: Mapping[str, int], lines: pl.DataFrame) -> Truth:
    pairs = [(user, product) for user, basket in taken.items() for product in sorted(basket)]
    asked = pl.DataFrame(pairs, schema={"user_id": pl.String, "product_id": pl.String}, orient="row")
    # In the lines' own type (`sales.coded`), where an id they lack is null and meets nothing.
    asked = asked.with_columns(pl.col(name).cast(lines.schema[name], strict=False) for name in asked.columns)
    bought = lines.lazy().select("user_id", "product_id").unique().with_columns(seen=pl.lit(True)).collect()
    seen = asked.join(bought, on=["user_id", "product_id"], how="left", maintain_order="left")["seen"]
    sizes = [len(basket) for basket in taken.values()]
    return Truth(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.array([number.get(product, -1) for _, product in pairs], dtype=np.int32),
        seen.fill_null(False).to_numpy(),
    )
