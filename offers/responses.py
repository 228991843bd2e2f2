"""How users answer offers: the classes in use, and each user's own answers out of the view `user_responses`.

Without a promoted `response` artifact a discount moves the odds of buying by the campaign's slope, a belief; arms tried by chance
are then drawn by the classes' grid, a belief too. Kept in memory: some 1.5 kB for every user with 64 answers, nothing for others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from models.answered import Own
from models.response_classes import Offered, ResponseClasses
from models.response_model import Response
from offers.errors import PlanError
from offers.snapshots import newest, tables_of

FILE = "user_responses.parquet"
BLOCK = 8192
BY_SLOPE = (
    "answers by the prior's slope: no `response` is in use, so what a discount changes is believed and not measured"
)
_NUMBERS = {"share": "f4", "p_buy": "f4", "p_come": "f4", "fit": "f4", "hour": "i1", "bought": "?", "came": "?"}


@dataclass(frozen=True)
class Responses:
    """What offers are weighed by. `learned`: whether classes were fitted on answers, and not believed."""

    classes: ResponseClasses
    part_of_hour: np.ndarray
    """int64[24]: the parts of the day that answers are told apart by."""
    learned: bool
    version: str = ""
    rows: Mapping[str, tuple[int, int, tuple[str, ...]]] | None = None
    """user_id to where their answers lie in `columns`, and the products offered."""
    columns: Mapping[str, np.ndarray] | None = None

    def of(self, user_id: str) -> Own:
        """The user's own weights; everybody's where nothing was answered."""
        found = (self.rows or {}).get(user_id)
        if found is None or self.columns is None:
            return Own.unknown(self.classes)
        first, last, products = found
        at = {name: column[first:last] for name, column in self.columns.items()}
        offered = Offered(*(at[name].astype(np.float64) for name in ("p_buy", "p_come", "share", "fit")))
        return Own.of(self.classes, products, self.part_of_hour[at["hour"]], offered, at["bought"], at["came"])

    @property
    def note(self) -> str:
        """For the report."""
        if not self.learned:
            return BY_SLOPE
        return f"answers by response {self.version}: {len(self.rows or {}):,} people with answers of their own"


def read_responses(features: Path, response: Response | None, now: datetime, part_of_hour: np.ndarray) -> Responses:
    """By a promoted artifact and the answers of snapshots at or before `now`. Raises PlanError when the file isn't usable.

    Before anything was promoted: the classes' grid over parts of the day, int64[24].
    """
    if response is None:
        return Responses(ResponseClasses.grid(), part_of_hour, learned=False)
    file = features / FILE
    rows, parts = (
        dict[str, tuple[int, int, tuple[str, ...]]](),
        {name: [np.zeros(0, kind)] for name, kind in _NUMBERS.items()},
    )
    names, at = dict[str, str](), 0
    for table in tables_of(file, "user_id", newest(file, "user_id", now), ["product_ids", *_NUMBERS], BLOCK):
        users, products = table["user_id"].to_pylist(), table["product_ids"].to_pylist()
        for name, kind in _NUMBERS.items():
            parts[name].append(np.asarray(table[name].flatten().to_numpy(zero_copy_only=False)).astype(kind))
        for user, offered in zip(users, products, strict=True):
            rows[user] = (at, at + len(offered), tuple(names.setdefault(product, product) for product in offered))
            at += len(offered)
    columns = {name: np.concatenate(found) for name, found in parts.items()}
    if (
        any(len(column) != at for column in columns.values())
        or not ((columns["hour"] >= 0) & (columns["hour"] < 24)).all()
    ):
        raise PlanError(f"{file}: lists of one user differ in length, or an hour is none; run daypart features again")
    return Responses(response.classes, response.part_of_hour, True, response.version, rows, columns)
