"""Screening: of a block, the arms that can be best at some prices within a box; most users are decided by that alone.

With the price of a cent at each store between two bounds, an arm's worth lies between two values. An arm whose upper one
is below another's lower one is never chosen. A row whose only survivor is one arm, or nothing, is decided whatever the
prices in the box. Arms that alone cost more than their budgets, or whose item is sold out, are in no plan at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from offers.boxes import Box, everything
from offers.knapsack import Block, Budgets
from offers.rows import Rows, Split, split

ROUNDING = 1e-6
"""Of the largest worth of a block: more than float32 loses in it."""


@dataclass(frozen=True)
class Screened:
    """What a block comes to: rows still open, and the arms of decided rows (user, place of the arm in the block)."""

    open: Rows
    user: np.ndarray
    """int64[k]: users of the whole source."""
    arm: np.ndarray
    """int64[k]: places in the block's arrays."""


def every_row(block: Block, budgets: Budgets) -> Rows:
    """All rows of a block, none of them decided, without the arms that are worthless or in no plan."""
    return screen(block, budgets, everything(budgets), decide=False).open


def screen(block: Block, budgets: Budgets, box: Box, decide: bool = True) -> Screened:
    """Split the block's rows into decided and open ones (all open, unless `decide`); drop the arms that can't be best."""
    rows = split(block)
    order = rows.order if rows.order is not None else slice(None)
    low, high, slack = worth(block, budgets, box)
    low, high = low[order], high[order]
    width = block.width if rows.order is None else None
    floor = np.maximum(_row_max(low, rows.indptr, width), 0.0)
    sizes = np.diff(rows.indptr)
    if width is not None and width > 0:
        keep = (high.reshape(-1, width) >= (floor - slack)[:, None]).ravel()
    else:
        keep = high >= np.repeat(floor - slack, sizes)
    keep &= high > 0
    alive = np.flatnonzero(keep)
    n_alive = np.diff(np.searchsorted(alive, rows.indptr))
    sure = (floor > slack) & ~rows.coupled & (n_alive == 1)
    is_open = (n_alive > 0) & ~(sure & decide)
    row = np.repeat(np.arange(len(sizes)), n_alive)
    arm = alive if rows.order is None else rows.order[alive]
    of_open = is_open[row]
    return Screened(
        _open(block, budgets, rows, arm[of_open], is_open, n_alive[is_open]),
        rows.user[row[~of_open]] + block.first_user,
        arm[~of_open],
    )


def worth(block: Block, budgets: Budgets, box: Box) -> tuple[np.ndarray, np.ndarray, float]:
    """Least and most worth of every arm within the box, minus infinity for arms in no plan; and how far rounding goes."""
    value, cost, store = block.value, block.cost, block.store
    real, most = value.dtype, float(value.max(initial=0.0))
    known = -1 <= store.min(initial=-1) <= store.max(initial=-1) < len(budgets.store_cents)
    if not np.isfinite(most) or cost.min(initial=0) < 0 or not known:
        raise ValueError(
            f"users from {block.first_user} on: a value that is no number, a cost below 0 or an unknown store"
        )
    cents = cost.astype(real)
    low, high = (value - cents * bound.astype(real)[store] for bound in (box.cent[1], box.cent[0]))
    if block.item is not None:
        low, high = low - box.unit[1].astype(real)[block.item], high - box.unit[0].astype(real)[block.item]
    for never in _never(block, budgets):
        low[never], high[never] = -np.inf, -np.inf
    return low, high, most * ROUNDING


def _never(block: Block, budgets: Budgets) -> Iterator[np.ndarray]:
    """Masks bool[a] of arms that are in no plan: dearer than a budget, of an item sold out, of a user who may take none."""
    fit = _fit(budgets)
    if block.cost.max(initial=0) > fit.min():
        yield block.cost > fit[block.store]
    if block.item is not None:
        yield ~np.append(budgets.stock > 0, True)[block.item]
    if (block.caps < 1).any():
        yield np.repeat(block.caps < 1, np.diff(block.indptr))


def _fit(budgets: Budgets) -> np.ndarray:
    limits = budgets.limits
    return np.append(np.minimum(limits[1 : 1 + len(budgets.store_cents)], limits[0]), limits[0])


def _row_max(worth: np.ndarray, indptr: np.ndarray, width: int | None) -> np.ndarray:
    if width is not None and width > 0:
        return np.max(worth.reshape(-1, width), axis=1)
    return np.maximum.reduceat(worth, indptr[:-1]) if len(indptr) > 1 else np.empty(0, worth.dtype)


def _open(block: Block, budgets: Budgets, rows: Split, arm: np.ndarray, is_open: np.ndarray, sizes: np.ndarray) -> Rows:
    user = rows.user[is_open]
    item = None if block.item is None else block.item[arm]
    return Rows(
        user=user + block.first_user,
        group=np.where(rows.coupled[is_open], user + block.first_user, -1),
        cap=block.caps[user],
        indptr=np.concatenate(([0], np.cumsum(sizes))),
        place=(arm - block.indptr[np.repeat(user, sizes)] + 1).astype(np.int32),
        value=block.value[arm].astype(np.float64),
        cost=block.cost[arm].astype(np.int64),
        store=budgets.store_limit(block.store[arm]),
        item=budgets.item_limit(item, len(arm)),
    )
