"""The artifact `when` of format 1 stays readable: the bytes on disk are pinned, and so are the answers that they give."""

import numpy as np

from models.artifact import read_artifact
from models.when import When
from tests.models.conftest import GOLDEN_WHEN
from tests.models.golden.make import make_when
from tests.models.test_golden import digests
from tests.models.when_world import EVENING, MONDAY, TODAY, visits


def test_the_manifest_names_the_pinned_version_and_every_byte_is_vouched_for():
    assert read_artifact(GOLDEN_WHEN).version == GOLDEN_WHEN.name


def test_the_generator_still_makes_the_golden_bytes(tmp_path):
    assert digests(make_when(tmp_path).path) == digests(GOLDEN_WHEN)


def test_the_golden_artifact_gives_the_golden_answers():
    when = When.from_artifact(read_artifact(GOLDEN_WHEN))
    people = visits()
    week = when.within_week(people, TODAY)
    np.testing.assert_allclose(week, [0.05, 0.502732, 0.775378, 0.551353], atol=2e-6)
    np.testing.assert_allclose(
        when.visit_chance(people, TODAY, 5)[MONDAY], [0.122649, 0.130009, 0.144216, 0.151082, 0.75509], atol=2e-6
    )
    chances = when.store_chance(people, TODAY)
    np.testing.assert_allclose(chances.chance, [1.0, 0.588605, 0.411395], atol=2e-6)
    habits = when.habits(people, TODAY, chances.likeliest(4))
    hours = when.slot_density(habits, np.full(4, TODAY + 4), np.ones((4, 24), bool))
    assert hours.argmax(axis=1).tolist() == [11, 12, 8, 18]
    np.testing.assert_allclose(hours[[MONDAY, EVENING], [8, 18]], [0.306703, 0.276796], atol=2e-6)
