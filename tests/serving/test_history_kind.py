import numpy as np
from feast.protos.feast.types.Value_pb2 import FloatList, Int64List, StringList, Value

from models.history import History
from serving.history_kind import NAMES, history_kind

SOME = History.of(("latte", "tea", "烏龍"), (2, 1, 1), (1.98, 0.5, 1.0), (2, 1, 2), (1_700_000_000, 5, 2**37), 2)


def test_it_writes_the_bytes_that_feast_writes():
    for history in (SOME, History.empty()):
        wanted = (
            Value(string_list_val=StringList(val=history.product_ids)),
            *(Value(float_list_val=FloatList(val=each.tolist())) for each in (history.counts, history.decayed)),
            *(Value(int64_list_val=Int64List(val=each.tolist())) for each in (history.last_visit, history.last_at_s)),
            Value(int64_val=history.n_visits),
        )
        told = history_kind().to_bytes(history)
        assert list(told.values()) == [value.SerializeToString() for value in wanted]
        assert tuple(told) == NAMES


def test_it_reads_what_it_writes():
    for history in (SOME, History.empty()):
        kind = history_kind()
        [read] = kind.from_bytes([[kind.to_bytes(history)[name] for name in NAMES]])
        assert (read.product_ids, read.n_visits) == (history.product_ids, history.n_visits)
        for name in ("counts", "decayed", "last_visit", "last_at_s"):
            assert np.array_equal(getattr(read, name), getattr(history, name)), name
