"""`make bench-person`: who is who, from ten million links, and what stands around it.

The links are made (`bench/people_crowd.py`): references as the lake holds them, 2% of phones shared and .5% of cards shown by
somebody else. What is timed is a fresh process that reads them from parquet, resolves all of them at once and writes the table
that the lake is read through. Beside it: components alone beside scipy's, the hashing of raw identities, and the registry, which
takes links as they come, into SQLite with its audit. Then a person erased, events that come in, and a service that is killed.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench import person_erased, person_intake, person_killed
from bench.people_crowd import TAKEN_US, links_of
from bench.ranking_run import apart
from bench.results import Row, row

N_LINKS, N_HASHED, N_TAKEN, BATCH = 10_000_000, 1_000_000, 50_000, 5000
REACH_S, REACH_GIB = 120.0, 4.0


class Broken(Exception):
    """A yardstick gave a wrong answer; how fast it was doesn't matter."""


def rows(
    n_links: int = N_LINKS,
    n_hashed: int = N_HASHED,
    n_taken: int = N_TAKEN,
    n_erased: int = person_erased.N_USERS,
    is_served: bool = True,
) -> list[Row]:
    """Every row; is_served: those of a service that runs, too. Raises Broken when a link got no verdict, or two ways to the same
    groups differ, Left by an erasure that left something."""
    with tempfile.TemporaryDirectory(prefix="daypart-bench-") as folder:
        home = Path(folder)
        apart(make, home, n_links)
        run = apart(resolve_file, home)
        peer = apart(beside_scipy, n_links).result
        others = [hash_row(home, n_hashed), take_row(home, n_taken)]
    if run.result["n_links"] != n_links or run.result["n_joined"] + run.result["n_waiting"] != n_links:
        raise Broken(f"of {n_links} links {run.result} have a verdict")
    told = f"who is who from {n_links:,} links of {run.result['n_identities']:,} identities"
    return [
        row(told, run.seconds, "s", reach=f"< {REACH_S:g} s", met=run.seconds < REACH_S),
        row(f"{told}: processor time", run.result["cpu_s"], "s"),
        row(f"{told}: peak memory", run.gib, "GiB", reach=f"< {REACH_GIB:g} GiB", met=run.gib < REACH_GIB),
        row("of them persons", run.result["n_people"], "persons"),
        row("links that contradict what stands and wait", run.result["n_waiting"], "links"),
        row(
            f"components of {n_links:,} links alone",
            peer["ours_s"],
            "s",
            against="scipy",
            against_value=peer["scipy_s"],
        ),
        *others,
        *person_erased.rows(n_erased),
        *((*person_intake.rows(), *person_killed.rows()) if is_served else ()),
    ]


def make(home: Path, n_links: int) -> dict[str, Any]:
    """Write the links."""
    links_of(n_links).write_parquet(home / "links.parquet")
    return {}


def resolve_file(home: Path) -> dict[str, Any]:
    """Links from a file to the table of persons beside it."""
    from training.who import who_is_who

    links = pl.read_parquet(home / "links.parquet")
    found = who_is_who(links)
    others = found.people.filter(pl.col.user_id != pl.col.person)
    others.write_parquet(home / "people.parquet", compression_level=1)
    n_joined = int((found.verdicts == "joined").sum())
    return {
        "n_links": len(links),
        "n_identities": len(found.people),
        "n_people": len(found.people) - len(others),
        "n_joined": n_joined,
        "n_waiting": len(links) - n_joined,
        "cpu_s": time.process_time(),
    }


def beside_scipy(n_links: int) -> dict[str, Any]:
    """Seconds of both on the same links between 1.25 times as many nodes, mostly near each other, in turns; the faster of two."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    from people.components import components

    rng, n = np.random.default_rng(0), n_links * 5 // 4
    left = rng.integers(0, n, n_links)
    right = np.clip(left + rng.integers(-20, 21, n_links), 0, n - 1)
    took: dict[str, list[float]] = {"ours_s": [], "scipy_s": []}
    for _ in range(2):
        began = time.perf_counter()
        label = components(n, left, right)
        took["ours_s"].append(time.perf_counter() - began)
        began = time.perf_counter()
        graph = coo_matrix((np.ones(n_links, bool), (left, right)), shape=(n, n))
        n_groups, _ = connected_components(graph, directed=False)
        took["scipy_s"].append(time.perf_counter() - began)
        if n_groups != int((label == np.arange(n)).sum()):
            raise Broken("scipy counts other components than ours")
    return {name: min(seconds) for name, seconds in took.items()}


def hash_row(home: Path, n: int) -> Row:
    """Raw identities into references, one core."""
    from people.secret import References

    texts = [f"phone:+41 79 {number:07d}" for number in range(n)]
    references = References(home / "identity.key")
    began = time.perf_counter()
    made = references.of_all(texts)
    took = time.perf_counter() - began
    if len(set(made)) != n:
        raise Broken("two phones have one reference")
    return row(f"{n:,} phones brought to one form and hashed", n / took, "identities/s")


def take_row(home: Path, n: int) -> Row:
    """Links as they come, a transaction of so many, each with its place, verdict, person and audit row on disk."""
    from offers.database import connect, transaction
    from people.evidence import link
    from people.registry import take

    told = links_of(n).select("left", "right", "source", "evidence", "seen_us")
    links = [link(*each) for each in told.iter_rows()]
    engine = connect(f"sqlite:///{home / 'ledger.db'}")
    began = time.perf_counter()
    for start in range(0, n, BATCH):
        with transaction(engine, write=True) as connection:
            take(connection, links[start : start + BATCH], "bench", TAKEN_US)
    took = time.perf_counter() - began
    engine.dispose()
    return row(f"{n:,} links into the registry on SQLite, {BATCH:,} a transaction", n / took, "links/s")
