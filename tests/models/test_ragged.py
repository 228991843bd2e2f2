from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.ragged import Ragged, products

SEVERAL = st.lists(st.lists(st.integers(0, 9), max_size=4).map(lambda rows: np.array(rows, np.int32)), max_size=5)


@given(SEVERAL)
def test_question_after_question(several):
    ragged = Ragged.of_each(several)
    assert ragged.rows.dtype == ragged.of.dtype == np.int64
    assert [each.tolist() for each in ragged.each()] == [each.tolist() for each in several]
    whose = [number for number, each in enumerate(several) for _ in each]
    assert ragged.of.tolist() == whose
    assert len(ragged.bounds) == len(several) + 1


@given(SEVERAL, st.integers(0, 9))
def test_what_is_kept_is_still_of_its_question(several, least):
    ragged = Ragged.of_each(several)
    kept = ragged.kept(ragged.rows >= least)
    wanted = Ragged.of_each([each[each >= least] for each in several])
    assert (kept.rows.tolist(), kept.of.tolist(), kept.bounds) == (
        wanted.rows.tolist(), wanted.of.tolist(), wanted.bounds,
    )  # fmt: skip


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.integers(1, 6), st.sampled_from(["f4", "f8"]))
def test_a_product_is_the_same_to_the_last_bit_whoever_stands_beside(sizes, n_terms, dtype):
    rng = np.random.default_rng(sum(sizes))
    left = rng.normal(size=(n_terms, n_terms)).astype(dtype)
    bounds = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    right = rng.normal(size=(n_terms, bounds[-1])).astype(dtype)
    found = products(left, right, bounds)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, left @ right, rtol=1e-4, atol=1e-5)
    for start, end in pairwise(bounds):
        alone = products(left, np.ascontiguousarray(right[:, start:end]), (0, end - start))
        np.testing.assert_array_equal(found[:, start:end], alone)
