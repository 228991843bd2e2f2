"""Hostile cells at the door of tills and apps: each is told by its place and a code, and the good events beside it go in."""

from pathlib import Path

import msgspec
import pytest

from people.secret import References
from serving.events import judge
from tests.serving.fakes import NOW
from tests.suites.hostile_cells import CELLS

NOBODY = References(Path("/nowhere/identity.key"))
GOOD = b'{"event_type":"view","occurred_at":"2025-01-01T00:00:00Z","product_id":"p"}'


def event(cell):
    members = {b"event_type": b'"view"', b"occurred_at": b'"2025-01-01T00:00:00Z"', b"product_id": b'"p"'}
    members[cell.column.encode()] = cell.token
    return b"{" + b",".join(b'"' + name + b'":' + value for name, value in members.items()) + b"}"


@pytest.mark.parametrize("cell", CELLS, ids=[cell.what[:30] for cell in CELLS])
def test_a_hostile_cell_is_told_and_its_neighbours_go_in(cell):
    rows = [msgspec.Raw(raw) for raw in (GOOD, event(cell), GOOD)]
    records, rejected = judge(rows, NOW, NOBODY)
    assert [(one.index, one.code) for one in rejected] == ([(1, cell.code)] if cell.code else [])
    assert len(records) == 3 - len(rejected)
    assert all(len(one.detail) < 500 for one in rejected)
