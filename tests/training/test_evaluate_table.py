"""The table of an evaluation: a row a ranking and k, and by how much the model's recall is ahead of each baseline."""

from training.evaluate_table import as_rows


def board(recall):
    return {str(k): {"recall": recall, "ndcg": 0.25} for k in (5, 10)}


AHEAD = {"recall": {"mean": 0.02, "low": 0.0151, "high": 0.03}}
RESULT = {
    "k": board(0.123456),
    "baselines": {
        "counting": {"k": board(0.1), "difference": {"5": AHEAD, "10": AHEAD}},
    },
}  # fmt: skip


def test_every_ranking_has_a_row_at_each_k():
    rows = as_rows(RESULT)
    assert [(row["ranking"], row["k"]) for row in rows] == [
        ("model", 5),
        ("counting", 5),
        ("model", 10),
        ("counting", 10),
    ]
    assert (rows[0]["recall"], rows[1]["ndcg"]) == (0.1235, 0.25)


def test_a_baselines_row_says_how_far_the_model_is_ahead():
    assert [row["recall ahead, 95%"] for row in as_rows(RESULT)[:2]] == ["", "+0.0151 to +0.0300"]


def test_nothing_compared_is_no_row():
    assert as_rows({}) == []
