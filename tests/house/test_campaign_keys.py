"""Every key of a campaign's file stands in docs/campaigns.md, in the table of its section, with its default; and no other."""

import re

import msgspec
import pytest

from offers.campaign import Campaign
from offers.campaign_scope import DAYPARTS
from offers.depth import LADDERS
from tests.house.rooms import ROOT

PAGE = (ROOT / "docs" / "campaigns.md").read_text("utf-8")
KEYS = PAGE.split("## Keys")[1].split("\n## ")[0]


def sections():
    """Name of a section ("" for the top) to its struct's fields, `version` left out: no file says it."""
    fields = {field.name: field for field in msgspec.structs.fields(Campaign) if field.name != "version"}
    rooms = {
        name: field
        for name, field in fields.items()
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
    }
    yield "", {name: field for name, field in fields.items() if name not in rooms}
    for name, field in rooms.items():
        yield name, {one.name: one for one in msgspec.structs.fields(field.type)}


def rows(section):
    """Key to the cell of its default, of the section's table."""
    head = f"`[{section}]`" if section else "key"
    table = KEYS.split(f"| {head} |")[1].split("\n\n")[0]
    found = {}
    for line in table.splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        names, defaults = re.findall(r"`([a-z_]+)`", cells[0]), cells[1].split(", ")
        found |= dict(zip(names, defaults if len(defaults) == len(names) else [cells[1]] * len(names), strict=True))
    return found


@pytest.mark.parametrize(("section", "fields"), sections(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_key_is_documented(section, fields):
    assert sorted(rows(section)) == sorted(fields)


@pytest.mark.parametrize(("section", "fields"), sections(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_default_is_told(section, fields):
    told = rows(section)
    for name, field in fields.items():
        default = field.default
        if default in (msgspec.NODEFAULT, None, ()):
            assert "`" not in told[name], name
        else:
            said = told[name].strip("`")
            assert (said == str(default).lower()) or float(said) == float(default), name


def test_kinds_and_dayparts_are_listed():
    assert all(f"| `{kind}` |" in PAGE.split("## Kinds")[1] for kind in LADDERS)
    assert all(f"`{name}` {first}–{last}" in KEYS for name, (first, last) in DAYPARTS.items())


def test_no_key_is_a_struct_of_its_own_without_a_table():
    assert len(list(sections())) == KEYS.count("|---|---|---|")
