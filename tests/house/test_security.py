"""The threat model's tests exist, each row has one, and its lists are the code's."""

import ast
import re

import pytest

from serving.headers import MAX_HEADERS, ONCE
from settings import Settings
from tests.house.rooms import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_test_that_is_named_is_there(path, name):
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_threat_has_a_test():
    part = PAGE.split("## Who attacks")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    assert [row for row in rows if "::" not in row.rsplit("|", 2)[1]] == []


def test_the_audits_acts_are_listed_in_the_codes_words():
    from offers.audit import ACTS

    part = PAGE.split("## The audit")[1].split("\n## ")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", part, re.M)) == ACTS


def test_limits_are_told_as_they_are():
    from serving.keyring import ALONE_FOR_S, KNOWN_FOR_S

    assert f'`rate_limits = "{Settings().rate_limits}"`' in PAGE
    assert f"within {KNOWN_FOR_S:g} s" in PAGE
    assert f"for {ALONE_FOR_S / 60:g} minutes" in PAGE
    assert f"{MAX_HEADERS} headers" in PAGE
    told = next(line for line in PAGE.splitlines() if "`header_repeated`" in line)
    assert {name.lower() for name in re.findall(r"`([A-Z][\w-]+)`", told)} == {name.decode() for name in ONCE}
