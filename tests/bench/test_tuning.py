"""A layer that is named is around the empty route, one that isn't is not; what processes say becomes rows."""

import json

import pytest

from bench import tuning
from serving.service import CONFIGURED

LINE = "path=/v1/empty"


@pytest.mark.parametrize("name", ["", "the access log"])
def test_the_layer_that_is_named_is_on(monkeypatch, name):
    monkeypatch.setattr(tuning.subprocess, "run", said := Said(tuning.subprocess.run))
    assert float(tuning._run("bench.tuning", name, "1")) > 0
    assert (LINE in said.stdout) is bool(name)


class Said:
    """Keeps what a process wrote."""

    def __init__(self, run):
        self.run, self.stdout = run, ""

    def __call__(self, *args, **more):
        done = self.run(*args, **more)
        self.stdout += done.stdout
        return done


def test_every_layer_is_off_as_we_are_configured():
    for on in tuning.ON.values():
        ((part, how),) = on.items()
        assert CONFIGURED[part] != how


def test_the_quickest_of_all_turns_stands_beside_an_empty_routes(monkeypatch):
    turns = {name: iter([30.0 + n, 20.0 + n, 40.0 + n]) for n, name in enumerate(["", *tuning.ON])}
    collects = {how: {"whole": n, "longest": n, "n": n} for n, how in ((9.0, "default"), (3.0, "ours"))}
    monkeypatch.setattr(
        tuning, "_run", lambda module, which: json.dumps(collects[which] if "collect" in module else next(turns[which]))
    )
    rows = tuning.rows()
    assert [(row["value"], row["against_value"]) for row in rows] == [(21, 20), (22, 20), (23, 20), *[(3, 9)] * 3]
