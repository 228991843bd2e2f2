import copy

from bench import ranking
from bench.journey_cut import write_cut

METRICS = {"recall": 0.2, "ndcg": 0.3, "ndcg_untruncated": 0.3, "hit_rate": 0.4}
RESULT = {
    "k": {"10": METRICS},
    "baselines": {"counting": {"k": {"10": {**METRICS, "recall": 0.1, "ndcg": 0.2}}}},
    "n_users": 3,
    "seconds": {"fit": 1.0, "score": 2.0},
}


def test_above_every_baseline_is_met_and_equal_is_not():
    rows = {r["figure"].split("@")[0]: r for r in ranking.as_rows(RESULT) if "Complete Journey" in r["figure"]}
    assert (rows["recall"]["met"], rows["recall"]["ratio"]) == (True, 2.0)
    worse = copy.deepcopy(RESULT)
    worse["baselines"]["counting"]["k"]["10"]["recall"] = METRICS["recall"]
    assert [r["met"] for r in ranking.as_rows(worse)[:3]] == [False, True, True]


def test_the_plot_is_one_file_without_addresses_to_fetch(tmp_path):
    ranking.draw(RESULT, tmp_path / "plot.svg")
    text = (tmp_path / "plot.svg").read_text()
    assert "recall at 10" in text or text.count("<path") > 20
    assert 'href="http' not in text


def test_the_cut_keeps_the_future_out(tmp_path):
    import polars as pl

    events, targets = (pl.read_parquet(path) for path in write_cut(tmp_path))
    last = events["occurred_at"].max()
    assert last.isoformat() < "2017-12-01T00:00:00-05:00"
    assert targets["user_id"].n_unique() == 2056
    assert set(targets["user_id"]) <= set(events["user_id"])
