"""A mailing as a file, Hillstrom's columns: only `womens` customers come for the women's mail."""

import numpy as np
import polars as pl


def mailing(n=2400, seed=6):
    rng = np.random.default_rng(seed)
    womens = rng.integers(0, 2, n)
    segment = rng.choice(["Mens E-Mail", "No E-Mail", "Womens E-Mail"], n, p=[0.1, 0.45, 0.45])
    chance = 0.2 + 0.4 * womens * (segment == "Womens E-Mail")
    return pl.DataFrame(
        {
            "recency": rng.integers(1, 13, n),
            "history_segment": rng.choice(["1) low", "2) high"], n),
            "history": rng.gamma(2.0, 100.0, n).round(2),
            "mens": 1 - womens,
            "womens": womens,
            "zip_code": rng.choice(["Urban", "Rural"], n),
            "newbie": rng.integers(0, 2, n),
            "channel": rng.choice(["Web", "Phone"], n),
            "segment": segment,
            "visit": (rng.random(n) < chance).astype(int),
        }
    )
