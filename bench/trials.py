"""A randomised trial for the uplift bench: any CSV or parquet with a treatment, an outcome and what was known before.

Hillstrom's mailing (K. Hillstrom, MineThatData e-mail analytics challenge, 2008) is openly published as one CSV of 64,000
customers: recency, history_segment, history, mens, womens, zip_code, newbie, channel, segment (arm), visit, conversion, spend.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from training.errors import TrainingError
from training.uplift_trial import Trial, drawn_shares, encoding

HILLSTROM = (
    "hillstrom.csv",
    "hillstrom.csv.gz",
    "Kevin_Hillstrom_MineThatData_E-MailAnalytics_DataMiningChallenge_2008.03.20.csv",
)
KNOWN = ("recency", "history", "mens", "womens", "newbie", "zip_code", "channel", "history_segment")


def hillstrom(folder: Path) -> Trial:
    """Visit, women's mail (arm 1) against none (arm 0). TrainingError when the folder has no such file."""
    path = next((folder / name for name in HILLSTROM if (folder / name).is_file()), None)
    if path is None:
        raise TrainingError(f"{folder}: none of {', '.join(HILLSTROM)}; bench/trials.py says what the folder holds")
    return trial(table(path), "segment", "visit", ("No E-Mail", "Womens E-Mail"), KNOWN)


def table(path: Path) -> pl.DataFrame:
    """CSV (also gzipped) or parquet, by extension. TrainingError when it cannot be read."""
    try:
        return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=None)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrainingError(f"{path}: cannot be read ({next(iter(str(error).splitlines()), 'empty')})") from None


def trial(rows: pl.DataFrame, treatment: str, outcome: str, arms: Sequence[str], columns: Sequence[str]) -> Trial:
    """The rows that drew one of `arms` (text as in the column, nothing first), everyone with the arms' shares as propensity.

    An outcome is whether it is above zero. TrainingError for a column or an arm that is not there.
    """
    if absent := sorted({treatment, outcome} - set(rows.columns)):
        raise TrainingError(f"no column {absent[0]!r}; there are: {', '.join(rows.columns)}")
    drawn = rows.with_columns(pl.col(treatment).cast(pl.String))
    if missing := [arm for arm in arms if arm not in set(drawn[treatment].unique())]:
        raise TrainingError(
            f"nobody drew {missing[0]!r}; column {treatment!r} has: {', '.join(arms_of(drawn, treatment))}"
        )
    kept = drawn.filter(pl.col(treatment).is_in(list(arms)))
    codes = {name: at for at, name in enumerate(arms)}
    arm = np.array([codes[name] for name in kept[treatment]], dtype=np.int64)
    happened = (kept[outcome].cast(pl.Float64, strict=False).fill_null(0.0) > 0).to_numpy().astype(np.float64)
    known = encoding(kept, columns)
    return Trial(known.apply(kept), known.columns, arm, tuple(arms), drawn_shares(arm, len(arms)), happened)


def arms_of(rows: pl.DataFrame, treatment: str) -> list[str]:
    """The treatment's values as text, sorted; so `0` comes before `1` and is nothing."""
    return sorted(rows[treatment].cast(pl.String).drop_nulls().unique().to_list())
