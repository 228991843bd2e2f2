"""What the parameters of a manifest must say."""

from __future__ import annotations

import pytest

from models.errors import ArtifactError
from models.options import options_of
from models.term_names import GOODS_TERMS, NEW_TERMS, USUAL_TERMS
from tests.models import checkerboard

ALS = {"factors": 4, "regularization": 0.5, "alpha": 2.0}
SHARED = [
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
]
LINEAR = [
    ({"blend_terms": ["als", "magic"]}, "blend_terms: 'magic' is not a term this build knows"),
    ({"blend_terms": ["als", "month"]}, "blend_terms: 'month' is not a term this build knows"),
    ({"blend_terms": ["als", "als"]}, "blend_terms: not a list of distinct names"),
    ({"blend_terms": "als"}, "blend_terms: not a list of distinct names"),
]
FORMS = [
    ({"usual_terms": ["habit", "magic"]}, "usual_terms: 'magic' is not a term this build knows"),
    ({"usual_terms": ["habit", "seen"]}, "usual_terms: 'seen' is not a term this build knows"),
    ({"usual_terms": ["habit", "habit"]}, "usual_terms: not a list of distinct names"),
    ({"usual_terms": "habit"}, "usual_terms: not a list of distinct names"),
    ({"usual_terms": []}, "usual_terms: names no term"),
    ({"new_terms": ["habit"]}, "new_terms: 'habit' is not a term this build knows"),
    ({"new_terms": None}, "new_terms: not a list of distinct names"),
    ({"goods_terms": ["popularity"]}, "goods_terms: 'popularity' is not a term this build knows"),
    (
        {"goods_terms": [n for n in GOODS_TERMS if n != "final"]},
        "goods_terms: 'final' is read by a form and is not among",
    ),
    ({"usual_terms": ["habit"], "goods_terms": ["week"]}, "goods_terms: 'month' is read by a form"),
    ({"mean_basket": 0.9}, "mean_basket: 0.9 is not a number from 1"),
    ({"mean_basket": float("inf")}, "mean_basket: inf is not a number from 1"),
]


@pytest.mark.parametrize(("changes", "message"), SHARED + LINEAR)
def test_parameters_of_a_linear_blend_are_refused(changes, message):
    refused(checkerboard.parameters(**changes), message)


@pytest.mark.parametrize(("changes", "message"), SHARED + FORMS)
def test_parameters_of_two_forms_are_refused(changes, message):
    refused(checkerboard.form_parameters(**changes), message)


def refused(parameters, message):
    with pytest.raises(ArtifactError, match=f"ranker parameter {message}") as caught:
        options_of(parameters)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("train again")


@pytest.mark.parametrize("key", ["blend_terms", "history_decay", "dayparts", "als", "strengths"])
def test_each_parameter_of_a_linear_blend_is_needed(key):
    parameters = checkerboard.parameters()
    del parameters[key]
    refused(parameters, f"{key}.*: missing")


@pytest.mark.parametrize(
    "key", ["new_terms", "goods_terms", "mean_basket", "history_decay", "dayparts", "als", "strengths"]
)
def test_each_parameter_of_two_forms_is_needed(key):
    parameters = checkerboard.form_parameters()
    del parameters[key]
    refused(parameters, f"{key}.*: missing")


def test_training_may_state_more():
    for parameters in (checkerboard.parameters(), checkerboard.form_parameters()):
        assert options_of({**parameters, "learning_rate": 0.1}).als_factors == 4


def test_a_blend_is_of_one_kind():
    linear, forms = options_of(checkerboard.parameters()), options_of(checkerboard.form_parameters())
    assert linear.blend_terms == tuple(checkerboard.WEIGHTS)
    assert (linear.usual_terms, linear.new_terms, linear.goods_terms) == ((), (), ())
    assert (forms.usual_terms, forms.new_terms, forms.goods_terms) == (USUAL_TERMS, NEW_TERMS, GOODS_TERMS)
    assert (forms.blend_terms, forms.mean_basket) == ((), 2.0)
    assert options_of(checkerboard.form_parameters(blend_terms=["magic"])).blend_terms == ()


def test_the_tables_and_wide_terms_that_either_form_reads():
    options = options_of(checkerboard.form_parameters(usual_terms=["alike", "als"], new_terms=["here", "together"]))
    assert options.near_terms == ("together", "alike")
    assert options.wide_terms == ("als", "here")
    none = options_of(checkerboard.form_parameters(usual_terms=["habit"], new_terms=[], goods_terms=[]))
    assert (none.near_terms, none.wide_terms) == ((), ())
