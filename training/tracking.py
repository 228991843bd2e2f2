"""A training run told to MLflow, beside all the others of a data scientist: only where the setting `mlflow_url` asks for it.

Of the model, never of a person: the manifest's parameters, seeds, library versions and metrics, counts, and the HTML report.
MLflow's plain client is used because `mlflow.start_run` would add the name of whoever trains and the path of the program; its
own telemetry is off. The names of metrics stand in docs/reference.md.
"""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from textwrap import shorten
from typing import Any

from models.artifact import Artifact
from settings import Settings
from training.errors import TrainingError

EXPERIMENT = "daypart"
# Unless they are set already. MLflow's own patience with a silent server is many minutes.
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_LONGEST = 240


@dataclass(frozen=True)
class Logged:
    """What became of a run at MLflow. run: its id there; warning: one line why it could not be logged whole; "" if neither."""

    run: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Tracker:
    """An address that MLflow can use: its `mlflow.MlflowClient`, and where files go (None leaves it to the server)."""

    client: Any
    files: str | None

    def log(self, artifact: Artifact, figures: Mapping[str, float], notes: Sequence[str], report: Path) -> Logged:
        """Make one finished run of `artifact`. Never raises. figures: name to number, of the run itself: counts, seconds."""
        run = ""
        try:
            tags = _tags(artifact, notes)
            run = self.client.create_run(self._experiment(), tags=tags, run_name=artifact.version).info.run_id
            self.client.log_batch(run, **_entities(artifact, figures))
            self.client.log_artifact(run, str(report))
            with redirect_stdout(StringIO()):  # MLflow prints the page of the run, with any password in its address
                self.client.set_terminated(run)
        except Exception as error:  # whatever a server, a disk or a library throws
            told = f"MLflow has {'part' if run else 'nothing'} of this run ({_plain(error)})"
            return Logged(run, f"{told}; {artifact.version} stands all the same; check setting 'mlflow_url'")
        return Logged(run)

    def _experiment(self) -> str:
        found = self.client.get_experiment_by_name(EXPERIMENT)
        return str(found.experiment_id if found else self.client.create_experiment(EXPERIMENT, self.files))


def tracker(settings: Settings) -> Tracker | None:
    """None when nobody asks. TrainingError, before any work is done, when MLflow is not installed or cannot use the address."""
    if not settings.mlflow_url:
        return None
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise TrainingError(
            "setting 'mlflow_url' asks for MLflow, which is not installed; "
            "run `python -m pip install -e '.[mlflow]'` in the checkout, or unset it"
        ) from None
    try:
        client = MlflowClient(tracking_uri=settings.mlflow_url)
    except Exception as error:  # MLflow and the driver of a database each have their own
        raise TrainingError(f"setting 'mlflow_url': MLflow cannot use it ({_plain(error)}); mend or unset it") from None
    # A server has a place for files; a bare database has none, and MLflow would take the working directory.
    bare = settings.mlflow_url.startswith(_DATABASES)
    return Tracker(client, (settings.home / "mlflow").as_uri() if bare else None)


def metrics_of(board: Mapping[str, Any]) -> dict[str, float]:
    """The scoreboard of a manifest (`training.scoreboard`) as flat names; nothing of an empty one."""
    if not board:
        return {}
    # A part of too few users is null.
    found = _flat("", board["k"]) | _flat("repeat/", board["repeat"] or {}) | _flat("explore/", board["explore"] or {})
    found |= _flat("", board["intervals"], "_low", 0) | _flat("", board["intervals"], "_high", 1)
    for name, baseline in board["baselines"].items():
        found |= _flat(f"{name}/", baseline["k"])
        for key, after in (("mean", "_ahead"), ("low", "_ahead_low"), ("high", "_ahead_high")):
            found |= _flat(f"{name}/", baseline["difference"], after, key)
    return found


def parameters_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """`parameters`, `seeds` and `libraries` of a manifest as flat names and texts, keys joined by dots."""
    return dict(_leaves("", {**manifest["parameters"], **{part: manifest[part] for part in ("seeds", "libraries")}}))


def _flat(before: str, by_k: Mapping[str, Any], after: str = "", part: str | int | None = None) -> dict[str, float]:
    return {
        f"{before}{metric}_at_{k}{after}": float(value if part is None else value[part])
        for k, metrics in by_k.items()
        for metric, value in metrics.items()
    }


def _leaves(prefix: str, tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value)


def _entities(artifact: Artifact, figures: Mapping[str, float]) -> dict[str, list[Any]]:
    from mlflow.entities import Metric, Param

    now_ms = time.time_ns() // 1_000_000
    metrics = {**figures, **metrics_of(artifact.manifest["metrics"]["validation"])}.items()
    kept = [Metric(name, float(value), now_ms, 0) for name, value in metrics if math.isfinite(value)]
    return {"metrics": kept, "params": [Param(*pair) for pair in parameters_of(artifact.manifest).items()]}


def _tags(artifact: Artifact, notes: Sequence[str]) -> dict[str, str]:
    through, commit = artifact.manifest["trained_through"], artifact.manifest["commit"]
    told = {"mlflow.source.git.commit": commit, "mlflow.note.content": "; ".join(notes) or "nothing was missing"}
    return {"version": artifact.version, "trained_through": through, **told}


def _plain(error: Exception) -> str:
    """One line: of a chain of causes the last, without the password that an address may carry."""
    line = re.sub(r".*\(Caused by ", "", " ".join(str(error).split())).rstrip(")\"'") or type(error).__name__
    return shorten(re.sub(r"//[^/\s]*@", "//***@", line), _LONGEST, placeholder=" …")
