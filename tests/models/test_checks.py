"""What a ranker refuses to be built from, of either kind."""

from __future__ import annotations

import numpy as np
import pytest

from models.checks import ARRAYS, FORMS, LINEAR, NEAR, check_shapes, check_values, shapes_of
from models.errors import ArtifactError
from models.options import options_of
from models.parts import parts_of
from models.ranker import Ranker
from models.term_names import NEAR_TERMS, NEW_TERMS, USUAL_TERMS, WIDE_TERMS
from models.vocabulary import Vocabulary
from tests.models import checkerboard
from tests.models.some_forms import chosen

KINDS = {
    "linear": (checkerboard.arrays, checkerboard.parameters),
    "forms": (checkerboard.form_arrays, checkerboard.form_parameters),
}
TABLES = {f"{name}_{column}": shape for name in NEAR_TERMS for column, shape in NEAR.items()}
SHAPES = {"linear": {**ARRAYS, **LINEAR}, "forms": {**ARRAYS, **FORMS, **TABLES}}
EACH = [(kind, name) for kind, shapes in SHAPES.items() for name in shapes]


def refused(message, kind="linear", **changes):
    arrays, parameters = KINDS[kind]
    with pytest.raises(ArtifactError, match=message) as caught:
        parts_of({**arrays(), **changes}, parameters())
    assert "\n" not in str(caught.value)
    assert str(caught.value).rpartition(": ")[2] in {"train again", "drop it before training"}


def edited(name, where, value, kind="linear"):
    array = KINDS[kind][0]()[name]
    array[where] = value
    return {name: array}


@pytest.mark.parametrize("kind", KINDS)
def test_the_checkerboard_is_whole(kind):
    arrays, parameters = (make() for make in KINDS[kind])
    assert shapes_of(options_of(parameters)) == SHAPES[kind]
    assert set(arrays) == set(SHAPES[kind])
    check_shapes(arrays, options_of(parameters))
    check_values(arrays, options_of(parameters))
    assert set(parts_of(arrays, parameters).arrays) == set(SHAPES[kind])


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_each_array_is_needed_with_its_dtype_and_dimensions(kind, name):
    arrays = KINDS[kind][0]()
    array = arrays.pop(name)
    with pytest.raises(ArtifactError, match=f"ranker array {name}: missing"):
        parts_of(arrays, KINDS[kind][1]())
    refused(f"ranker array {name}: dtype", kind, **{name: array.astype(np.int16)})
    refused(f"ranker array {name}: {array.ndim + 1} dimensions", kind, **{name: array[None]})


@pytest.mark.parametrize(
    "name", ["als_factors", "cold_factors", "popularity_global", "rebuy_rate", "has_history", "rhythm_store",
             "pop_counts", "pop_indptr", "blend_weights", "rhythm_prior", "response_slope", "als_gram"],
)  # fmt: skip
def test_a_row_too_few_is_misaligned(name):
    refused(f"ranker array {name}: shape", **{name: checkerboard.arrays()[name][:-1]})


@pytest.mark.parametrize(("name", "axis"), [(n, a) for n, (_, s) in {**FORMS, **TABLES}.items() for a in range(len(s))])
def test_a_row_or_column_too_few_is_misaligned_in_two_forms(name, axis):
    array = checkerboard.form_arrays()[name]
    shorter = np.delete(array, -1, axis)
    # Where all six tables share a width, the first sets it and the next is the one misaligned.
    culprit = "together_values" if (name, axis) == ("together_rows", 1) else name
    refused(f"ranker array {culprit}: shape", "forms", **{name: shorter})


@pytest.mark.parametrize("kind", KINDS)
def test_an_array_nobody_reads_is_refused(kind):
    refused("ranker array surprise: not an array this build reads", kind, surprise=np.zeros(1, np.float32))


def test_each_kind_refuses_what_only_the_other_has():
    linear, forms = checkerboard.arrays(), checkerboard.form_arrays()
    for name in FORMS.keys() | TABLES.keys():
        refused(f"ranker array {name}: not an array this build reads", "linear", **{name: forms[name]})
    refused("ranker array blend_weights: not an array this build reads", "forms", blend_weights=linear["blend_weights"])


@pytest.mark.parametrize("name", NEAR_TERMS)
def test_a_table_that_no_form_reads_is_refused_and_one_that_either_reads_is_needed(name):
    less = [[term for term in terms if term != name] for terms in (USUAL_TERMS, NEW_TERMS)]
    table = {key: array for key, array in checkerboard.form_arrays().items() if key.startswith(f"{name}_")}
    arrays, parameters = chosen(*less)
    parts_of(arrays, parameters)
    with pytest.raises(ArtifactError, match=f"ranker array {name}_rows: not an array this build reads"):
        parts_of({**arrays, **table}, parameters)
    for usual, new in ((USUAL_TERMS, less[1]), (less[0], NEW_TERMS)):
        arrays, parameters = chosen(usual, new)
        parts_of(arrays, parameters)
        del arrays[f"{name}_values"]
        with pytest.raises(ArtifactError, match=f"ranker array {name}_values: missing"):
            parts_of(arrays, parameters)


@pytest.mark.parametrize(("kind", "name"), [(k, name) for k, name in EACH if SHAPES[k][name][0] == "<f4"])
def test_nan_and_infinity_are_refused_with_advice(kind, name):
    for value in (np.nan, np.inf, -np.inf):
        refused(f"ranker array {name}: holds NaN or infinity; lower", kind, **edited(name, 0, value, kind))


