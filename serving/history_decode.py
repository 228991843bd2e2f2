"""Histories from the bytes of the online store, those of all who wait in one pass.

What isn't plainly a sound row, as we and Feast write it, is parsed and judged by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from sys import intern
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from models.history import LATEST_S, History
from serving.packed_lists import ENTRY, Entries, entries, head, numbers

Parse = Callable[[Any], Any]
"""Bytes to a message: `Value.FromString`."""
Values = Sequence[bytes | None]
"""A row: product_ids, counts, decayed, last_visit, last_at_s, n_visits."""
# Fields of `Value`: a string, float and int64 list, whose packed numbers are one field more; and an int64 by itself.
_TEXTS, _FLOATS, _INTS, _INT = (b"\x62",), (b"\x82\x01", ENTRY), (b"\x72", ENTRY), b"\x20"
_LISTS = (_TEXTS, _FLOATS, _FLOATS, _INTS, _INTS)
_MOST_VISITS = 2**31 - 1


def histories_of(rows: Sequence[Values], parse: Parse) -> list[History | ValueError]:
    """The history of each row, a ValueError where a feature is missing or they are none.

    16 rows of 512 products, of ids of up to 8 bytes, take 1.2 MB while they are read, of which a fifth is kept.
    """
    bodies = [_bodies(row) for row in rows]
    plain = iter(_together([each for each in bodies if each is not None]))
    found = (None if each is None else next(plain) for each in bodies)
    return [_alone(row, parse) if each is None else each for row, each in zip(rows, found, strict=True)]


def _alone(row: Values, parse: Parse) -> History | ValueError:
    if None in row:
        return ValueError("history: a feature is missing")
    try:
        ids, counts, decayed, visits, times, n_visits = map(parse, row)
        return History.of(
            # What many bought is one string in all the histories that are kept (`last_known`).
            tuple(map(intern, ids.string_list_val.val)),
            counts.float_list_val.val,
            decayed.float_list_val.val,
            list(visits.int64_list_val.val),  # of which one that is too large is refused, not cut
            times.int64_list_val.val,
            n_visits.int64_val,
        )
    except (DecodeError, OverflowError):
        return ValueError("history: not what Feast writes")
    except ValueError as error:
        return error


def _bodies(row: Values) -> list[bytes] | None:
    """What the lists hold, and the number; None where a value begins in another way."""
    found = []
    for value, tags in zip(row, _LISTS, strict=False):
        start = None if value is None else head(tags, len(value))
        if value is None or start is None or not value.startswith(start):
            return None
        found.append(value[len(start) :])
    number = row[-1]
    if number is None or not number.startswith(_INT):
        return None
    return [*found, number[1:]]


def _together(rows: Sequence[list[bytes]]) -> list[History | None]:
    """None for what must be read alone."""
    if not rows:
        return []
    texts, counts, decayed, visits, times, n_visits = zip(*rows, strict=True)
    ids, told, n = entries(texts), numbers([*visits, *times, *n_visits]), len(rows)
    n_ids, n_told = ([end - start for start, end in pairwise(read.bounds)] for read in (ids, told))
    odd = ids.odd | {part % n for part in told.odd}
    odd.update(row for row in range(n) if not n_told[row] == n_told[n + row] == n_ids[row] or n_told[2 * n + row] != 1)
    odd.update(row for row in range(n) if not len(counts[row]) == len(decayed[row]) == 4 * n_ids[row])
    if odd:
        rest = iter(_together([body for row, body in enumerate(rows) if row not in odd]))
        return [None if row in odd else next(rest) for row in range(n)]
    return _split(ids, told.values, counts, decayed)


def _split(ids: Entries, values: np.ndarray, counts: Sequence[bytes], decayed: Sequence[bytes]) -> list[History | None]:
    """values: last_visit, last_at_s of all ids, and n_visits of all rows. What a history keeps is in memory of its own."""
    n, firsts = len(ids.lengths), ids.bounds[:-1]
    visits, times, n_visits = values[:n], values[n : 2 * n], values[2 * n :]
    weights = np.frombuffer(b"".join((*counts, *decayed)), "<f4")
    fine = (weights > 0) & (weights < np.inf)
    most = np.minimum(n_visits, _MOST_VISITS).repeat([end - start for start, end in pairwise(ids.bounds)])
    rises = ids.ids.ascends
    rises[firsts] = True
    fine = fine[:n] & fine[n:] & rises & (visits >= 1) & (visits <= most)
    fine &= times.view(np.uint64) <= LATEST_S  # what is below zero is far above it then
    is_history = np.logical_and.reduceat(fine, firsts).tolist()
    longest = np.maximum.reduceat(ids.lengths, firsts).tolist()
    visits = visits.astype(np.int32)
    return [
        History(
            ids.ids.part(start, end, longest[row]),
            np.frombuffer(counts[row], "<f4"),
            np.frombuffer(decayed[row], "<f4"),
            visits[start:end].copy(),
            times[start:end].copy(),
            total,
        )
        if is_history[row]
        else None
        for row, ((start, end), total) in enumerate(zip(pairwise(ids.bounds), n_visits.tolist(), strict=True))
    ]
