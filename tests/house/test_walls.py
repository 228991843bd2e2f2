"""The walls that import-linter cannot see: top-level modules keep their floor, and heavy libraries have one importer."""

import pytest

from tests.house.rooms import GROUND, ROOMS, ROOT, dotted, every_module, imported

# Who may import each top-level module; the river runs from the last of these down to the first.
READERS = {
    "settings": {"embedded", "offers", "training", "serving", "river", "bench", "daypart"},
    "console": {"river", "bench", "daypart"},
    "daypart": set(),
}
ONE_IMPORTER = {"implicit": "training", "lightfm": "training"}


def room_of(path):
    return dotted(path).split(".")[0]


@pytest.mark.parametrize("module", READERS)
def test_top_modules_are_read_only_from_above(module):
    readers = {room_of(p) for p in every_module() if module in {m.split(".")[0] for m in imported(p)}}
    assert readers - READERS[module] - {module} == set()


def test_every_top_module_has_a_floor():
    files = {p.name for p in ROOT.glob("*.py")}
    assert files == set(GROUND)
    folders = {p.parent.name for p in ROOT.glob("*/__init__.py")} - {"tests"}
    assert folders == set(ROOMS)


@pytest.mark.parametrize(("library", "room"), ONE_IMPORTER.items())
def test_one_file_imports_each_fitting_library(library, room):
    importers = [p for p in every_module() if library in {m.split(".")[0] for m in imported(p)}]
    assert len({p for p in importers if room_of(p) != "bench"}) == 1
    assert {room_of(p) for p in importers} <= {room, "bench"}


def test_nobody_online_imports_feast():
    """One file reads Feast online, the reference that tests hold serving to: tests/suites/feast_online.py."""
    importers = [p for p in every_module() if {"feast", "dask"} & {m.split(".")[0] for m in imported(p)}]
    assert {room_of(p) for p in importers} <= {"feature_repo", "training", "bench"}
    assert ROOT / "training" / "feast_store.py" in importers
