"""`bentoml build` packs the served process: nothing that trains, and nothing it needs is left out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.house.rooms import LIGHT, ROOT, dotted, modules
from tests.house.wall import BLOCKED, run_walled

TRAINERS = {"implicit", "lightfm", "lightfm-next", "scikit-learn", "scipy", "polars", "duckdb", "matplotlib", "joblib"}

# Beside what fits, our own rooms that a bento does not hold.
BLOCKED_THERE = BLOCKED | {"training", "bench", "river"}


@pytest.fixture(scope="module")
def bento(tmp_path_factory):
    """The folder of a freshly built bento."""
    store = tmp_path_factory.mktemp("bentos")
    env = {**os.environ, "BENTOML_HOME": str(store), "BENTOML_DO_NOT_TRACK": "True", "TZ": "UTC"}
    command = [sys.executable, "-m", "bentoml", "build", ".", "--output", "tag"]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    (folder,) = (store / "bentos" / "daypart").glob("*/bento.yaml")
    return folder.parent


def test_it_holds_the_served_rooms_and_no_other(bento):
    src = bento / "src"
    rooms = {path.name for path in src.iterdir()} - {"bentofile.yaml"}
    assert rooms == {"serving", "offers", "people", "models", "embedded", "feature_repo", "campaigns", "settings.py"}
    packed = {str(path.relative_to(src)) for path in src.rglob("*.py")}
    wanted = {str(path.relative_to(ROOT)) for room in LIGHT for path in modules(room)}
    assert wanted <= packed
    assert not [path for path in packed if path.startswith(("training", "bench", "tests", "models/artifacts"))]
    assert {path.name for path in (src / "feature_repo").glob("*.yaml")} == {
        "feature_store.yaml",
        "feature_store.prod.yaml",
    }


def test_its_requirements_are_locked_and_fit_nothing(bento):
    text = (bento / "env" / "python" / "requirements.txt").read_text()
    names = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.M)}
    assert {"bentoml", "msgspec", "numpy", "protobuf", "redis", "sqlalchemy"} <= names
    assert names & (TRAINERS | {"feast", "pandas", "dask"}) == set()
    assert "--hash=sha256:" in text


def test_it_imports_alone_with_the_heavy_names_blocked(bento):
    src = str(bento / "src")
    names = [dotted(path) for room in LIGHT for path in modules(room)]
    body = f"assert importlib.import_module('serving.service').__file__.startswith({src!r})"
    run = run_walled(src, names, body, BLOCKED_THERE, BENTOML_HOME=str(bento.parents[2]))
    assert run.stdout.strip().endswith("light"), run.stderr[-2000:]


def test_its_service_is_the_one_that_is_served(bento):
    told = yaml.safe_load((bento / "bento.yaml").read_text())
    assert told["service"] == yaml.safe_load(Path(ROOT / "bentofile.yaml").read_text())["service"]
    assert [found["name"] for found in told["services"]] == ["daypart"]
