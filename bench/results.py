"""What every part of the bench leaves behind: a table on the screen and `<part>.json` with the machine it ran on."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.table import Table

FITTING = ("numpy", "scipy", "polars", "duckdb", "scikit-learn", "implicit", "lightfm-next", "feast")
SERVING = ("redis", "bentoml", "msgspec", "sqlalchemy", "uvloop", "orjson")


class Row(TypedDict):
    """One figure. `against_value` and `ratio` (value / against_value) are None when it stands alone."""

    figure: str
    value: float
    unit: str
    against: str
    against_value: float | None
    ratio: float | None
    reach: str
    met: bool


def row(
    figure: str,
    value: float,
    unit: str,
    *,
    against: str = "",
    against_value: float | None = None,
    reach: str = "",
    met: bool = True,
) -> Row:
    """A Row with its ratio. `reach` says in words what was aimed at, `met` whether it was reached (True when nothing was).

    Raises ValueError on a number that is not finite: a figure that could not be measured is not a result.
    """
    if not math.isfinite(value) or (against_value is not None and not math.isfinite(against_value)):
        raise ValueError(f"figure {figure!r}: {value} against {against_value} is not a measurement")
    ratio = value / against_value if against_value else None
    return Row(
        figure=figure,
        value=float(value),
        unit=unit,
        against=against,
        against_value=None if against_value is None else float(against_value),
        ratio=ratio,
        reach=reach,
        met=bool(met),
    )


def machine() -> dict[str, str | int | float]:
    """Processor, usable cores, memory and Python of this machine; nothing that names it."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "processor": next(_lines_of("/proc/cpuinfo", "model name"), platform.processor() or platform.machine()),
        "cores": usable,
        "memory_gib": round(int(next(_lines_of("/proc/meminfo", "MemTotal"), "0 kB").split()[0]) / 2**20, 1),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Installed versions of the libraries whose speed or arithmetic the figures rest on."""
    found = {}
    for name in FITTING + SERVING:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit(folder: Path | None = None) -> str:
    """Hash of the checked-out commit, with `+changes` when files beside the results differ; `unknown` outside of git."""
    here = folder or Path(__file__).parent.parent
    head = _git(here, "rev-parse", "--verify", "HEAD")
    if head is None:
        return "unknown"
    changes = _git(here, "status", "--porcelain", "--", ".", ":(exclude)bench/results")
    return f"{head}+changes" if changes else head


def write(part: str, rows: Sequence[Row], folder: Path) -> Path:
    """Print the rows as a table and write `<folder>/<part>.json`, replaced whole; the path.

    Raises ValueError when `part` is not a plain name or a number is not finite.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", part):
        raise ValueError(f"part {part!r}: lower-case letters, digits and dashes only")
    told = {"machine": machine(), "versions": versions(), "commit": commit(), "rows": [dict(r) for r in rows]}
    text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{part}.json"
    fresh = path.with_suffix(".json.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)
    # A pipe has no width of its own: figures must not be broken into columns of a few letters there.
    Console(width=None if sys.stdout.isatty() else 180).print(table(part, rows))
    return path


def table(part: str, rows: Sequence[Row]) -> Table:
    """The rows for a terminal."""
    grid = Table(title=part)
    for name in ("figure", "value", "unit", "against", "its value", "ratio", "reach", "met"):
        grid.add_column(name, justify="right" if name in {"value", "its value", "ratio"} else "left")
    for r in rows:
        numbers = [_plain(r["value"]), r["unit"], r["against"], _plain(r["against_value"]), _plain(r["ratio"])]
        grid.add_row(r["figure"], *numbers, r["reach"], "yes" if r["met"] else "[red]no[/red]")
    return grid


def _plain(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def _lines_of(path: str, key: str) -> Iterator[str]:
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        return
    yield from (line.split(":", 1)[1].strip() for line in lines if line.startswith(key) and ":" in line)


def _git(folder: Path, *words: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=30, check=False
        )
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
