"""A run is told to MLflow when the setting asks: what is of the model, nothing of a person, and never at the artifact's cost."""

import json
import os
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from typer.testing import CliRunner

import daypart
from models import shelf
from settings import Settings
from tests.house.rooms import ROOT
from tests.training import market
from tests.training.report_data import board
from training import train as room
from training.errors import TrainingError
from training.recipe import Recipe
from training.tracking import Logged, metrics_of, parameters_of, tracker
from training.train import train

URL = "http://ann:s3cret@tracking.example"
OWN = (
    "MLFLOW_DISABLE_TELEMETRY",
    "MLFLOW_LOGGING_LEVEL",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
    "MLFLOW_HTTP_REQUEST_TIMEOUT",
)


@dataclass
class Recorder:
    """MLflow's client, as far as we use it: keeps what it is told, fails where it is told to."""

    address: str = ""
    broken: str = ""
    error: Exception = field(default_factory=lambda: OSError("disk full"))
    experiments: dict = field(default_factory=dict)
    runs: list = field(default_factory=list)
    acts: list = field(default_factory=list)

    def __call__(self, tracking_uri):
        self._act("open")
        self.address = tracking_uri
        return self

    def _act(self, name):
        self.acts.append(name)
        if name == self.broken:
            raise self.error

    def get_experiment_by_name(self, name):
        self._act("get_experiment_by_name")
        return SimpleNamespace(experiment_id=name.upper()) if name in self.experiments else None

    def create_experiment(self, name, artifact_location):
        self._act("create_experiment")
        self.experiments[name] = artifact_location
        return name.upper()

    def create_run(self, experiment_id, tags, run_name):
        self._act("create_run")
        self.runs.append({"experiment": experiment_id, "tags": tags, "name": run_name})
        return SimpleNamespace(info=SimpleNamespace(run_id=f"run{len(self.runs)}"))

    def log_batch(self, run_id, metrics, params):
        self._act("log_batch")
        # What a server refuses: too many of a kind, long texts.
        assert len(metrics) <= 1000
        assert len(params) <= 100
        assert max(len(text) for _, text in params) <= 6000
        self.runs[-1] |= {"metrics": {m[0]: m[1] for m in metrics}, "params": dict(params)}

    def log_artifact(self, run_id, path):
        self._act("log_artifact")
        self.runs[-1]["file"] = Path(path).read_text("utf-8")

    def set_terminated(self, run_id):
        sys.stdout.write(f"View run at {self.address}/{run_id}\n")  # as MLflow does
        self._act("set_terminated")


def put_in_place(patch, recorder):
    """The recorder where `import mlflow` finds it."""
    mlflow, entities = ModuleType("mlflow"), ModuleType("mlflow.entities")
    mlflow.MlflowClient = recorder
    entities.Metric = lambda key, value, timestamp, step: (key, value, timestamp, step)
    entities.Param = lambda key, value: (key, value)
    patch.setitem(sys.modules, "mlflow", mlflow)
    patch.setitem(sys.modules, "mlflow.entities", entities)
    for name in OWN:
        patch.delenv(name, raising=False)


def forget():
    """What the code itself set, which no patch takes back."""
    for name in OWN:
        os.environ.pop(name, None)


@pytest.fixture
def mlflow(monkeypatch):
    recorder = Recorder()
    put_in_place(monkeypatch, recorder)
    yield recorder
    forget()


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A small market's lake, and a recipe that does not search."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    market.fill(settings.lake, market.events(30))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "Recipe", partial(Recipe, trials=1))
        yield settings


@pytest.fixture(scope="module")
def whole(settings):
    """One run that was logged: what training says of it, and what MLflow was told."""
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch, recorder)
        done = train(replace(settings, mlflow_url=URL))
    forget()
    return done, recorder


def artifact_of(settings, done):
    return shelf.load(settings.shelf, "ranker", done.version)


