"""What a ranker refuses to be built from."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import ArtifactError
from models.options import options_of
from models.parts import ARRAYS, parts_of
from models.vocabulary import Vocabulary
from tests.models import checkerboard


def refused(message, **changes):
    with pytest.raises(ArtifactError, match=message) as caught:
        parts_of({**checkerboard.arrays(), **changes}, checkerboard.parameters())
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("train again")


def edited(name, where, value):
    array = checkerboard.arrays()[name]
    array[where] = value
    return {name: array}


def test_the_checkerboard_is_whole():
    parts = parts_of(checkerboard.arrays(), checkerboard.parameters())
    assert set(parts.arrays) == set(ARRAYS)
    assert parts.options.daypart_names == ("morning", "midday", "evening", "night")


@pytest.mark.parametrize("name", ARRAYS)
def test_each_array_is_needed_with_its_dtype_and_dimensions(name):
    arrays = checkerboard.arrays()
    array = arrays.pop(name)
    with pytest.raises(ArtifactError, match=f"ranker array {name}: missing"):
        parts_of(arrays, checkerboard.parameters())
    refused(f"ranker array {name}: dtype", **{name: array.astype(np.int16)})
    refused(f"ranker array {name}: {array.ndim + 1} dimensions", **{name: array[None]})


@pytest.mark.parametrize(
    "name", ["als_factors", "cold_factors", "popularity_global", "rebuy_rate", "has_history", "rhythm_store",
             "pop_counts", "pop_indptr", "blend_weights", "rhythm_prior", "response_slope", "als_gram"],
)  # fmt: skip
def test_a_row_too_few_is_misaligned(name):
    refused(
        f"ranker array {'pop_counts' if name == 'pop_rows' else name}: shape",
        **{name: checkerboard.arrays()[name][:-1]},
    )


def test_an_array_nobody_reads_is_refused():
    refused("ranker array surprise: not an array this build reads", surprise=np.zeros(1, np.float32))


@pytest.mark.parametrize(
    "name", [name for name, (dtype, _) in ARRAYS.items() if dtype == "<f4"]
)  # fmt: skip
def test_nan_is_refused_with_advice(name):
    refused(f"ranker array {name}: holds NaN or infinity; lower", **edited(name, 0, np.nan))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (edited("rhythm_prior", 3, -1), "rhythm_prior: holds a number below zero"),
        (edited("rhythm_store", (1, 3), -1), "rhythm_store: holds a number below zero"),
        (edited("popularity_global", 0, 0.1), "popularity_global: holds a log-probability above zero"),
        (edited("rebuy_rate", 0, 0.0), r"rebuy_rate: holds a rate outside \(0, 1\]"),
        (edited("rebuy_rate", 0, 1.01), r"rebuy_rate: holds a rate outside \(0, 1\]"),
        (edited("has_history", 0, 2), "has_history: holds something other than 0 and 1"),
        (edited("has_history", 0, 0), "als_factors: not zero for a product without history"),
        (edited("pop_counts", 0, 0.0), "pop_counts: holds a count that is not above zero"),
        (edited("pop_rows", 0, 17), "pop_rows: names a product row that does not exist"),
        (edited("pop_rows", 0, -1), "pop_rows: names a product row that does not exist"),
        (edited("pop_rows", 1, 0), "pop_rows: not ascending within a cell"),
        (edited("pop_indptr", 0, 1), "pop_indptr: does not rise"),
        (edited("pop_indptr", -1, 31), "pop_indptr: does not rise"),
        (edited("pop_indptr", 1, 17), "pop_indptr: does not rise"),
        (edited("products_offsets", 1, 0), "vocabulary: an id is empty"),
    ],
)
def test_values_out_of_range_are_refused(changes, message):
    with pytest.raises(ArtifactError, match=message):
        parts_of({**checkerboard.arrays(), **changes}, checkerboard.parameters())


def test_the_edges_of_the_ranges_are_allowed():
    arrays = checkerboard.arrays()
    arrays["rebuy_rate"][0], arrays["popularity_global"][0], arrays["rhythm_store"][0] = 1.0, 0.0, 0.0
    assert parts_of(arrays, checkerboard.parameters()).arrays["rebuy_rate"][0] == 1.0


def test_a_chain_without_stores_is_allowed():
    nothing = {
        **Vocabulary.encode([], "stores"), "pop_indptr": np.zeros(1, np.int64), "pop_rows": np.empty(0, np.int32),
        "pop_counts": np.empty(0, np.float32), "rhythm_store": np.empty((0, 168), np.float32),
    }  # fmt: skip
    assert len(parts_of({**checkerboard.arrays(), **nothing}, checkerboard.parameters()).stores) == 0


def test_no_products_is_refused():
    arrays = checkerboard.arrays()
    empty = {name: array[:0] for name, array in arrays.items() if ARRAYS[name][1][0] == "products"}
    empty |= {**Vocabulary.encode([]), "pop_rows": arrays["pop_rows"][:0], "pop_counts": arrays["pop_counts"][:0]}
    refused("no products", **empty, pop_indptr=arrays["pop_indptr"] * 0)


ALS = {"factors": 4, "regularization": 0.5, "alpha": 2.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blend_terms": ["als", "magic"]}, "blend_terms: 'magic' is not a term this build knows"),
        ({"blend_terms": ["als", "als"]}, "blend_terms: not a list of distinct names"),
        ({"blend_terms": "als"}, "blend_terms: not a list of distinct names"),
        ({"history_decay": 0.9}, "history_decay: 0.9 where this build reckons histories with 0.98"),
        ({"dayparts": [["all", 0, 23]]}, "dayparts: hour 23 is in no daypart"),
        ({"dayparts": [["all", 0]]}, r"dayparts: not a list of \[name, start_hour, end_hour\]"),
        ({"als": 3}, "als: not an object"),
        ({"als": {**ALS, "weight": "clicks"}}, "als.weight: 'clicks' is not one of counts, decayed"),
        ({"als": {**ALS, "regularization": 0}}, "als.regularization: 0 is not a number above 0"),
        ({"als": {**ALS, "alpha": -1}}, "als.alpha: -1 is not a number above 0"),
        ({"als": {"factors": 4, "alpha": 1}}, "als.regularization: missing"),
        ({"als": {**ALS, "factors": True}}, "als.factors: True is not a number from 1"),
        ({"strengths": {"popularity": 0, "rhythm": 1}}, "strengths.popularity: 0 is not a number above 0"),
        ({"strengths": {"popularity": 1}}, "strengths.rhythm: missing"),
        ({"strengths": {"popularity": 1, "rhythm": -1}}, "strengths.rhythm: -1 is not a number from 0"),
    ],
)
def test_parameters_are_refused(changes, message):
    with pytest.raises(ArtifactError, match=f"ranker parameter {message}"):
        options_of(checkerboard.parameters(**changes))


@pytest.mark.parametrize("key", ["blend_terms", "history_decay", "dayparts", "als", "strengths"])
def test_each_parameter_is_needed(key):
    parameters = checkerboard.parameters()
    del parameters[key]
    with pytest.raises(ArtifactError, match=f"ranker parameter {key}.*: missing"):
        options_of(parameters)
    assert options_of({**checkerboard.parameters(), "learning_rate": 0.1}).als_factors == 4
