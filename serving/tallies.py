"""Counts in plain memory, put into prometheus_client's values a few times a second (`serving.beat`).

Those values are shared by all workers through a mapped file, and each write to one takes a lock and packs a number: ten
microseconds an answer. Here an answer costs an addition. Written by one thread at a time, the event loop's; a count only
grows and remembers what was told, so nothing is told twice. A worker that is killed takes what it counted since its last beat
with it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from prometheus_client import Counter, Gauge, Histogram


class Cell:
    """One count. `n` may be added to, or set to what somebody else counts, as long as it never falls."""

    __slots__ = ("_child", "_told", "n")

    def __init__(self, child: Counter) -> None:
        self._child = child
        self.n = self._told = 0

    def inc(self, n: int = 1) -> None:
        """Count n more."""
        self.n += n

    def flush(self) -> None:
        """Tell what was counted since the last time."""
        n = self.n
        if n != self._told:
            self._child.inc(n - self._told)
            self._told = n


class Times:
    """One distribution: how many fell into each bucket, and their sum."""

    __slots__ = ("_bounds", "_child", "_told", "_told_sum", "counts", "sum")

    def __init__(self, child: Histogram, bounds: Sequence[float]) -> None:
        self._child, self._bounds = child, bounds
        self.counts, self._told = [0] * (len(bounds) + 1), [0] * (len(bounds) + 1)
        self.sum = self._told_sum = 0.0

    def observe(self, value: float) -> None:
        """Take one value; a bucket holds what is at most its bound."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def flush(self) -> None:
        """Tell what was seen since the last time. No public call adds several values at once; a test holds the client to it."""
        total = self.sum
        for place, n in enumerate(self.counts):
            if n != self._told[place]:
                self._child._buckets[place].inc(n - self._told[place])
                self._told[place] = n
        self._child._sum.inc(total - self._told_sum)
        self._told_sum = total


class Tally:
    """A counter by labels, used as prometheus_client's own: `tally.labels("gone").inc()`."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._cells: dict[tuple[str, ...], Cell] = {}

    def labels(self, *values: str) -> Cell:
        """The count of these label values (none for a counter without labels); the same one every time."""
        if (found := self._cells.get(values)) is None:
            found = self._cells[values] = Cell(self._counter.labels(*values) if values else self._counter)
        return found

    def flush(self) -> None:
        """Tell all."""
        for cell in list(self._cells.values()):
            cell.flush()


class Timing:
    """A histogram by labels, used as prometheus_client's own: `timing.labels("wallet").observe(0.002)`."""

    def __init__(self, histogram: Histogram, bounds: Sequence[float]) -> None:
        self._histogram, self._bounds = histogram, tuple(bounds)
        self._times: dict[tuple[str, ...], Times] = {}

    def labels(self, *values: str) -> Times:
        """The distribution of these label values (none without labels); the same one every time."""
        if (found := self._times.get(values)) is None:
            child = self._histogram.labels(*values) if values else self._histogram
            found = self._times[values] = Times(child, self._bounds)
        return found

    def flush(self) -> None:
        """Tell all."""
        for times in list(self._times.values()):
            times.flush()


class Late:
    """A gauge that isn't there until it is set: the least of all workers is told, and one that begins must not make that 0."""

    def __init__(self, make: Callable[[], Gauge]) -> None:
        self._make = make
        self._gauge: Gauge | None = None

    def set(self, value: float) -> None:
        """Let it stand at this."""
        if self._gauge is None:
            self._gauge = self._make()
        self._gauge.set(value)
