"""What serves never needs what fits: heavy names are blocked, every online module imported, the golden artifact scored."""

import os
import subprocess
import sys
import textwrap

from tests.house.rooms import LIGHT, ROOT, dotted, modules

BLOCKED = ("implicit", "lightfm", "sklearn", "scipy", "pandas", "joblib", "polars", "duckdb")

PROGRAM = """
import sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} is not for the served process")

sys.meta_path.insert(0, Wall())
import importlib
for name in {names!r}:
    importlib.import_module(name)
{body}
print("light")
"""

SCORE = """
from pathlib import Path
from models.artifact import read_artifact
from models.history import History
from models.ranker import Ranker
golden = next(p.parent for p in sorted(Path("tests/models/golden").rglob("manifest.json")))
ranker = Ranker.from_artifact(read_artifact(golden))
scores = ranker.score(History.empty(), store_id=None, hour_of_week=None)
assert len(scores.score) == len(ranker.product_ids) > 0
"""


def run(names, body):
    program = PROGRAM.format(blocked=set(BLOCKED), names=names, body=textwrap.dedent(body))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )


def test_online_rooms_import_and_score_without_heavy_libraries():
    names = [dotted(p) for room in LIGHT for p in modules(room)]
    answer = run(names, SCORE)
    assert answer.stdout.strip().endswith("light"), answer.stderr[-2000:]


def test_the_wall_stands():
    answer = run(["sklearn"], "")
    assert "sklearn is not for the served process" in answer.stderr


def test_no_pickle_in_online_sources():
    offenders = [
        str(p.relative_to(ROOT)) for room in LIGHT for p in modules(room) if "import pickle" in p.read_text("utf-8")
    ]
    assert offenders == []