def test_a_run_tells_parameters_metrics_tags_and_the_report(settings, whole):
    done, recorder = whole
    assert done.logged == Logged("run1")
    (run,) = recorder.runs
    assert (run["experiment"], run["name"], recorder.address) == ("DAYPART", done.version, URL)
    assert run["params"]["blend.c"] == str(Recipe().blend_c)
    assert run["params"]["seeds.training"] == str(settings.seed)
    assert run["params"]["libraries.numpy"] == artifact_of(settings, done).manifest["libraries"]["numpy"]
    assert json.loads(run["params"]["usual_terms"]) == list(Recipe().usual_terms)
    metrics, judged = run["metrics"], done.metrics
    assert metrics["recall_at_10"] == judged["k"]["10"]["recall"]
    assert [metrics["ndcg_at_20_low"], metrics["ndcg_at_20_high"]] == judged["intervals"]["20"]["ndcg"]
    assert (metrics["sales"], metrics["users"], metrics["seconds"]) == (done.n_sales, 30, done.seconds)
    assert run["tags"]["trained_through"] == done.trained_through.isoformat()
    assert run["tags"]["mlflow.note.content"] == ("; ".join(done.notes) or "nothing was missing")
    assert run["file"] == done.report.read_text("utf-8")
    assert recorder.acts[-1] == "set_terminated", "a run that was told whole is finished"


def test_nothing_of_it_is_about_a_person_or_a_place(settings, whole):
    _, recorder = whole
    (run,) = recorder.runs
    people = market.events(30)["user_id"].unique().to_list()
    told = json.dumps(run)
    assert "u07" in people
    assert [user for user in people if f'"{user}"' in told or f">{user}<" in told] == []
    assert not {"mlflow.user", "mlflow.source.name"} & set(run["tags"])
    assert str(settings.home) not in told
    assert "s3cret" not in told


def test_nobody_asks_nothing_is_told(settings, mlflow):
    assert tracker(settings) is None
    assert mlflow.acts == []
    assert not set(OWN) & set(os.environ)


def test_the_experiment_is_made_once_and_only_a_bare_database_is_told_where_files_go(settings, whole, mlflow):
    done, _ = whole
    for url, where in ((URL, None), ("sqlite:///runs.db", (settings.home / "mlflow").as_uri())):
        mlflow.experiments.clear()
        book = tracker(replace(settings, mlflow_url=url))
        logged = [book.log(artifact_of(settings, done), {}, (), done.report) for _ in range(2)]
        assert [one.warning for one in logged] == ["", ""]
        assert mlflow.experiments == {"daypart": where}
    assert mlflow.acts.count("create_experiment") == 2


