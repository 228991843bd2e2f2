"""The rows of blocks of questions, on the checkerboard: every size beside one at a time, and a reach that can be missed."""

from __future__ import annotations

import polars as pl

from bench import serving_blocks
from bench.serving_blocks import SIZES, answered, block_rows, questions
from models.ranker import Ranker
from tests.models import checkerboard

RANKER = Ranker.from_arrays(checkerboard.form_arrays(), checkerboard.form_parameters())
TABLE = pl.DataFrame(
    {
        "user_id": ["ann", "bob"],
        "product_ids": [["p02", "p00"], []],
        "counts": [[1.0, 2.0], []],
        "decayed": [[1.0, 1.9], []],
        "last_visit": [[2, 1], []],
        "last_at_s": [[200_000, 100_000], []],
        "n_visits": [2, 0],
    },
    schema_overrides={"product_ids": pl.List(pl.String), "last_visit": pl.List(pl.Int64)},
)


def test_questions_are_of_users_under_any_of_their_ids():
    found = questions(TABLE, ["ann.7", "bob"], ["s0", "s1"])
    assert len(found) == serving_blocks.N_QUESTIONS
    assert {question.history.product_ids for question in found} == {("p00", "p02"), ()}
    assert {(question.store_id, question.at_s) for question in found} == {("s0", 286_400), ("s1", 286_400)}


def test_every_size_stands_beside_one_at_a_time(monkeypatch):
    asked = questions(TABLE, ["ann", "bob"], ["s0"])[:20]
    found = block_rows(RANKER, asked, 1)
    assert [row["figure"].split(", ")[1] for row in found] == [f"{size} at once" for size in SIZES]
    assert {row["against_value"] for row in found} == {found[0]["value"]}
    assert all(row["value"] > 0 for row in found)
    monkeypatch.setattr(serving_blocks, "REACH", {8: 0.0})
    assert [row["met"] for row in block_rows(RANKER, asked, 1)] == [size != 8 for size in SIZES]


def test_what_is_timed_is_an_answer_with_reasons():
    asked = questions(TABLE, ["ann"], ["s0"])[:2]
    assert [len(words) for words in answered(RANKER, asked)] == [len(RANKER.product_ids)] * 2
    assert any(answered(RANKER, asked)[0])
