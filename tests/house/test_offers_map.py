"""The room with the most modules has a map, and the map is the room."""

import re

from tests.house.rooms import ROOT, modules

ROOM = ROOT / "offers"


def test_every_module_stands_on_the_map_and_nothing_else_does():
    # Paths, commands and names of functions hold a slash, a space or a dot.
    named = set(re.findall(r"`([a-z_]+)`", (ROOM / "README.md").read_text("utf-8")))
    assert named == {path.stem for path in modules("offers") if path.parent == ROOM} - {"__init__"}