def test_its_telemetry_and_patience_are_ours_unless_set(settings, mlflow, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    tracker(replace(settings, mlflow_url=URL))
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77"


@pytest.mark.parametrize(
    ("broken", "has"),
    [
        ("get_experiment_by_name", "nothing"),
        ("create_experiment", "nothing"),
        ("create_run", "nothing"),
        ("log_batch", "part"),
        ("log_artifact", "part"),
        ("set_terminated", "part"),
    ],
)
def test_a_server_that_fails_costs_a_warning_and_says_what_it_has(settings, whole, mlflow, capsys, broken, has):
    done, _ = whole
    mlflow.broken = broken
    mlflow.error = RuntimeError(f"request to {URL}/api failed\n(Caused by Refused('no route'))")
    logged = tracker(replace(settings, mlflow_url=URL)).log(artifact_of(settings, done), {}, (), done.report)
    assert logged.warning.startswith(f"MLflow has {has} of this run (Refused('no route); {done.version} stands")
    assert "\n" not in logged.warning
    assert bool(logged.run) == (has == "part")
    assert capsys.readouterr().out == "", "results alone go to standard output"


def test_a_warning_is_short_and_holds_no_password(settings, whole, mlflow):
    done, _ = whole
    mlflow.broken, mlflow.error = "create_run", ValueError(f"{URL}/api said " + "no " * 500)
    logged = tracker(replace(settings, mlflow_url=URL)).log(artifact_of(settings, done), {}, (), done.report)
    assert "http://***@tracking.example/api said no no" in logged.warning
    assert len(logged.warning) < 400
    mlflow.error = ValueError("")
    logged = tracker(replace(settings, mlflow_url=URL)).log(artifact_of(settings, done), {}, (), done.report)
    assert "(ValueError)" in logged.warning


@pytest.mark.parametrize(
    ("absent", "broken", "says"),
    [
        (True, "", r"not installed; run `python -m pip install -e '\.\[mlflow\]'`"),
        (False, "open", r"setting 'mlflow_url': MLflow cannot use it \(disk full\); mend or unset it"),
    ],
)
def test_what_is_known_beforehand_stops_the_training_before_it_begins(
    tmp_path, mlflow, monkeypatch, absent, broken, says
):
    mlflow.broken = broken
    if absent:
        monkeypatch.setitem(sys.modules, "mlflow", None)
    told = []
    # An empty home: reading the lake, the first thing a training does, would be a DataError.
    with pytest.raises(TrainingError, match=says):
        train(Settings(home=tmp_path, mlflow_url=URL), progress=lambda *step: told.append(step))
    assert told == []


def test_the_command_line_ends_with_2_or_warns_in_one_line(settings, mlflow, monkeypatch):
    monkeypatch.setenv("DAYPART_HOME", str(settings.home))
    monkeypatch.setenv("DAYPART_MLFLOW_URL", URL)
    mlflow.broken = "log_batch"
    done = CliRunner().invoke(daypart.app, ["train", "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["logged"]["run"] == "run1"
    assert done.stderr == f"daypart: {report['logged']['warning']}\n"
    assert shelf.versions(settings.shelf, "ranker") == [report["version"]]
    assert (settings.home / "reports" / f"train-{report['version']}.html").exists()
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setattr(sys, "argv", ["daypart", "train"])
    with pytest.raises(SystemExit) as ended:
        daypart.main()
    assert ended.value.code == 2


def test_metrics_have_the_names_the_reference_gives():
    found = metrics_of(board())
    reference = (ROOT / "docs" / "reference.md").read_text("utf-8")
    for name in (
        "recall_at_10",
        "repeat/recall_at_10",
        "explore/recall_at_10",
        "personal_frequency/recall_at_10_ahead",
    ):
        assert name in found
        assert f"`{name}`" in reference
    judged = board()
    assert found["repeat/ndcg_at_20"] == judged["repeat"]["20"]["ndcg"]
    assert found["recall_at_10_high"] == judged["intervals"]["10"]["recall"][1]
    ahead = judged["baselines"]["global_popularity"]["difference"]["10"]["hit_rate"]
    ends = [found[f"global_popularity/hit_rate_at_10_ahead{end}"] for end in ("", "_low", "_high")]
    assert ends == [ahead["mean"], ahead["low"], ahead["high"]]
    assert len(found) == 8 * (3 + 2) + 3 * 8 * (1 + 3)
    assert metrics_of({}) == {}, "a run that could not be compared"


def test_parameters_are_flat_and_texts():
    manifest = {
        "parameters": {"als": {"alpha": 1.0, "weight": "counts"}, "search": [{"c": 1}], "history_limit": None},
        "seeds": {"training": 0},
        "libraries": {"numpy": "2"},
    }
    assert parameters_of(manifest) == {
        "als.alpha": "1.0", "als.weight": "counts", "search": '[{"c": 1}]', "history_limit": "null",
        "seeds.training": "0", "libraries.numpy": "2",
    }  # fmt: skip


def test_an_endless_number_is_left_out(settings, whole, mlflow):
    done, _ = whole
    book = tracker(replace(settings, mlflow_url=URL))
    book.log(artifact_of(settings, done), {"worth": float("nan"), "far": float("inf"), "fine": 1}, (), done.report)
    assert {"worth", "far", "fine"} & set(mlflow.runs[-1]["metrics"]) == {"fine"}


def test_no_lock_file_holds_it():
    for name in ("requirements.lock", "requirements.serve.lock"):
        assert "mlflow" not in (ROOT / name).read_text("utf-8")
