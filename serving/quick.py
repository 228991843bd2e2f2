"""A start that does not pay for checks nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_typeguard() -> Iterator[None]:
    """Modules first imported inside run as written, without typeguard's run-time type checks.

    Feast decorates its classes with `@typechecked`, which parses and recompiles their sources at import: 3 of its 4 seconds,
    in every worker, and checks in every call after that. Our adapter hands Feast the types it declares, and its suite
    would notice if not.
    """
    import typeguard

    checked = typeguard.typechecked
    typeguard.typechecked = _as_written
    try:
        yield
    finally:
        typeguard.typechecked = checked


def _as_written(target: Callable[..., Any] | None = None, **options: Any) -> Any:
    """`@typechecked` and `@typechecked(…)` that change nothing."""
    return target if target is not None else _as_written
