"""Histories read as the store has them, those of a block in one pass, beside each by protobuf's parser.

Until the rows of their products are known; processor time, caches swept before each as in `serving_blocks`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from bench.results import Row, row
from models.history import History
from models.vocabulary import Vocabulary
from serving.feast_messages import value_class
from serving.history_kind import NAMES, history_kind

Lines = Sequence[Sequence[bytes]]
SIZES = (1, 2, 4, 8, 16)


def decode_rows(products: Vocabulary, histories: Sequence[History], rounds: int, swept: np.ndarray) -> list[Row]:
    """Microseconds a question, by how many are read at once; histories: some that aren't empty."""
    kind = history_kind()
    told = [kind.to_bytes(history) for history in histories if len(history)]
    lines = [[each[name] for name in NAMES] for each in told]

    def together(some: Lines) -> None:
        read = kind.from_bytes(some)
        products.rows_of_each([history.product_ids for history in read if isinstance(history, History)])

    def parsed(some: Lines) -> None:
        for line in some:
            products.rows(parsed_alone(line).product_ids)

    found = []
    for size in SIZES:
        blocks = [lines[at : at + size] for at in range(0, len(lines), size)]
        mine, theirs = _spent((together, parsed), blocks, rounds, swept)
        found.append(
            row(
                f"read a history and find its products, {size} at once, a question", mine, "µs",
                against="each by protobuf's parser", against_value=theirs,
            )
        )  # fmt: skip
    return found


def parsed_alone(line: Sequence[bytes]) -> History:
    """The history as a parser and Python's lists have it."""
    ids, counts, decayed, visits, times, n_visits = map(value_class().FromString, line)
    lists = (counts.float_list_val.val, decayed.float_list_val.val, visits.int64_list_val.val, times.int64_list_val.val)
    return History.of(tuple(ids.string_list_val.val), *lists, n_visits.int64_val)


def _spent(
    ways: Sequence[Callable[[Lines], None]], blocks: Sequence[Lines], rounds: int, swept: np.ndarray
) -> list[float]:
    """A block's fastest round counts, and the median of all blocks; the ways take turns."""
    spent = np.full((len(ways), rounds, len(blocks)), np.inf)
    for number in range(rounds):
        for place, block in enumerate(blocks):
            for which, way in enumerate(ways):
                swept[::64] += 1
                began = time.thread_time()
                way(block)
                spent[which, number, place] = (time.thread_time() - began) * 1e6 / len(block)
    return [float(np.median(each.min(axis=0))) for each in spent]
