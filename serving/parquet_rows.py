"""A few rows out of a large parquet file, as JSON values: looked for in the columns that tell, read whole only where they are.

A row group is passed over when its statistics say so, and after one column of it when none of its rows is wanted, which is what
nearly all of them come to; so a person is found in millions of rows in a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offers.errors import PlanError

Rows = list[dict[str, Any]]
Picks = Callable[[pa.Table], pa.ChunkedArray]
"""bool by row; null is no."""


def rows_of(path: Path, column: str, values: Sequence[str]) -> Rows:
    """Rows in which a column of text has one of these values, in their order. Raises PlanError when the file is damaged."""
    wanted = pa.array(values, pa.string())
    return rows_where(path, [column], lambda rows: pc.is_in(rows[column], wanted), values)


def rows_where(path: Path, columns: Sequence[str], picks: Picks, values: Sequence[str] | None = None) -> Rows:
    """Rows that `picks` says yes to, which is given `columns` alone. values: the first of them must have one of these, if given.

    No file, no rows. Raises PlanError when it is damaged.
    """
    if not path.is_file():
        return []
    found: Rows = []
    try:
        with pq.ParquetFile(path) as file:
            for at in range(file.num_row_groups):
                if values is not None and not _may_hold(file.metadata.row_group(at), columns[0], values):
                    continue
                picked = picks(file.read_row_group(at, columns=columns, use_threads=False))
                if pc.any(picked).as_py():
                    found += file.read_row_group(at, use_threads=False).filter(picked).to_pylist()
    except (pa.ArrowException, OSError, KeyError) as error:
        raise PlanError(f"{path}: can't be read ({str(error).splitlines()[0]}); restore it") from None
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def _may_hold(group: Any, column: str, values: Sequence[str]) -> bool:
    """Whether a row group's statistics let its column of text have one of these values."""
    for at in range(group.num_columns):
        if (said := group.column(at)).path_in_schema == column:
            span = said.statistics
            # Texts are ordered by their bytes there, and UTF-8 keeps the order of Python's.
            return span is None or not span.has_min_max or any(span.min <= value <= span.max for value in values)
    return True


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value
