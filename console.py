"""What a person sees of a command: tables, progress bars, one-line errors; JSON for those who pipe it on."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOMS = ("settings", "embedded", "models", "offers", "people", "serving", "training", "feature_repo", "bench", "river")

Report = Callable[[str, int, int], None]
"""`report(what, done, total)`: called by long work; a bar for each `what`."""

# Results go to standard output, everything told on the way to standard error: `daypart … --json | jq` stays clean.
# A pipe has no width of its own; 120 keeps tables whole there.
out = Console(width=None if sys.stdout.isatty() else 120, soft_wrap=True, highlight=False)
aside = Console(stderr=True, soft_wrap=True, highlight=False)


def is_ours(error: BaseException) -> bool:
    """Whether `error` was written by one of our rooms for a person to read; anything else is a bug and keeps its trace."""
    return isinstance(error, Exception) and type(error).__module__.split(".")[0] in ROOMS


def plain(error: BaseException) -> str:
    """The one line of an error a person can act on."""
    return " ".join(str(error).split())


@contextmanager
def progress() -> Iterator[Report]:
    """Progress bars on standard error for work over two seconds; silent when nobody watches."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=aside, transient=True, disable=not sys.stderr.isatty()) as bars:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield report


def as_json(value: Any) -> str:
    """`value` as indented JSON: dataclasses as objects, times as RFC 3339, paths as text, tuple keys joined by a colon."""
    return json.dumps(_tree(value), indent=2, ensure_ascii=False, allow_nan=False)


def _tree(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _tree(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {":".join(map(str, k)) if isinstance(k, tuple) else str(k): _tree(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_tree(v) for v in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item") and callable(value.item) and getattr(value, "ndim", 1) == 0:
        return _tree(value.item())
    if isinstance(value, float) and value != value:
        # JSON has no NaN: no score is null.
        return None
    return value


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """Print rows under a title; numbers stand right."""
    drawn = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for i, name in enumerate(columns):
        is_number = bool(rows) and all(isinstance(row[i], (int, float)) for row in rows)
        drawn.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*map(_cell, row))
    out.print(drawn)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.4f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_cell(v)}" for k, v in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or "–"
    return "–" if value is None else escape(str(value))


def show(result: Any, *, as_machine: bool) -> None:
    """Print a result: as JSON when asked for; else a list of records as a table, one record as lines of name and value."""
    if as_machine:
        out.print(as_json(result), markup=False)
        return
    tree = _tree(result)
    if isinstance(tree, Mapping):
        table(("", ""), [(name, _cell(value)) for name, value in tree.items()])
    elif tree and isinstance(tree[0], Mapping):
        if sum(max(len(_cell(row[name])) for row in tree) for name in tree[0]) > out.width:
            # Too wide to be read as a table: one block a record.
            for row in tree:
                table(("", ""), [(name, _cell(value)) for name, value in row.items()])
            return
        table(list(tree[0]), [list(row.values()) for row in tree])
    else:
        out.print("nothing")
