"""What a scoreboard may tell outside of the process that made it: no figure of fewer than ten users, a coded reason in its place.

| of fewer than LEAST_TOLD users | becomes |
|---|---|
| `repeat`, `explore`, each baseline's too | null, and `hidden` says `too_few_users` |
| a group of `by_activity` | left out; `hidden` says so |
| `n_users_repeat`, `n_users_explore`, `unknown_users` | null unless 0 |

Means over all users of the window stay, whatever their number: they are what the gate compares, and a chain of fewer than ten
customers has nothing to hide in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEAST_TOLD = 10
TOO_FEW = "too_few_users"
_PARTS = {"repeat": "n_users_repeat", "explore": "n_users_explore"}
_COUNTS = (*_PARTS.values(), "unknown_users")


def told(board: Mapping[str, Any]) -> dict[str, Any]:
    """The board (`training.scoreboard.board`) with what is of too few users left out; a part of one as far as it goes."""
    found, hidden = dict(board), {}
    for part, count in _PARTS.items():
        if part in board and board.get(count, LEAST_TOLD) < LEAST_TOLD:
            hidden[part] = TOO_FEW
            found[part] = None
            found["baselines"] = {name: {**one, part: None} for name, one in found.get("baselines", {}).items()}
    groups = [group for group in board.get("by_activity", ()) if group["n_users"] >= LEAST_TOLD]
    if len(groups) < len(board.get("by_activity", ())):
        found["by_activity"], hidden["by_activity"] = groups, TOO_FEW
    for count in _COUNTS:
        if 0 < board.get(count, 0) < LEAST_TOLD:
            found[count] = None
    return {**found, "hidden": hidden} if hidden else found
