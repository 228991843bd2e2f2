"""A chain's worth of made evidence: people with an app, a card, a phone, a device and a receipt, and some mistakes."""

from __future__ import annotations

import numpy as np
import polars as pl

from people.evidence import RULINGS
from training.who import LINKS

LINKS_A_PERSON = 4
TAKEN_US = 1_800_000_000_000_000
"""When all of them came, after each had been seen."""
SHARED, SWAPPED = 0.02, 0.005
"""Of phones, those that a second household member uses too; of cards, those shown by somebody else once."""


def links_of(n_links: int, seed: int = 20171201) -> pl.DataFrame:
    """Columns of `training.who.LINKS`: `n_links` of them, shuffled; ends are references with made hashes."""
    rng, n = np.random.default_rng(seed), n_links // LINKS_A_PERSON
    person = np.arange(n, dtype=np.uint64)
    other = rng.permutation(n).astype(np.uint64)
    phone = np.where(rng.random(n) < SHARED, other, person)
    card = np.where(rng.random(n) < SWAPPED, other, person)
    pairs = [
        (_references("app", person, 1), _references("phone", phone, 2)),
        (_references("app", person, 1), _references("device", person, 3)),
        (_references("card", card, 4), _references("phone", person, 2)),
        (_references("receipt", person, 5), _references("card", card, 4)),
    ]
    left = pl.concat([pair[0] for pair in pairs])
    right = pl.concat([pair[1] for pair in pairs])
    total = len(left)
    seen = rng.integers(0, 86_400 * 365 * 2, total) * 1_000_000 + 1_700_000_000_000_000
    frame = pl.DataFrame({"left": left, "right": right}).with_columns(
        source=pl.lit("till"),
        evidence=pl.int_range(total).cast(pl.String),
        seen_us=pl.Series(seen),
        taken_us=pl.lit(TAKEN_US),
        ruling=pl.lit(RULINGS[0]),
    )
    return frame.select(LINKS.names())[rng.permutation(total)]


def _references(kind: str, numbers: np.ndarray, salt: int) -> pl.Series:
    """Text of a kind and 32 hexadecimal digits each, mixed so that they don't sort by person (splitmix64's finaliser)."""
    halves = []
    for step in (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03):
        mixed = (numbers + np.uint64(salt)) * np.uint64(step)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        halves.append(mixed ^ (mixed >> np.uint64(31)))
    packed = np.stack(halves, axis=1).astype(">u8").tobytes()
    hexed = np.frombuffer(packed.hex().encode(), "S32").astype(object)
    return pl.Series([f"{kind}-{text.decode()}" for text in hexed], dtype=pl.String)
