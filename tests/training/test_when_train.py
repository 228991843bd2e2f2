"""The second candidate of `daypart train`: which days teach, and what becomes of a lake that holds too little."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from models import shelf
from models.when import When
from tests.training import market
from training.sales import sales
from training.when_train import first_open_day, train_when

DAY = date(2025, 8, 11).toordinal() - date(1970, 1, 1).toordinal()


def lines(n=10, **changes):
    return sales(market.events(n).lazy(), market.stores()).with_columns(**changes)


@pytest.mark.parametrize(
    ("at", "zones", "day"),
    [
        (datetime(2025, 8, 11, 3, 59, tzinfo=UTC), ["America/New_York"], DAY - 1),
        (datetime(2025, 8, 11, 4, 0, tzinfo=UTC), ["America/New_York"], DAY),
        (datetime(2025, 8, 11, 4, 0, tzinfo=UTC), ["America/New_York", "America/Los_Angeles"], DAY - 1),
        (datetime(2025, 8, 11, 20, 0, tzinfo=UTC), ["Asia/Tokyo", "UTC"], DAY),
        (datetime(2025, 8, 11, 20, 0, tzinfo=UTC), [], DAY),
    ],
)
def test_a_day_teaches_once_it_is_over_everywhere(at, zones, day):
    assert first_open_day(pl.DataFrame({"zone": zones}, schema={"zone": pl.String}), at) == day


def test_a_candidate_is_written_and_nothing_promoted(tmp_path):
    end = datetime(2025, 8, 11, 4, tzinfo=UTC)
    version, told = train_when(tmp_path, lines(), end, seed=3)
    assert shelf.versions(tmp_path, "when") == [version]
    assert shelf.current(tmp_path, "when") is None
    artifact = shelf.load(tmp_path, "when", version)
    assert When.from_artifact(artifact).store_ids.ids == ["north", "south"]
    assert artifact.manifest["trained_through"] == end.isoformat()
    assert told
    assert all(each.startswith("when users come: ") for each in told)
    assert train_when(tmp_path, lines(), end, seed=3)[0] == version


def test_nobody_known_is_told_and_is_no_failure(tmp_path):
    strangers = lines(user_id=pl.lit(None, pl.String))
    version, (told,) = train_when(tmp_path, strangers, datetime(2025, 8, 11, tzinfo=UTC), seed=3)
    assert version is None
    assert told.startswith("when users come was not learned: no visit before day")
    assert shelf.versions(tmp_path, "when") == []
