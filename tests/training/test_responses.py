"""The view of answers: one row a user, the latest ones, oldest first, and nothing that was not known."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from settings import Settings
from tests import world
from tests.training.answered import answers, seen
from training import features
from training.answers import known_answers, write_answers
from training.responses import KEPT, SCHEMA, response_rows

END = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("tries", [KEPT - 1, KEPT, KEPT + 1])
def test_the_latest_answers_oldest_first(tries):
    rows = answers(3, tries)
    known = known_answers(rows.drop("seen"), seen(rows), END)
    view = response_rows(known)
    assert view.schema == pl.Schema(SCHEMA)
    assert view["user_id"].to_list() == ["u000", "u001", "u002"]
    for user in view.iter_rows(named=True):
        own = rows.filter(user_id=user["user_id"]).sort("day").tail(KEPT)
        assert user["bought"] == own["redeemed"].to_list()
        assert user["came"] == own["seen"].to_list()
        assert user["share"] == pytest.approx(own["share"].to_list())
        assert {len(user[name]) for name in SCHEMA if name != "user_id"} == {min(tries, KEPT)}


def test_nobody_answered():
    rows = answers(1, 1)
    view = response_rows(known_answers(rows.drop("seen").clear(), seen(rows), END))
    assert (len(view), view.schema) == (0, pl.Schema(SCHEMA))


def test_a_snapshot_knows_what_was_answered_before_it(tmp_path):
    """Cat, in Shanghai, came on the 8th; ann gave back on the 12th what she bought on the 3rd; her latte stands on that day."""
    settings = Settings(home=tmp_path)
    world.fill(settings.lake)

    def offer(user, day, over, **changes):
        plain = {
            "hour": 8,
            "share": 0.2,
            "p_buy": 0.1,
            "p_come": 0.3,
            "fit": 0.4,
            "redeemed": False,
            "reversed_at": None,
        }
        return {"user_id": user, "product_id": "tea", "day": day, "answered_at": over, **plain, **changes}

    back, shanghai = datetime(2025, 11, 12, tzinfo=UTC), datetime(2025, 11, 8, 16, tzinfo=UTC)
    used = {"redeemed": True, "reversed_at": back}
    rows = [
        offer("ann", date(2025, 11, 3), datetime(2025, 11, 4, 5, tzinfo=UTC), **used),
        offer("ann", date(2025, 11, 4), datetime(2025, 11, 5, 5, tzinfo=UTC)),
        offer("cat", date(2025, 11, 8), shanghai),
    ]
    write_answers(settings.lake, [pl.DataFrame(rows, schema_overrides={"reversed_at": pl.Datetime("us", "UTC")})])
    tick = timedelta(microseconds=1)
    moments = (world.START, shanghai, shanghai + tick, back, back + tick)
    features.compute(settings, back + tick, moments, views=("user_responses",))
    file = pl.read_parquet(settings.features / "user_responses.parquet")
    found = {
        (row["event_timestamp"], row["user_id"]): list(zip(row["bought"], row["came"], strict=True))
        for row in file.iter_rows(named=True)
    }
    ann = [(True, True), (False, False)]
    returned = [(False, True), (False, False)]
    assert found == {
        (shanghai, "ann"): ann,
        (shanghai + tick, "ann"): ann, (shanghai + tick, "cat"): [(False, True)],
        (back, "ann"): ann, (back, "cat"): [(False, True)],
        (back + tick, "ann"): returned, (back + tick, "cat"): [(False, True)],
    }  # fmt: skip