VALUES = [
    ("rhythm_prior", 3, -1, "rhythm_prior: holds a number below zero"),
    ("rhythm_store", (1, 3), -1, "rhythm_store: holds a number below zero"),
    ("popularity_global", 0, 0.1, "popularity_global: holds a log-probability above zero"),
    ("rebuy_rate", 0, 0.0, r"rebuy_rate: holds a rate outside \(0, 1\]"),
    ("rebuy_rate", 0, 1.01, r"rebuy_rate: holds a rate outside \(0, 1\]"),
    ("has_history", 0, 2, "has_history: holds something other than 0 and 1"),
    ("has_history", 0, 0, "als_factors: not zero for a product without history"),
    ("pop_counts", 0, 0.0, "pop_counts: holds a count that is not above zero"),
    ("pop_rows", 0, 17, "pop_rows: names a product row that does not exist"),
    ("pop_rows", 0, -1, "pop_rows: names a product row that does not exist"),
    ("pop_rows", 1, 0, "pop_rows: not ascending within a cell"),
    ("pop_indptr", 0, 1, "pop_indptr: does not rise"),
    ("pop_indptr", -1, 31, "pop_indptr: does not rise"),
    ("pop_indptr", 1, 17, "pop_indptr: does not rise"),
    ("products_offsets", 1, 0, "vocabulary: an id is empty"),
]
OF_FORMS = [
    *((f"{near}_rows", (2, 1), 17, f"{near}_rows: names a product row that does not exist") for near in NEAR_TERMS),
    *((f"{near}_rows", (2, 1), -1, f"{near}_rows: names a product row that does not exist") for near in NEAR_TERMS),
    *((f"{near}_values", (2, 1), -1e-6, f"{near}_values: holds a number below zero") for near in NEAR_TERMS),
    ("usual_range", (3, 0), 9, "usual_range: a low above its high"),
    ("new_range", (3, 1), -9, "new_range: a low above its high"),
    ("usual_matrix", (1, 2), 0.75, "usual_matrix: not symmetric"),
    ("usual_matrix", (-1, 2), 0.75, "usual_matrix: not symmetric"),
    ("new_matrix", (2, 1), 0.75, "new_matrix: not symmetric"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "where", "value", "message"), VALUES)
def test_values_out_of_range_are_refused(kind, name, where, value, message):
    refused(message, kind, **edited(name, where, value, kind))


@pytest.mark.parametrize(("name", "where", "value", "message"), OF_FORMS)
def test_values_out_of_range_are_refused_in_two_forms(name, where, value, message):
    refused(message, "forms", **edited(name, where, value, "forms"))


@pytest.mark.parametrize("name", WIDE_TERMS)
@pytest.mark.parametrize("other", ["popularity", "alike", "visits", "als"])
def test_wide_terms_stand_alone_in_the_new_form(name, other):
    matrix = checkerboard.form_arrays()["new_matrix"]
    matrix[NEW_TERMS.index(name), NEW_TERMS.index(other)] = matrix[NEW_TERMS.index(other), NEW_TERMS.index(name)] = 0.5
    refused("new_matrix: a pair of als, cold, here, which stand alone", "forms", new_matrix=matrix)


def test_wide_terms_may_have_pairs_in_the_usual_form():
    matrix = checkerboard.form_arrays()["usual_matrix"]
    assert all(matrix[USUAL_TERMS.index(name), :-1].any() for name in WIDE_TERMS)


def test_the_edges_of_the_ranges_are_allowed():
    for arrays, parameters in ((make(), stated()) for make, stated in KINDS.values()):
        arrays["rebuy_rate"][0], arrays["popularity_global"][0], arrays["rhythm_store"][0] = 1.0, 0.0, 0.0
        assert parts_of(arrays, parameters).arrays["rebuy_rate"][0] == 1.0
    arrays["usual_range"][0] = 0.5
    arrays["new_range"][0, :2], arrays["new_range"][1, 2] = 0.5, 100.0
    arrays["alike_rows"][0], arrays["alike_values"][0] = (0, 16, 16), (0.0, 0.0, 9.0)
    assert len(parts_of(arrays, checkerboard.form_parameters()).neighbours) == 3


def test_tables_without_neighbours_are_allowed():
    bare = {name: array[:, :0] for name, array in checkerboard.form_arrays().items() if name in TABLES}
    ranker = Ranker.from_arrays({**checkerboard.form_arrays(), **bare}, checkerboard.form_parameters())
    assert np.isfinite(ranker.score(checkerboard.history(0), store_id=None, hour_of_week=None).score).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_chain_without_stores_is_allowed(kind):
    nothing = {
        **Vocabulary.encode([], "stores"), "pop_indptr": np.zeros(1, np.int64), "pop_rows": np.empty(0, np.int32),
        "pop_counts": np.empty(0, np.float32), "rhythm_store": np.empty((0, 168), np.float32),
    }  # fmt: skip
    arrays, parameters = KINDS[kind]
    assert len(parts_of({**arrays(), **nothing}, parameters()).stores) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_no_products_is_refused(kind):
    arrays = KINDS[kind][0]()
    empty = {name: array[:0] for name, array in arrays.items() if SHAPES[kind][name][1][0] == "products"}
    empty |= {**Vocabulary.encode([]), "pop_rows": arrays["pop_rows"][:0], "pop_counts": arrays["pop_counts"][:0]}
    refused("no products", kind, **empty, pop_indptr=arrays["pop_indptr"] * 0)


def test_no_cold_factors_is_refused():
    refused("no cold factors", cold_factors=np.empty((17, 0), np.float32))
