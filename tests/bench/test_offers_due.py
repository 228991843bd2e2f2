"""The yardstick of pulling, but for the service: that it is whole, and that it can fail."""

import numpy as np
import pytest

from bench import offers_due
from bench.ledger_world import Broken
from bench.offers_due import _rows, _whole


def paged(monkeypatch, *pages):
    """Answers with these pages, lists of offer ids, whatever is asked; what was asked."""
    asked, left = [], list(pages)

    def page(wire, key, **query):
        asked.append(query.get("cursor"))
        ids = left.pop(0)
        return 0.01, {"offers": [{"offer_id": name} for name in ids], "next_cursor": str(len(left)), "more": bool(left)}

    monkeypatch.setattr(offers_due, "_page", page)
    return asked


def test_a_whole_pull_follows_the_cursor(monkeypatch):
    asked = paged(monkeypatch, ["a", "b"], ["c"])
    _, took, n = _whole(None, "key", {}, 3, lambda *told: None)
    assert (asked, n, len(took)) == ([None, "1"], 3, 2)


@pytest.mark.parametrize("pages", [(["a", "b"], ["b"]), (["a"], ["b"])])
def test_what_is_missing_or_comes_twice_breaks_the_run(monkeypatch, pages):
    paged(monkeypatch, *pages)
    with pytest.raises(Broken):
        _whole(None, "key", {}, 3, lambda *told: None)


def test_reaches_are_met_below_and_missed_at_them():
    def met(first_ms, whole_s):
        return [one["met"] for one in _rows("here", np.full(10, first_ms), np.array([1.0]), whole_s, 5)]

    assert met(19.9, 19.9) == [True] * 4
    assert met(20.0, 19.9) == [True, False, True, True]
    assert met(19.9, 20.0) == [True, True, False, True]
