"""The ledger's rules and eligibility: values in, values out. No clock, randomness, I/O or logging."""

import ast

import pytest

from tests.house.rooms import ROOT, imported

PURE = ("offers/ledger.py", "offers/eligibility.py", "offers/limits.py", "offers/basket.py", "offers/outcome.py")
ALLOWED_IMPORTS = {"__future__", "collections", "dataclasses", "datetime", "enum", "typing", "zoneinfo"}
ALLOWED_OURS = {
    "offers.ledger",
    "offers.eligibility",
    "offers.book",
    "offers.commands",
    "offers.limits",
    "offers.basket",
    "offers.outcome",
}
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input", "urandom", "uuid4", "eval", "exec"}


def impure_calls(source: str) -> set[str]:
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    names = {f.attr if isinstance(f, ast.Attribute) else f.id for f in calls if isinstance(f, ast.Attribute | ast.Name)}
    return names & IMPURE_CALLS


@pytest.mark.parametrize("name", PURE)
def test_rules_import_only_values(name):
    roots = {m for m in imported(ROOT / name) if m.split(".")[0] not in ALLOWED_IMPORTS}
    assert {m for m in roots if ".".join(m.split(".")[:2]) not in ALLOWED_OURS and m != "offers"} == set()


@pytest.mark.parametrize("name", PURE)
def test_rules_call_nothing_impure(name):
    assert impure_calls((ROOT / name).read_text("utf-8")) == set()


def test_an_impure_call_is_seen():
    assert impure_calls("from datetime import datetime\nx = datetime.now()") == {"now"}
