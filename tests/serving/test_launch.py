import os
import resource
from contextlib import nullcontext
from pathlib import Path

import pytest

from serving import launch
from serving.handed import CHECKED, SETTINGS, settings_from
from settings import Settings, SettingsError


def test_settings_reach_the_workers_whole(monkeypatch, tmp_path):
    given = Settings(
        home=tmp_path / "h", campaigns=tmp_path / "c", redis_url="redis://x", port=1, workers=3, locale="zh"
    )
    monkeypatch.delenv("BENTOML_HOME", raising=False)
    handed = launch._environment(given)
    assert settings_from(handed) == given
    assert isinstance(settings_from(handed).home, Path)
    assert (handed[CHECKED], handed["BENTOML_HOME"]) == (str(os.getpid()), str(tmp_path / "h" / "bentoml" / "1"))
    assert handed["BENTOML_DO_NOT_TRACK"] == "True"


def test_a_bento_home_of_ones_own_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("BENTOML_HOME", "/elsewhere")
    assert launch._environment(Settings(home=tmp_path))["BENTOML_HOME"] == "/elsewhere"


def test_without_a_launcher_the_environment_speaks(tmp_path):
    spoken = settings_from({"DAYPART_HOME": str(tmp_path), "DAYPART_PORT": "7", "DAYPART_WORKERS": "3"})
    assert (spoken.port, spoken.workers) == (7, 0), "whoever launches instead says how many workers there are"
    with pytest.raises(SettingsError, match="colour"):
        settings_from({"DAYPART_COLOUR": "red"})


def test_a_fault_leaves_the_environment_alone(tmp_path):
    from models.artifact import ArtifactError

    with pytest.raises(ArtifactError):
        launch.run(Settings(home=tmp_path, port=0))
    assert SETTINGS not in os.environ


@pytest.mark.parametrize(
    ("n", "told"), [(0, ("cpu_count", "a worker a core")), (1, (1, "1 worker")), (2, (2, "2 workers"))]
)
def test_no_number_of_workers_is_one_a_core(n, told):
    assert launch._workers(n) == told


def test_before_it_serves_it_takes_its_descriptors(monkeypatch, tmp_path):
    class Taken(Exception):
        pass

    def take():
        raise Taken

    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(launch, "require_free", lambda *_: None)
    monkeypatch.setattr(launch, "preflight", lambda settings: nullcontext(lambda: None))
    monkeypatch.setattr(launch, "take_descriptors", take)
    monkeypatch.setattr("_bentoml_impl.server.serve_http", lambda *_, **__: None)
    with pytest.raises(Taken):
        launch.run(Settings(home=tmp_path, port=0))


NO_LIMIT = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("stands", "becomes"),
    [
        ((1024, 4096), (4096, 4096)),
        ((1024, 1_048_576), (launch.DESCRIPTORS, 1_048_576)),
        ((1024, NO_LIMIT), (launch.DESCRIPTORS, NO_LIMIT)),
        ((launch.DESCRIPTORS - 1, launch.DESCRIPTORS), (launch.DESCRIPTORS, launch.DESCRIPTORS)),
        ((launch.DESCRIPTORS, 1_048_576), None),
        ((200_000, 1_048_576), None),
        ((NO_LIMIT, NO_LIMIT), None),
    ],
)
def test_a_shells_low_limit_of_open_files_is_raised_and_a_higher_one_is_kept(monkeypatch, stands, becomes):
    was = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: stands)
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: was.append(limits))
    launch.take_descriptors()
    assert was == ([] if becomes is None else [becomes])
