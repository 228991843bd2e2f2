"""Who is expected on the date of a plan, and at which hour: the chances of `models.when`, reckoned once for all users.

A chance rests on the days that a user's snapshot has seen. The day of the snapshot counts as seen once the usual store has
opened: who was there this morning is known, and who still comes this evening is missed. A plan for that very day leaves the
day's visits out, as the chance asked for is that of the day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from models.timing import HOURS
from models.visit_chance import HORIZON
from models.visits import Visits, rows_of
from models.when import FALLBACKS, When
from offers.errors import PlanError
from offers.likely_store import likely_stores
from offers.slots import Store, local_day, open_hours, opening
from offers.snapshots import newest
from offers.visit_blocks import FILE, VisitBlock, visit_blocks

NO_MODEL = "no `when` model is promoted: visits by counted rates"
COUNTED = ("no_snapshot", "old_snapshot")
"""Why visits are counted though there is a model: no row in `user_visits`; one from `HORIZON` days before the date or more."""
_EPOCH, _FIRST = datetime(1970, 1, 1, tzinfo=UTC), date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Expectation:
    """One user: the chance of a visit on the date, density float[24] of its hour over their store's open hours, that store (None:
    the usual one), and the chance that a visit is there."""

    chance: float
    density: np.ndarray
    store_id: str | None = None
    here: float = 1.0


@dataclass(frozen=True)
class Expected:
    """Row by `rows`: chance float64[n], density float32[n, 24], n stores, here float64[n]; 120 bytes a user.

    notes: what they rest on, for the report.
    """

    rows: Mapping[str, int]
    chance: np.ndarray
    density: np.ndarray
    stores: Sequence[str]
    here: np.ndarray
    notes: tuple[str, ...]

    def of(self, user_id: str) -> Expectation | None:
        """None where the user's visits are to be counted."""
        row = self.rows.get(user_id)
        if row is None:
            return None
        return Expectation(float(self.chance[row]), self.density[row], self.stores[row], float(self.here[row]))


def expect(
    features: Path,
    when: When | None,
    usual: Mapping[str, str | None],
    clocks: Mapping[str, Store],
    for_date: date,
    now: datetime,
) -> Expected:
    """Of users in `usual` (to their usual stores) whose store is one of `clocks`, by snapshots at or before `now`.

    Where each is likeliest next is one of `clocks` too. Raises PlanError if there is a model and no usable `user_visits.parquet`.
    """
    if when is None:
        return Expected({}, np.zeros(0), np.zeros((0, HOURS), dtype=np.float32), (), np.zeros(0), (NO_MODEL,))
    asked = {user: clocks[store] for user, store in usual.items() if store is not None and store in clocks}
    chosen = {user: at for user, at in newest(features / FILE, "user_id", now).items() if user in asked}
    rows, places, tally = dict[str, int](), list[str](), Counter[str]()
    chance, here = np.zeros(len(chosen)), np.ones(len(chosen))
    density = np.zeros((len(chosen), HOURS), dtype=np.float32)
    day = for_date.toordinal() - _FIRST
    for block in visit_blocks(features, chosen, when.store_ids):
        stores = [asked[user] for user in block.user_ids]
        days = _unseen(block, stores, for_date)
        for as_of in np.unique(days[day - days < HORIZON]).tolist():
            users = np.flatnonzero(days == as_of)
            visits = _before(features, block, users, as_of)
            new = slice(len(rows), len(rows) + len(users))
            rows.update(zip((block.user_ids[at] for at in users), range(new.start, new.stop), strict=True))
            chance[new] = when.visit_chance(visits, as_of, day - as_of + 1)[:, -1]
            likely, here[new] = likely_stores(when, visits, as_of, [stores[at] for at in users], clocks)
            density[new] = _hours(when, visits, as_of, likely, for_date)
            places += [store.store_id for store in likely]
            tally.update(FALLBACKS[code] for code in when.fallback(visits).tolist())
    tally["no_snapshot"] = len(asked) - len(chosen)
    tally["old_snapshot"] = len(chosen) - len(rows)
    return Expected(rows, chance, density, places, here, (_told(when, tally),))


def _before(features: Path, block: VisitBlock, users: np.ndarray, as_of: int) -> Visits:
    try:
        return block.before(users, as_of)
    except ValueError as error:
        raise PlanError(f"{features / FILE}: {error}; run daypart features again") from None


def first_unseen_day(store: Store, at: datetime, for_date: date) -> int:
    """The first day, since 1970 by the store's calendar, that a snapshot at `at` hasn't seen; `for_date` at the latest."""
    today = local_day(store, at)
    opened = opening(store, today)
    seen = opened is None or opened[0] < at
    return min(today.toordinal() + seen, for_date.toordinal()) - _FIRST


def _unseen(block: VisitBlock, stores: list[Store], for_date: date) -> np.ndarray:
    """int64[n], `first_unseen_day` of each; snapshots and stores repeat, so it is asked once a pair."""
    pairs = list(zip(stores, block.at_us.tolist(), strict=True))
    found = {
        (store, at): first_unseen_day(store, _EPOCH + timedelta(microseconds=at), for_date) for store, at in set(pairs)
    }
    return np.array([found[pair] for pair in pairs], dtype=np.int64)


def _hours(when: When, visits: Visits, as_of: int, stores: list[Store], for_date: date) -> np.ndarray:
    """float64[n, 24]: each user's density over the open hours of their store on the date."""
    table = {store: open_hours(store, for_date) for store in set(stores)}
    habits = when.habits(visits, as_of, rows_of(when.store_ids, [store.store_id for store in stores]))
    day = np.full(len(stores), for_date.toordinal() - _FIRST)
    return when.slot_density(habits, day, np.array([table[store] for store in stores], dtype=bool))


def _told(when: When, tally: Counter[str]) -> str:
    by_model, counted = (
        ", ".join(f"{code} {tally[code]:,}" for code in codes if tally[code]) for codes in (FALLBACKS, COUNTED)
    )
    return f"visits by when {when.version}: {by_model or 'nobody'}" + (
        f"; by counted rates: {counted}" if counted else ""
    )
