"""What a plan made again within the day is worth: a morning's plan alone, made again every hour, and one that knew it all.

A day of ten hours on the planner's instances: everybody has a window in one of them. At three the money is raised by a third, at
five one shelf in three is filled up and one in three is empty, where what nobody has been sent yet is withdrawn. A coupon
costs its discount or nothing by the chance that its cost was reckoned with, so what is left is never quite what was planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from bench.plan_instances import instances
from bench.results import Row, row
from offers.allotment import allot
from offers.choice import Choice
from offers.knapsack import Arrays, Block, Budgets
from offers.plan_check import faults

HOURS, RAISED_AT, MOVED_AT, RAISE = 10, 3, 5, 1 / 3
KINDS = ("random", "every store binds", "stock of one", "whole numbers", "equal slopes")
"""Instances in which money or stock binds and everybody takes one arm."""
N, USERS = 48, (1_000, 2_000)
Planner = Callable[[Block, Budgets], np.ndarray]
"""(who may still be sent something, what is left) to int[users]: an arm each, 0 is nothing."""


def rows() -> list[Row]:
    """Values as shares of what a plan would have earned that knew in the morning what money and shelves would become."""
    days = list(_days())
    alone, again, knew = (np.array(values) for values in zip(*days, strict=True))
    told = f"{len(days)} days of {USERS[0]:,} to {USERS[1]:,} people whose money and shelves move"
    morning = 100 * float(alone.sum() / knew.sum())
    return [
        row(f"value beside a plan that knew, planned in the morning, {told}", morning, "%"),
        row(f"value beside a plan that knew, planned again every hour, {told}", 100 * float(again.sum() / knew.sum()), "%",
            against="in the morning alone", against_value=morning,
            reach="no less than the morning's on any day", met=bool((again >= alone - 1e-6).all())),
    ]  # fmt: skip


def _days() -> Iterator[tuple[float, float, float]]:
    for number, (kind, source, budgets) in enumerate(instances(N, USERS, 3)):
        if kind in KINDS:
            day = Day(source.whole, budgets, np.random.default_rng((4, number)))
            yield day.value(None), day.value(planned), day.known()


def planned(block: Block, left: Budgets) -> np.ndarray:
    """As `daypart plan` does. Raises RuntimeError when the auditor finds a fault."""
    source = Arrays(block)
    choice: Choice = allot(source, left)
    if wrong := faults(source, left, choice):
        raise RuntimeError(f"the plan is at fault: {wrong}")
    return choice.arm


class Day:
    """One day of an instance: when each one's window is, what becomes of coupons, how money and shelves move."""

    def __init__(self, block: Block, budgets: Budgets, rng: np.random.Generator) -> None:
        n, a, n_items = len(block), len(block.value), len(budgets.stock)
        self.block, self._limits = block, budgets.limits.astype(np.float64)
        self._user = np.repeat(np.arange(n), np.diff(block.indptr))
        self._hour = rng.integers(0, HOURS, n)
        self._p = rng.uniform(0.05, 0.5, n)
        self._used = rng.random(n) < self._p
        self._money = 1 + len(budgets.store_cents)
        fate = rng.integers(0, 3, n_items)
        self._full, self._empty = fate == 0, fate == 1
        self._item = budgets.item_limit(block.item, a) - self._money
        self._places = (np.zeros(a, np.int64), budgets.store_limit(block.store), self._item + self._money)

    def value(self, again: Planner | None) -> float:
        """Of all that was sent: by the morning's plan, and by another one every hour if there is one."""
        sent = self._taken(planned(self.block, self._given(0)), np.arange(len(self.block)))
        for hour in range(1, HOURS):
            if hour == MOVED_AT:
                sent = sent[~(self._gone(sent) & (self._hour[self._user[sent]] >= hour))]
            if again is not None:
                waits = self._hour >= hour
                waits[self._user[sent]] = False
                users = np.flatnonzero(waits)
                sent = np.append(sent, self._taken(again(self._of(users, hour), self._left(sent, hour)), users))
        return float(self.block.value[sent].sum(dtype=np.float64))

    def known(self) -> float:
        """The bound of a plan that knows in the morning what there will be."""
        most, lost = self._given(HOURS), self._gone(np.arange(len(self.block.value)))
        late = self._hour[self._user] >= MOVED_AT
        value = np.where(lost & late, 0.0, self.block.value)
        stock = np.maximum(self._given(0).stock, most.stock)
        return allot(Arrays(replace(self.block, value=value)), replace(most, stock=stock)).bound_cents

    def _given(self, hour: int) -> Budgets:
        limits = self._limits.copy()
        if hour >= RAISED_AT:
            limits[: self._money] *= 1 + RAISE
        stock = limits[self._money : -1]
        if hour >= MOVED_AT:
            stock = np.where(self._empty, 0, np.where(self._full, 2 * stock + 2, stock))
        whole = limits.astype(np.int64)
        return Budgets(int(whole[0]), whole[1 : self._money], stock.astype(np.int64))

    def _left(self, sent: np.ndarray, hour: int) -> Budgets:
        """What was given less what coupons cost, or are expected to while their hour isn't over."""
        user, limits = self._user[sent], self._given(hour).limits
        over = self._hour[user] < hour
        cost = np.where(
            over, np.where(self._used[user], self.block.cost[sent] / self._p[user], 0), self.block.cost[sent]
        )
        out = np.where(over, self._used[user], 1)
        for place, amount in zip(self._places, (np.ceil(cost), np.ceil(cost), out), strict=True):
            np.subtract.at(limits, place[sent], amount.astype(np.int64))
        limits = np.maximum(limits, 0)
        return Budgets(int(limits[0]), limits[1 : self._money], limits[self._money : -1])

    def _gone(self, arms: np.ndarray) -> np.ndarray:
        return np.append(self._empty, False)[self._item[arms]]

    def _taken(self, arm: np.ndarray, users: np.ndarray) -> np.ndarray:
        """Places of the arms taken; `arm` is aligned with the users."""
        return (self.block.indptr[users] + arm - 1)[arm > 0]

    def _of(self, users: np.ndarray, hour: int) -> Block:
        """The block of these users alone."""
        sizes = np.diff(self.block.indptr)[users]
        rows = np.isin(self._user, users)
        cut = {name: getattr(self.block, name)[rows] for name in ("value", "cost", "store")}
        item = None if self.block.item is None else self.block.item[rows]
        return replace(self.block, indptr=np.concatenate(([0], np.cumsum(sizes))), item=item, **cut)
