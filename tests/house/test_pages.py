"""A module is a page or two, a function a screen; names say what is inside."""

import ast

import pytest

from tests.house.rooms import ROOT, allowed_long_pages, every_module

PAGE_LINES = 150
SCREEN_LINES = 40
VAGUE = {"utils.py", "helpers.py", "core.py", "common.py", "schema.py", "misc.py"}


def functions_over_a_screen(source: str) -> list[str]:
    return [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 > SCREEN_LINES
    ]


@pytest.mark.parametrize("path", every_module(), ids=lambda p: str(p.relative_to(ROOT)))
def test_module_is_a_page_or_two(path):
    name = str(path.relative_to(ROOT))
    n_lines = len(path.read_text("utf-8").splitlines())
    assert n_lines <= allowed_long_pages().get(name, PAGE_LINES), (
        f"{name} has {n_lines} lines: split it, or an ADR line"
    )


@pytest.mark.parametrize("path", every_module(), ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_fit_a_screen(path):
    assert functions_over_a_screen(path.read_text("utf-8")) == []


def test_a_long_function_is_seen():
    assert functions_over_a_screen("def f():\n" + "    x = 1\n" * 41) == ["f (42 lines)"]


def test_no_vague_names():
    assert [str(p) for p in every_module() if p.name in VAGUE] == []
