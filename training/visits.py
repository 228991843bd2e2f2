"""Every user's visits as flat arrays, product by product: what goods and neighbours are counted from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class Visits:
    """One entry per user, visit and product, sorted by user, visit, row. A visit is a store-local day with a purchase.

    user int32 (from 0), row int32 (into `products`, ascending ids), visit int32 (from 1), day int32 (days since 1970), basket
    int32 (distinct products of that visit), number int64 (of the visit among all visits), first_of_pair bool (the user had not
    bought the product before). n_visits int32[users].
    """

    products: list[str]
    user: NDArray[np.int32]
    row: NDArray[np.int32]
    visit: NDArray[np.int32]
    day: NDArray[np.int32]
    basket: NDArray[np.int32]
    number: NDArray[np.int64]
    first_of_pair: NDArray[np.bool_]
    n_visits: NDArray[np.int32]


def visits_of(lines: pl.DataFrame, products: list[str]) -> Visits:
    """From sales lines (`training.sales`); products: ascending ids that hold all that were sold. Anonymous lines are left out."""
    own = lines.select("user_id", "product_id", pl.col.day.cast(pl.Int32)).filter(pl.col.user_id.is_not_null())
    who, what = _numbered(own["user_id"]), _numbered(own["product_id"], products)
    flat = pl.DataFrame({"user": who, "day": own["day"], "row": what}).unique().sort("user", "day", "row")
    user, row, day = (flat[name].to_numpy() for name in ("user", "row", "day"))
    new = np.ones(len(user), dtype=bool)
    new[1:] = (np.diff(user) != 0) | (np.diff(day) != 0)
    number = np.cumsum(new) - 1
    n_visits = np.bincount(user[new], minlength=int(user.max(initial=-1)) + 1).astype(np.int32)
    before = np.concatenate([[0], np.cumsum(n_visits)])
    visit = (number - before[user] + 1).astype(np.int32)
    basket = np.bincount(number, minlength=1).astype(np.int32)[number]
    first = np.zeros(len(user), dtype=bool)
    first[np.unique(user.astype(np.int64) * max(len(products), 1) + row, return_index=True)[1]] = True
    return Visits(products, user, row, visit, day, basket, number, first, n_visits)


def _numbered(ids: pl.Series, every: list[str] | None = None) -> NDArray[np.int32]:
    """Place of each id among `every`, ascending; without it, among the ids themselves. Coded ids are looked up once each."""
    kind = ids.dtype if isinstance(ids.dtype, pl.Enum) else pl.Enum(ids.unique().sort())
    codes = ids.cast(kind).to_physical().to_numpy()
    present = np.unique(codes)
    place = np.zeros(int(codes.max(initial=0)) + 1, dtype=np.int32)
    if every is None:
        place[present] = np.arange(len(present))
    else:
        names = np.asarray(kind.categories.to_numpy(), dtype=str)[present]
        place[present] = np.searchsorted(np.asarray(every, dtype=str), names)
    return place[codes]
