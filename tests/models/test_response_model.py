"""The response artifact: written and read back, and refused when it is not whole."""

import numpy as np
import pytest

from models.artifact import ArtifactError, write_artifact
from models.response_classes import ResponseClasses
from models.response_kinds import KINDS, kind_chances, likeliest_kind
from models.response_model import NAME, Response, arrays_of, classes_of, in_use, parts_of, read_response
from models.shelf import point
from tests.models.checkerboard import manifest

PARTS = np.repeat(np.arange(4), 6)


def test_read_back_as_written():
    grid = ResponseClasses.grid(7.0, 0.5)
    arrays, parameters = arrays_of(Response(grid, PARTS))
    again = classes_of(arrays, parameters)
    assert (again.steepness, again.fit_power) == (7.0, 0.5)
    np.testing.assert_array_equal(again.height, grid.height)


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda a, p: a.pop("bias"), "no array bias"),
        (lambda a, p: a.update(height=a["height"][:-1]), "one row a class"),
        (lambda a, p: a.update(away=-1 - a["away"]), "out of its range"),
        (lambda a, p: a.update(midpoint=a["midpoint"] * np.nan), "not finite"),
        (lambda a, p: a.update(weight=a["weight"] * 2), "sum to 1"),
        (lambda a, p: a.update(weight=-a["weight"]), "out of its range"),
        (lambda a, p: a.update(height=np.where(a["height"] > 0, np.inf, 0.0)), "not finite"),
        (lambda a, p: a.update(bias=np.full_like(a["bias"], np.inf)), "not finite"),
        (lambda a, p: a.update(midpoint=a["midpoint"] * 0), "out of its range"),
        (lambda a, p: a.update({name: column[:0] for name, column in a.items()}), "one row a class"),
        (lambda a, p: a.update({name: column[None] for name, column in a.items()}), "one row a class"),
        (lambda a, p: a.update(bias=a["bias"].astype(np.float32)), "not float64"),
        (lambda a, p: p.pop("steepness"), "steepness"),
        (lambda a, p: p.update(steepness=np.inf), "steepness"),
        (lambda a, p: p.update(fit_power=-0.1), "fit_power"),
        (lambda a, p: p.update(fit_power="1"), "fit_power"),
    ],
)
def test_what_is_not_whole_is_refused(break_it, told):
    arrays, parameters = arrays_of(Response(ResponseClasses.grid(4.0, 0.5), PARTS))
    break_it(arrays, parameters)
    with pytest.raises(ArtifactError, match=told):
        classes_of(arrays, parameters)


def test_of_no_steepness_and_no_fit_is_whole():
    arrays, parameters = arrays_of(Response(ResponseClasses.grid(4.0, 0.5), PARTS))
    found = classes_of(arrays, {**parameters, "steepness": 0, "fit_power": 0})
    assert (found.steepness, found.fit_power) == (0.0, 0.0)


def test_through_a_shelf(tmp_path):
    assert in_use(tmp_path) is None
    arrays, parameters = arrays_of(Response(ResponseClasses.grid(4.0, 0.5), PARTS))
    made = write_artifact(tmp_path, NAME, arrays, {**manifest(), "parameters": parameters})
    point(tmp_path, NAME, made.version)
    assert in_use(tmp_path).version == made.version
    other = write_artifact(tmp_path, "ranker", arrays, {**manifest(), "parameters": parameters})
    with pytest.raises(ArtifactError, match=f"a ranker artifact, not a {NAME}"):
        read_response(other)
    hollow = write_artifact(tmp_path, NAME, {"bias": np.zeros(1)}, manifest())
    with pytest.raises(ArtifactError, match=f"{hollow.version}.*no array"):
        read_response(hollow)


def test_kinds_are_told_by_what_moves_a_user_and_how_often_they_come():
    grid = ResponseClasses.grid(4.0, 0.5)
    one = np.eye(len(grid))
    still = one[(grid.height == 0) & (grid.away == 0) & (grid.bias == 0)][0]
    weight = np.array([still, one[grid.height > 0][0], still, one[grid.away > 0][0]])
    chances = kind_chances(grid, weight, np.array([0.2, 0.2, 0.19, 0.5]))
    assert likeliest_kind(chances) == [(kind, 1.0) for kind in KINDS]


@pytest.mark.parametrize("parts", [None, PARTS[:23], PARTS - 1, PARTS.astype(np.float64), PARTS + 24])
def test_parts_of_a_day_that_are_none_are_refused(parts):
    with pytest.raises(ArtifactError, match="part_of_hour"):
        parts_of({} if parts is None else {"part_of_hour": parts})


def test_parts_are_read_as_written():
    np.testing.assert_array_equal(parts_of(arrays_of(Response(ResponseClasses.grid(4.0, 0.5), PARTS))[0]), PARTS)
