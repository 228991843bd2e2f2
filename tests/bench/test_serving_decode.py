"""What is timed is the same history, read in two ways."""

import numpy as np

from bench.serving_decode import SIZES, decode_rows, parsed_alone
from models.history import History, alike
from models.vocabulary import Vocabulary
from serving.history_kind import NAMES, history_kind

ANN = History.of(["a", "x"], [1, 2], [1, 1.9], [2, 1], [200_000, 100_000], 2)


def test_a_parser_reads_the_same():
    told = history_kind().to_bytes(ANN)
    assert alike(parsed_alone([told[name] for name in NAMES]), ANN)


def test_every_size_stands_beside_the_parser():
    found = decode_rows(Vocabulary(["a", "b"]), [ANN, History.empty()] * 5, 1, np.zeros(64, np.uint8))
    assert [row["figure"].split(", ")[1] for row in found] == [f"{size} at once" for size in SIZES]
    assert all(row["value"] > 0 and row["against_value"] > 0 for row in found)
