import polars as pl

from bench.journey_cut import write_cut


def test_the_cut_keeps_the_future_out(tmp_path):
    events, targets = (pl.read_parquet(path) for path in write_cut(tmp_path))
    last = events["occurred_at"].max()
    assert last.isoformat() < "2017-12-01T00:00:00-05:00"
    assert targets["user_id"].n_unique() == 2056
    assert set(targets["user_id"]) <= set(events["user_id"])
