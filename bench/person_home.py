"""A home of one's own to serve from, sell in and kill in: a copy of the café that the demo leaves, with keys to its doors."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.ledger_http import cafe_home, free_port
from bench.person_tills import Shop
from river.admin import create_key
from settings import Settings, load_settings
from training.lake import read_table


@contextmanager
def opened(home: Path | None = None, workers: int = 2) -> Iterator[tuple[Settings, Mapping[str, str], Shop]]:
    """(settings, a key by scope, its first store) of a copy of `home`, removed with the block. home: one that can be served; None
    makes the café's once a process."""
    with TemporaryDirectory(prefix="daypart-bench-") as folder:
        shutil.copytree(home or cafe_home(), Path(folder) / "home")
        settings = replace(load_settings(), home=Path(folder) / "home", port=free_port(), workers=workers)
        keys = {scope: create_key(settings, scope, None, datetime.now(UTC)).key for scope in ("app", "pos")}
        products = read_table(settings.lake, "products")["product_id"].to_list()
        store = read_table(settings.lake, "stores").row(0, named=True)
        yield (
            settings,
            keys,
            Shop(settings.host, settings.port, keys["app"], products, store["store_id"], store["timezone"]),
        )
