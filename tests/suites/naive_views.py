"""How each view is reckoned in plain Python, and whether rows of the product say the same.

A view or feature that is declared and isn't reckoned here fails the tests that compare: give it a definition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.suites import naive_features as naive
from tests.suites import naive_portraits as portraits
from tests.suites.naive_features import Told

NAIVE: dict[str, Callable[[Told], dict[str, dict[str, Any]]]] = {
    "user_profile": naive.profile,
    "user_portrait": portraits.portrait,
    "user_reviews": portraits.reviews,
    "user_history": naive.history,
    "user_rhythm": naive.rhythm,
    "user_visits": naive.visits,
    "user_responses": naive.responses,
    "store_assortment": naive.assortment,
}
"""By view: rows by the id of whom they are about."""
SILENT = ("user_profile", "user_portrait", "user_history", "user_rhythm", "user_visits")
"""Views with a row that says nothing of everybody who bought and has nothing left of it."""


def compare(view: str, names: Iterable[str], rows: Mapping[str, Mapping[str, Any]], told: Told) -> None:
    """AssertionError unless `rows` (by id) hold each feature in `names` as it is reckoned here, and nobody else."""
    assert view in NAIVE, f"{view}: a new view; say in tests/suites/naive_views.py how it is reckoned"
    expected = NAIVE[view](told)
    # Of these an older row must not go on speaking.
    gone = naive.buyers(told) - set(expected) if view in SILENT else set()
    wanted = sorted({*expected, *gone})
    assert sorted(rows) == wanted, f"{view} at {told.at}: rows of {sorted(rows)}, not of {wanted}"
    for user in wanted:
        for name in names:
            where, found = f"{view}.{name} of {user} at {told.at}", rows[user][name]
            if user in gone:
                said = found if isinstance(found, list) else [found]
                assert not any(said), f"{where}: {found}, though nothing stands"
                continue
            row = expected[user]
            assert name in row, f"{view}.{name}: a new feature; say in tests/suites/naive_views.py how it is reckoned"
            assert alike(found, row[name]), f"{where}: {found}, reckoned {row[name]}"


def alike(found: Any, expected: Any) -> bool:
    """Equal, float32 to six digits; lists entry by entry."""
    if isinstance(expected, (list, tuple)):
        return found is not None and len(found) == len(expected) and all(map(alike, found, expected))
    if isinstance(expected, float) and found is not None:
        return math.isclose(found, expected, rel_tol=2e-6, abs_tol=1e-6)
    return bool(found == expected)
