import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offers import snapshots
from offers.audience import read_audience
from offers.errors import PlanError
from offers.snapshots import newest, rows_of
from tests.models import checkerboard
from tests.offers.desk_world import TICK
from tests.offers.plan_world import EARLY, KNOWN, LATE, NOW, PEOPLE, write


@pytest.fixture
def features(tmp_path):
    return write(tmp_path / "home").features


@pytest.mark.parametrize("batch", [1, 7, 1024])
def test_everyone_once_with_the_latest_they_had(features, monkeypatch, batch):
    monkeypatch.setattr(snapshots, "BATCH", batch)
    audience = read_audience(features, NOW)
    people = {person.user_id: person for person in audience.people(set())}
    assert len(audience) == len(people) == 10
    assert list(people) == PEOPLE
    ann = people["u03"]
    past = checkerboard.history(3)
    assert (ann.history.product_ids, ann.history.n_visits) == (past.product_ids, past.n_visits)
    np.testing.assert_array_equal(ann.history.decayed, past.decayed)
    assert (ann.store_id, ann.as_of, ann.rhythm.sum(), ann.rhythm[18]) == ("s1", KNOWN, 21, 3)
    assert people["u90"].store_id is None


def test_those_decided_before_are_left_out(features):
    audience = read_audience(features, NOW)
    assert [person.user_id for person in audience.people(set(PEOPLE[1:]))] == ["u00"]


@pytest.mark.parametrize(
    ("now", "as_of"),
    [(EARLY - TICK, None), (EARLY, EARLY), (KNOWN - TICK, EARLY), (KNOWN, KNOWN), (LATE - TICK, KNOWN), (LATE, LATE)],
)
def test_a_snapshot_is_known_from_its_moment_on(features, now, as_of):
    # It holds only what lay before that moment, so nothing of the future is seen.
    people = list(read_audience(features, now).people(set()))
    assert {person.as_of for person in people} == ({as_of} if as_of else set())
    assert len(people) == (10 if as_of else 0)


def test_without_a_rhythm_the_week_is_silent(features):
    path = features / "user_rhythm.parquet"
    table = pq.read_table(path)
    keep = [user != "u02" for user in table["user_id"].to_pylist()]
    pq.write_table(table.filter(pa.array(keep)), path)
    people = {person.user_id: person for person in read_audience(features, NOW).people(set())}
    assert people["u02"].rhythm.tolist() == [0.0] * 168
    assert people["u04"].rhythm.sum() == 21


def test_an_impossible_history_is_named(features):
    path = features / "user_history.parquet"
    table = pq.read_table(path)
    pq.write_table(
        table.set_column(table.schema.get_field_index("n_visits"), "n_visits", pa.array([1] * len(table))), path
    )
    with pytest.raises(PlanError, match=r"user_history.parquet: user u0\d: .*; run daypart features again"):
        list(read_audience(features, NOW).people(set()))


def test_a_snapshot_that_stands_twice_is_taken_once(features):
    path = features / "user_history.parquet"
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table, table]), path)
    assert [person.user_id for person in read_audience(features, NOW).people(set())] == PEOPLE


def test_newest_is_sorted_and_rows_follow_the_choice(features):
    path = features / "user_profile.parquet"
    chosen = newest(path, "user_id", LATE - TICK)
    assert list(chosen) == sorted(PEOPLE)
    rows = list(rows_of(path, "user_id", {"u05": chosen["u05"]}, ["usual_store_id"]))
    assert rows == [{"user_id": "u05", "event_timestamp": KNOWN, "usual_store_id": "s1"}]


def test_a_missing_column_is_named(features):
    path = features / "user_profile.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["usual_store_id"]), path)
    with pytest.raises(PlanError, match="has no column usual_store_id; delete it and run `daypart features`"):
        read_audience(features, NOW)
