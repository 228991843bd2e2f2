"""A randomised trial that an uplift is learned from: who got which arm, how likely that was, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.errors import TrainingError

_MOST_KINDS = 64


@dataclass(frozen=True)
class Trial:
    """A row a decision. Arm 0 is nothing; rows of all arrays match.

    x float64[n, columns], finite; arm int64[n]; propensity float64[n, arms]: the chance each arm had when one was drawn; outcome
    float64[n] in 0 to 1. Arms and columns have names. TrainingError when it is not so.
    """

    x: NDArray[np.float64]
    columns: tuple[str, ...]
    arm: NDArray[np.int64]
    arms: tuple[str, ...]
    propensity: NDArray[np.float64]
    outcome: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.outcome)
        if (
            self.x.shape != (n, len(self.columns))
            or self.arm.shape != (n,)
            or self.propensity.shape != (n, len(self.arms))
        ):
            raise TrainingError("a trial's arrays are not of as many rows, columns and arms: one row a decision")
        if len(self.arms) < 2 or n == 0:
            raise TrainingError("a trial needs rows, and an arm besides nothing: nothing can be compared")
        if not np.isfinite(self.x).all():
            raise TrainingError("a trial's columns hold a number that is not finite: encode missing ones (`encoded`)")
        if not ((self.arm >= 0) & (self.arm < len(self.arms))).all():
            raise TrainingError(f"a trial's arm is none of 0 to {len(self.arms) - 1}")
        if not ((self.outcome >= 0) & (self.outcome <= 1)).all():
            raise TrainingError("a trial's outcome is not within 0 and 1: give whether it happened")
        own = self.propensity[np.arange(n), self.arm]
        if not (
            (own > 0).all()
            and np.allclose(self.propensity.sum(axis=1), 1.0, atol=1e-6)
            and (self.propensity >= 0).all()
        ):
            raise TrainingError("a trial's propensities are not chances that sum to 1, above 0 for the arm drawn")

    def rows(self, rows: NDArray[np.int64]) -> Trial:
        """Only these, in this order."""
        return Trial(self.x[rows], self.columns, self.arm[rows], self.arms, self.propensity[rows], self.outcome[rows])


@dataclass(frozen=True)
class Encoding:
    """How a table's columns become numbers; learned once, so that later rows are read alike.

    numeric: column to the number that stands for a missing one; kinds: column to its known values, each a column of 0 and 1.
    """

    numeric: Mapping[str, float]
    kinds: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of `apply`: numbers, whether each was missing, then `column=value`."""
        missing = tuple(f"{name} missing" for name in self.numeric)
        return (*self.numeric, *missing, *(f"{name}={kind}" for name, kinds in self.kinds.items() for kind in kinds))

    def apply(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """float64[n, columns]. A value never seen, or none, is 0 in all its columns."""
        out = []
        for name, fill in self.numeric.items():
            number = table[name].cast(pl.Float64, strict=False).to_numpy()
            out.append(np.where(np.isfinite(number), number, fill))
        out += [~np.isfinite(table[name].cast(pl.Float64, strict=False).to_numpy()) for name in self.numeric]
        for name, known in self.kinds.items():
            values = table[name].cast(pl.String)
            out += [(values == kind).fill_null(False).to_numpy() for kind in known]
        return (
            np.column_stack([np.asarray(column, dtype=np.float64) for column in out])
            if out
            else np.zeros((len(table), 0))
        )


def encoding(table: pl.DataFrame, columns: Sequence[str]) -> Encoding:
    """Numbers and truths as they are, text by its 64 commonest values. TrainingError for a column that is not there."""
    if absent := sorted(set(columns) - set(table.columns)):
        raise TrainingError(f"no column {absent[0]!r}; there are: {', '.join(table.columns)}")
    numeric, kinds = {}, {}
    for name in columns:
        column = table[name]
        if column.dtype.is_numeric() or column.dtype == pl.Boolean:
            number = column.cast(pl.Float64).to_numpy()
            known = number[np.isfinite(number)]
            numeric[name] = float(known.mean()) if len(known) else 0.0
        else:
            counted = (
                column.cast(pl.String)
                .drop_nulls()
                .value_counts(name="rows")
                .sort(["rows", name], descending=[True, False])
            )
            kinds[name] = tuple(sorted(counted[name].head(_MOST_KINDS).to_list()))
    return Encoding(numeric, kinds)


def drawn_shares(arm: NDArray[np.int64], n_arms: int) -> NDArray[np.float64]:
    """float64[n, n_arms]: the arms' shares for every row, for a trial that drew everyone alike and logged no propensity."""
    share = np.bincount(arm, minlength=n_arms) / len(arm)
    return np.tile(share, (len(arm), 1))
