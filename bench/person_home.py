"""A home of one's own to serve from, sell in and kill in: a copy of the café that the demo leaves, with keys to its doors."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from bench.ledger_http import cafe_home, free_port
from bench.person_tills import Shop
from river.admin import create_key
from settings import Settings, load_settings
from training.lake import read_table


@contextmanager
def opened(home: Path | None = None, workers: int = 2) -> Iterator[tuple[Settings, Mapping[str, str], Shop]]:
    """(settings, a key by scope, its first store and what that has) of a copy of `home`, removed with the block.

    home: one that can be served; None makes the café's once a process.
    """
    with TemporaryDirectory(prefix="daypart-bench-") as folder:
        shutil.copytree(home or cafe_home(), Path(folder) / "home")
        settings = replace(load_settings(), home=Path(folder) / "home", port=free_port(), workers=workers)
        keys = {scope: create_key(settings, scope, None, datetime.now(UTC)).key for scope in ("app", "pos")}
        store = read_table(settings.lake, "stores").row(0, named=True)
        shelf = read_table(settings.lake, "assortment").filter(pl.col.store_id == store["store_id"])
        sold = shelf.filter(pl.col.stock_units.fill_null(1) > 0)["product_id"].unique().sort().to_list()
        yield (
            settings,
            keys,
            Shop(settings.host, settings.port, keys["app"], sold, store["store_id"], store["timezone"]),
        )
