"""Decisions as a log to judge another policy by: what could be sent, what was, by which chance, and what it then brought.

    log = policy_log(settings, "usual", through)
    would = pl.col.arms.list.eval(pl.element().struct.field("value_cents")).list.arg_max()     # the new policy: the dearest arm
    target = log.select((would == pl.col.sent_arm).cast(pl.Float64)).to_series().to_numpy()
    value = policy_value(log["reward_cents"].to_numpy(), log["propensity"].to_numpy(), target, user_rows(log))

`training.offpolicy.policy_value` tells the value three ways and rings when the log tried too little of what is asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from offers.assigned import logged
from river.proof_rows import COLUMNS, TYPES, margins
from settings import Settings
from training.lake import read_events, read_table
from training.persons import named

DAYS = 2
"""Days from a decision on in which what a person brings is put to its account: an offer goes out on the evening before."""
_ARM = pl.Struct(
    {
        "product_id": pl.String(), "discount_cents": pl.Int64(), "p_buy": pl.Float64(), "value_cents": pl.Float64(),
        "cost_cents": pl.Float64(),
    }
)  # fmt: skip
_LOG = pl.Schema(
    {
        "user_id": pl.String(), "for_date": pl.Date(), "made_at": pl.Datetime("us", "UTC"), "arms": pl.List(_ARM),
        "sent_arm": pl.Int64(), "propensity": pl.Float64(),
    }
)  # fmt: skip


def policy_log(settings: Settings, campaign_id: str, through: datetime, days: int = DAYS) -> pl.DataFrame:
    """A row a decision whose `days` were over by `through`: user_id, for_date, made_at, arms (the first is nothing), sent_arm
    (its place), propensity, reward_cents (margin in those days, discounts taken off). Raises LedgerError, DataError.
    """
    from people.consent import permission
    from people.directory import resolved
    from river.proof_people import allowed_by
    from river.steps import open_desk

    span = timedelta(days=days)
    with open_desk(settings) as desk, desk.journal.read() as connection:
        may = permission(connection, resolved(connection), "measurement", settings.consent_default)
        made = named(settings.lake, _decisions(logged(connection, campaign_id, through - span)))
    made = allowed_by(made, may).with_columns(user_id=pl.col.person).drop("person")
    if made.is_empty():
        return made.with_columns(reward_cents=pl.lit(0.0))
    events = read_events(settings.lake, through, TYPES, COLUMNS).filter(pl.col.occurred_at >= min(made["made_at"]))
    lines = margins(events, read_table(settings.lake, "products"), settings.assumed_cost_share)
    return with_rewards(made, lines, span)


def with_rewards(made: pl.DataFrame, lines: pl.DataFrame, span: timedelta) -> pl.DataFrame:
    """made (user_id, made_at, any others) with reward_cents: margin of the user's lines in [made_at, made_at + span)."""
    numbered = made.with_row_index("nth")
    pairs = numbered.select("nth", "user_id", "made_at").join(
        lines.select("user_id", "occurred_at", "margin_cents"), on="user_id"
    )
    at = pl.col.occurred_at
    sums = pairs.filter((at >= pl.col.made_at) & (at < pl.col.made_at + span)).group_by("nth")
    found = sums.agg(reward_cents=pl.col.margin_cents.sum())
    joined = numbered.join(found, on="nth", how="left", maintain_order="left").drop("nth")
    return joined.with_columns(pl.col.reward_cents.fill_null(0.0))


def user_rows(log: pl.DataFrame) -> NDArray[np.int64]:
    """int64[n]: a number for each row's user."""
    return log["user_id"].rank("dense").to_numpy().astype(np.int64)


def _decisions(rows: Iterable[Any]) -> pl.DataFrame:
    names = [field.name for field in _ARM.fields]
    return pl.DataFrame(
        [
            (
                row.user_id,
                datetime.fromisoformat(row.for_date).date(),
                row.made_at,
                [dict(zip(names, arm, strict=False)) for arm in json.loads(row.arms)],
                row.sent_arm,
                row.propensity,
            )
            for row in rows
        ],
        schema=_LOG,
        orient="row",
    )
