"""An evaluation as the table that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The result as a table: the model and each baseline, at each k, `ahead` telling how far the model's recall is above that
    baseline's, at 95%; no rows where nothing could be compared.
    """
    if not result:
        return []
    boards = {"model": result, **result["baselines"]}
    return [
        {
            "ranking": name,
            "k": int(k),
            **{key: round(value, 4) for key, value in board["k"][k].items()},
            "recall ahead, 95%": _span(board["difference"][k]["recall"]) if name != "model" else "",
        }
        for k in result["k"]
        for name, board in boards.items()
    ]


def _span(cell: Mapping[str, float]) -> str:
    return f"{cell['low']:+.4f} to {cell['high']:+.4f}"
