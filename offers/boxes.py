"""Boxes: bounds within which prices lie, drawn about those of a sample and widened where the crowd's turn out otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offers.knapsack import Block, Budgets

ENDLESS = 1e15
"""A price nobody pays; infinity would make a cost of zero no number."""
SPREAD = 2.0
"""Half a box about a price is this share of it over the root of the users it was learnt from: twice what was usual."""


@dataclass(frozen=True)
class Box:
    """Bounds, lower and upper, of what a cent costs in value at each store (float64[stores+1], the last for arms of none)
    and of what a unit of each item costs (float64[items+1], the last 0)."""

    cent: tuple[np.ndarray, np.ndarray]
    unit: tuple[np.ndarray, np.ndarray]


def everything(budgets: Budgets) -> Box:
    """The box of all prices: nothing is decided but what is worthless."""
    n, k = len(budgets.store_cents) + 1, len(budgets.stock) + 1
    return Box((np.zeros(n), np.full(n, ENDLESS)), (np.zeros(k), np.append(np.full(k - 1, ENDLESS), 0.0)))


def cents_at(prices: np.ndarray, n_stores: int) -> np.ndarray:
    """float64[stores+1]: what a cent costs at each store, and without one, at prices float64[limits]."""
    return np.append(prices[0] + prices[1 : n_stores + 1], prices[0])


def around(prices: np.ndarray, budgets: Budgets, few: Block) -> Box:
    """The box in which the crowd's prices lie most likely, given those of a sample of it."""
    n = len(budgets.store_cents)
    cent = cents_at(prices, n)
    store = np.where(few.store < 0, n, few.store)
    here = np.bincount(store, minlength=n + 1) * (len(few) / max(1, len(store)))
    wide = SPREAD / np.sqrt(np.maximum(here, 1.0))
    wide[n] = min(wide[n], SPREAD / np.sqrt(len(few)))
    usual = float(np.maximum(few.value, 0).sum(dtype=np.float64) / max(1.0, float(few.cost.sum(dtype=np.float64))))
    low = np.maximum(cent * (1.0 - wide) - 0.05 * wide * usual, 0.0)
    high = cent * (1.0 + wide) + 0.25 * wide * usual
    unit = prices[n + 1 :]
    endless = np.append(np.full(len(unit) - 1, ENDLESS), 0.0)
    return Box((low, high), (np.zeros(len(unit)), endless))


def outside(prices: np.ndarray, box: Box, budgets: Budgets) -> np.ndarray:
    """bool[limits]: whose price isn't in the box."""
    n = len(budgets.store_cents)
    cent = cents_at(prices, n)
    out = (cent < box.cent[0]) | (cent > box.cent[1])
    unit = (prices[n + 1 :] < box.unit[0]) | (prices[n + 1 :] > box.unit[1])
    return np.concatenate(([out[n]], out[:n], unit))


def widened(box: Box, prices: np.ndarray, strayed: np.ndarray, budgets: Budgets) -> Box:
    """A box three times as wide about the prices, where they strayed."""
    n = len(budgets.store_cents)
    cent = cents_at(prices, n)
    out = np.append(strayed[1 : n + 1], strayed[0])
    wide = 1.5 * (box.cent[1] - box.cent[0]) + 1e-9
    low = np.where(out, np.maximum(cent - wide, 0.0), box.cent[0])
    high = np.where(out, cent + wide, box.cent[1])
    endless = np.where(strayed[n + 1 :], ENDLESS, box.unit[1])
    endless[-1] = 0.0
    return Box((low, high), (box.unit[0], endless))
