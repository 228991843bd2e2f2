"""The store of a count is read by the service's own reader, and says of each person what its rows say."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from bench.answer_online import N_BOUGHT, N_PASTS, Online
from bench.serving_decode import parsed_alone

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
PEOPLE = [f"u{n}" for n in range(N_PASTS)]


def store():
    return Online([f"p{row:03d}" for row in range(200)], NOW, np.random.default_rng(1))


def columns(history):
    return (
        list(history.product_ids), history.counts.tolist(), history.decayed.tolist(), history.last_visit.tolist(),
        history.last_at_s.tolist(), history.n_visits,
    )  # fmt: skip


def test_people_read_together_have_what_they_have_alone_and_all_rows_are_somebodys():
    online = store()
    together = online.pasts(PEOPLE)
    assert online.filled.histories
    assert {one.as_of for one in together} == {NOW}
    found = [columns(one.history) for one in together]
    assert found == [columns(online.pasts([user_id])[0].history) for user_id in PEOPLE]
    rows = [columns(parsed_alone(row[:-1])) for row in online.rows]
    assert sorted(found) == sorted(rows)
    assert {len(one[0]) for one in rows} == {N_BOUGHT}


def test_every_store_sells_everything():
    assert len(store().store("s9").product_ids) == 200
