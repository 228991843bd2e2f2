"""One page of Python changed in one place, in ways cosmic-ray doesn't know.

What rules are made of besides numbers and comparisons: texts, arguments, members of tuples and their order, conditions,
clauses and whole statements. A rule with any of them left out must be noticed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

_SWAPPED = {"max": "min", "min": "max"}
Text = Callable[[ast.AST], str]
Change = tuple[ast.AST, str]
"""A part of the page and what stands in its place."""


def changed_pages(source: str) -> Iterator[str]:
    """The page with one change each; some don't parse, and some mean the same."""
    raw, starts = source.encode(), [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))

    def span(node: Any) -> tuple[int, int]:
        # Columns count bytes.
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    def text(node: ast.AST) -> str:
        begin, end = span(node)
        return raw[begin:end].decode()

    for node in ast.walk(bare(source)):
        for part, new in _changes(node, text):
            begin, end = span(part)
            yield (raw[:begin] + new.encode() + raw[end:]).decode()


def bare(source: str) -> ast.Module:
    """The page's tree without what doesn't act: annotations, docstrings, and the insides of texts with values in them.

    Raises SyntaxError.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        for name in ("body", "orelse"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                setattr(node, name, [one for one in body if not _only_text(one)])
    return tree


def _only_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST, text: Text) -> Iterator[Change]:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node, '"mutant"'
    elif isinstance(node, ast.Call):
        yield from _of_call(node, text)
    elif isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load):
        opens, closes = "()" if isinstance(node, ast.Tuple) else "[]"
        for some in _fewer_or_swapped([text(one) for one in node.elts]):
            yield node, opens + "".join(f"{one}, " for one in some) + closes
    elif isinstance(node, ast.Set):
        for some in _fewer([text(one) for one in node.elts]):
            yield node, "{" + ", ".join(some) + "}"
    elif isinstance(node, ast.Dict):
        pairs = [
            (f"{text(key)}: " if key else "**") + text(value) for key, value in zip(node.keys, node.values, strict=True)
        ]
        for some in _fewer(pairs):
            yield node, "{" + ", ".join(some) + "}"
    elif isinstance(node, ast.BoolOp):
        word = " and " if isinstance(node.op, ast.And) else " or "
        for some in _fewer([f"({text(one)})" for one in node.values]):
            yield node, f"({word.join(some)})"
    elif isinstance(node, ast.BinOp):
        yield node, f"({text(node.left)})"
        yield node, f"({text(node.right)})"
    yield from _of_condition(node)
    if isinstance(node, ast.stmt) and not isinstance(
        node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    ):
        yield node, "pass"


def _of_call(node: ast.Call, text: Text) -> Iterator[Change]:
    given = [text(one) for one in (*node.args, *node.keywords)]
    for some in _fewer(given):
        yield node, f"{text(node.func)}({', '.join(some)})"
    if isinstance(node.func, ast.Name) and node.func.id in _SWAPPED:
        yield node.func, _SWAPPED[node.func.id]


def _of_condition(node: ast.AST) -> Iterator[Change]:
    tests = (
        [node.test] if isinstance(node, ast.If | ast.IfExp) else node.ifs if isinstance(node, ast.comprehension) else []
    )
    for test in tests:
        yield test, "True"
        yield test, "False"


def _fewer(parts: list[str]) -> Iterator[list[str]]:
    return (parts[:at] + parts[at + 1 :] for at in range(len(parts)))


def _fewer_or_swapped(parts: list[str]) -> Iterator[list[str]]:
    yield from _fewer(parts)
    for at in range(len(parts) - 1):
        yield [*parts[:at], parts[at + 1], parts[at], *parts[at + 2 :]]
