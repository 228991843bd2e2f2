"""Tests mirror the rooms: every module is imported by a test of its own room."""

import pytest

from tests.house.rooms import ROOMS, ROOT, dotted, imported, modules

# Declarations that Feast executes are tested through the stores they build.
THROUGH_OTHERS = {"feature_repo.views"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_has_a_test_in_its_room(room):
    seen: set[str] = set()
    for folder in (ROOT / "tests" / room, ROOT / "tests" / "suites", ROOT / "tests" / "flow"):
        for test in folder.rglob("*.py"):
            seen |= imported(test)
    wanted = {dotted(p) for p in modules(room) if p.name not in {"__init__.py", "__main__.py"}} - THROUGH_OTHERS
    assert sorted(wanted - seen) == []
