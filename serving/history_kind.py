"""Histories as bytes of the online store, both ways; a test holds them together with what Feast writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from embedded import OnlineStore, connect
from embedded.feast_config import repo_config
from models.history import History
from serving.feast_messages import value_class
from serving.history_decode import histories_of
from serving.history_rows import HistoryRows, Kind
from settings import Settings

NAMES = ("product_ids", "counts", "decayed", "last_visit", "last_at_s", "n_visits")
WRITE_TIMEOUT_S = 0.25


def history_rows(settings: Settings, store: OnlineStore) -> HistoryRows:
    """The histories in the online store, for whoever writes them. Raises what `HistoryRows` raises."""
    project = str(repo_config(settings, store.connection_string)["project"])
    return HistoryRows(connect(store.url, WRITE_TIMEOUT_S), project, history_kind())


@cache
def history_kind() -> Kind:
    """Every feature of the history: a row is written whole or not at all."""
    value = value_class()

    def to_bytes(history: History) -> Mapping[str, bytes]:
        values = [value(string_list_val={"val": history.product_ids})]
        values += [value(float_list_val={"val": each.tolist()}) for each in (history.counts, history.decayed)]
        values += [value(int64_list_val={"val": each.tolist()}) for each in (history.last_visit, history.last_at_s)]
        values.append(value(int64_val=history.n_visits))
        return {name: one.SerializeToString() for name, one in zip(NAMES, values, strict=True)}

    def from_bytes(rows: Sequence[Sequence[bytes | None]]) -> list[History | ValueError]:
        return histories_of(rows, value.FromString)

    return Kind(NAMES, to_bytes, from_bytes)
