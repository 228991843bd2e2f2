"""The notebook runs from its first cell to its last in a process of its own, and its claims turn false when they should."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys

import pytest

from tests.house.rooms import ROOT

TEXT = (ROOT / "docs" / "notebook.ipynb").read_text("utf-8")
BOOK = json.loads(TEXT)
CODE = {cell["id"]: "".join(cell["source"]) for cell in BOOK["cells"] if cell["cell_type"] == "code"}

# Cells by id on standard input; told on standard output as JSON: what each cell printed, and of one that failed, how.
RUNNER = """
import contextlib, io, json, socket, sys, traceback
def refuse(*where):
    raise OSError("the notebook reaches for the network")
socket.socket.connect = socket.create_connection = refuse
cells, space, printed, failed = json.load(sys.stdin), {"__name__": "__main__"}, {}, {}
for name, source in cells.items():
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(source, f"cell {name}", "exec"), space)
    except Exception as error:
        at = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == f"cell {name}"]
        line = source.splitlines()[at[0] - 1].strip() if at else source
        failed[name] = f"{line} -> {type(error).__name__}: {error}"
    printed[name] = said.getvalue()
print(json.dumps({"printed": printed, "failed": failed}))
"""


def run(cells, folder):
    """What the cells printed and which failed, by id; all in one namespace, whatever failed before."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DAYPART_")}
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(cells),
        cwd=folder,
        env={**env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    return told["printed"], told["failed"]


def edited(**edits):
    """All code cells, some with another text in them: cell to (old, new)."""
    for cell, (old, _) in edits.items():
        assert CODE[cell].count(old) == 1, f"cell {cell} no longer says {old!r}"
    return {**CODE, **{cell: CODE[cell].replace(*edit) for cell, edit in edits.items()}}


def test_every_cell_runs_with_no_network_and_leaves_nothing_behind(tmp_path):
    printed, failed = run(CODE, tmp_path)
    assert failed == {}
    assert [name for name, said in printed.items() if not said] == ["setup"], "every other cell shows something"
    assert list(tmp_path.iterdir()) == []


def test_in_a_chain_without_habits_the_claims_about_habits_are_false(tmp_path):
    cells = edited(data=("LOYAL = 0.85", "LOYAL = 0.0"))
    # Neither needs habits, both take time.
    _, failed = run({name: source for name, source in cells.items() if name not in ("files", "again")}, tmp_path)
    assert {"judge", "ablation"} <= set(failed), failed
    assert failed["judge"].startswith('assert all(found["difference"]')
    assert not {"setup", "data", "sales", "cut", "fit", "ask"} & set(failed), failed


def test_an_edit_that_breaks_a_claim_is_named_by_its_cell(tmp_path):
    edits = {
        "sales": ("given_back])", "given_back.head(0)])"),  # nothing is given back
        "cut": ("known.lazy()", "events.lazy()"),  # the future leaks in
        "cold": ('History.of(["tea-oat"]', 'History.of(["tea-out"]'),  # a product nobody knows
        "reasons": ("scores.reasons(best[0])", "scores.reasons(best[-1])"),  # another product's reasons
        "again": (
            "again, other = fitted(lines, recipe, quiet)",
            "again, other = fitted(lines.head(9000), recipe, quiet)",
        ),
        "seal": ("(model.ranker.parts.arrays,", "(again.ranker.parts.arrays,"),  # other weights than were asked
    }
    cells = edited(**edits)
    kept = ("setup", "data", "sales", "cut", "fit", "ask", "cold", "reasons", "again", "seal")
    _, failed = run({name: cells[name] for name in kept}, tmp_path)
    assert list(failed) == list(edits)
    assert {line.split(" ")[0] for line in failed.values()} == {"assert"}, failed


def test_it_is_a_notebook_of_format_4_5_as_a_save_without_outputs_writes_it():
    assert set(BOOK) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (BOOK["nbformat"], BOOK["nbformat_minor"]) == (4, 5)
    assert set(BOOK["metadata"]["kernelspec"]) == {"display_name", "language", "name"}
    wanted = {"cell_type", "id", "metadata", "source"}
    for cell in BOOK["cells"]:
        code = cell["cell_type"] == "code"
        assert cell["cell_type"] in ("code", "markdown")
        assert set(cell) == wanted | ({"execution_count", "outputs"} if code else set())
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        assert cell["metadata"] == {}
        assert cell["source"] == "".join(cell["source"]).splitlines(keepends=True)
        assert not code or (cell["outputs"], cell["execution_count"]) == ([], None), f"{cell['id']}: clear its output"
    ids = [cell["id"] for cell in BOOK["cells"]]
    assert len(set(ids)) == len(ids)
    assert json.dumps(BOOK, indent=1, ensure_ascii=False) + "\n" == TEXT


@pytest.mark.parametrize("cell", [name for name in CODE if name != "setup"])
def test_every_cell_is_plain_python_and_ends_in_a_claim_about_what_it_made(cell):
    body = ast.parse(CODE[cell]).body  # a magic or a shell line is no Python
    assert isinstance(body[-1], ast.Assert)
    assert any(isinstance(node, ast.Name) for node in ast.walk(body[-1].test)), "a claim about nothing cannot fail"


def test_what_its_text_names_is_there():
    text = "\n".join("".join(cell["source"]) for cell in BOOK["cells"] if cell["cell_type"] == "markdown")
    files = re.findall(r"`([\w/]+\.(?:py|md))`", text)
    assert len(files) >= 2
    assert [name for name in files if not (ROOT / name).exists()] == []
    names = re.findall(r"`(training\.\w+)\.(\w+)", text)
    assert names
    assert [name for room, name in names if not hasattr(importlib.import_module(room), name)] == []
    verbs = set(re.findall(r"`daypart (\w+)", text))
    assert {"train", "evaluate", "promote", "ingest"} <= verbs
    known = set(re.findall(r"^\| `daypart (\w+)", (ROOT / "docs" / "reference.md").read_text("utf-8"), re.M))
    assert verbs <= known
