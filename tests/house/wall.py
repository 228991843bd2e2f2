"""A process in which heavy names cannot be imported: it imports what it is told to, runs a body and says "light"."""

import os
import subprocess
import sys

BLOCKED = frozenset(
    {"implicit", "lightfm", "sklearn", "scipy", "pandas", "joblib", "polars", "duckdb", "feast", "dask"}
)

_PROGRAM = """
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


def run_walled(folder, names, body="", blocked=BLOCKED, **env):
    """The finished process; `folder` is where it runs and all of ours that it can reach."""
    program = _PROGRAM.format(blocked=set(blocked), names=names, body=body)
    env = {**os.environ, **env, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )
