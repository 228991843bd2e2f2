"""A ranker and the counting baselines asked the same question: what does each user take next? Full ranking, nothing sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.ranker import Ranker
from training.baselines import popular_rows, rankings
from training.cases import Case, Known, taken_by
from training.metrics import Truth, hits_of, per_user
from training.ranked import Report, rank

MODEL = "model"


@dataclass(frozen=True)
class Contest:
    """The rankings and what was taken; row u of every array is user `users[u]`, and a product row counts in `products`.

    rankings: name to int64[n_users, k], best first, -1 after the last; `model` first, then the baselines.
    n_visits int64[n_users]: visits before the question, 0 for somebody unknown. popular int64: rows of all products sold, most
    sold first. n_unknown_products: distinct target products that were never sold before. weights float64[n_users], positive: how
    much each user counts in every mean, alike if None.
    """

    users: list[str]
    products: list[str]
    truth: Truth
    rankings: Mapping[str, NDArray[np.int64]]
    n_visits: NDArray[np.int64]
    popular: NDArray[np.int64]
    n_unknown_products: int
    weights: NDArray[np.float64] | None = None

    @property
    def baselines(self) -> list[str]:
        """Every ranking's name but the model's."""
        return [name for name in self.rankings if name != MODEL]

    def values(self, name: str, k: int) -> NDArray[np.float64]:
        """float64[n_users, 4]: each user's own metrics of the first k, columns as in `metrics.KEYS`, over whole targets.

        All in [0, 1]. k: at most the k of `contest`, or a longer list is taken for the shorter that was ranked.
        """
        whole = np.ones(len(self.truth.rows), bool)
        return per_user(hits_of(self.rankings[name][:, :k], self.truth, whole), self.truth.sizes(whole))


def contest(
    ranker: Ranker, known: Known, cases: Sequence[Case], targets: pl.DataFrame, k: int, report: Report
) -> Contest:
    """Let `ranker` and each baseline rank the first k products for every user of `targets`.

    known: all sales before the targets. targets: user_id, product_id (text), distinct, without nulls. cases: one per user of
    targets, ascending by id: case u is who row u of every array is about. report: told (what, done, total). A product that was
    never sold before is a miss for every ranking; a user without a past gets the ranking of a cold start. Nothing is random.
    """
    taken = taken_by(targets)
    sold = known.lines["product_id"].unique().to_list()
    products = sorted({*ranker.product_ids.ids, *sold})
    number = {product: row for row, product in enumerate(products)}
    counted = known.histories.numbered(products)
    index = {user: at for at, user in enumerate(counted.users)}
    users = np.array([index.get(user, -1) for user in taken], dtype=np.int64)
    popular = popular_rows(known.lines, products)
    mine = rank(ranker, cases, k, report)
    renumbered = np.array([number[product] for product in ranker.product_ids.ids], dtype=np.int64)
    return Contest(
        list(taken),
        products,
        _truth(taken, number, known.lines),
        {MODEL: np.where(mine >= 0, renumbered[mine], -1), **rankings(counted, users, popular, k)},
        np.append(counted.n_visits, 0)[users].astype(np.int64),  # the last stands for index -1
        popular,
        len({product for basket in taken.values() for product in basket} - set(sold)),
    )


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
