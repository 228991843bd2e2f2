from dataclasses import fields, replace

import pytest

from offers.claims import ALLOWANCE, COUPON, TokenError, claims_of, value_of
from tests.offers.token_world import coupon, lease

CASES = ((COUPON, coupon(grace_s=60)), (ALLOWANCE, lease()))
EVERY_CLAIM = [(kind, value, claim) for kind, value in CASES for claim, _ in kind.claims.values()]


@pytest.mark.parametrize(("kind", "value"), CASES)
def test_a_value_comes_back_from_its_claims(kind, value):
    assert value_of(kind, claims_of(kind, value)) == value


@pytest.mark.parametrize(("kind", "value"), CASES)
def test_every_field_has_a_claim_of_its_own(kind, value):
    assert [field.name for field in fields(value)] == list(kind.claims)
    assert len({claim for claim, _ in kind.claims.values()}) == len(kind.claims)


def test_what_a_coupon_says_and_that_it_names_nobody():
    assert claims_of(COUPON, coupon()) == {
        "jti": "tok_1", "code": coupon().code, "offer_id": "off_1", "campaign_id": "c", "aud": "soho",
        "product_id": "latte", "discount_cents": 100, "price_cents": 450, "floor_cents": 300,
        "nbf": 1762261200, "exp": 1762268400, "iat": 1762254000,
    }  # fmt: skip


def test_what_an_allowance_says():
    assert claims_of(ALLOWANCE, lease()) == {
        "jti": "l1", "aud": "soho", "till_id": "t1", "cents": 350, "iat": 1762254000, "exp": 1762268400,
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "claim"), [one for one in EVERY_CLAIM if one[2] != "grace_s"])
def test_every_claim_is_asked_for(kind, value, claim):
    given = claims_of(kind, value)
    del given[claim]
    with pytest.raises(TokenError, match=f"{kind.name}: claim '{claim}' is missing"):
        value_of(kind, given)


@pytest.mark.parametrize(
    "bad", [None, True, [], {}, 1.5, float("nan"), float("inf"), "", -1, 10**400, "\ud800", "a" * 129]
)
@pytest.mark.parametrize(("kind", "value", "claim"), EVERY_CLAIM)
def test_no_claim_takes_anything_else(kind, value, claim, bad):
    with pytest.raises(TokenError, match=f"{kind.name}: claim '{claim}' isn't"):
        value_of(kind, {**claims_of(kind, value), claim: bad})


def test_a_claim_that_isnt_known_is_refused():
    with pytest.raises(TokenError, match="a claim this version doesn't know"):
        value_of(COUPON, {**claims_of(COUPON, coupon()), "sub": "ann"})


@pytest.mark.parametrize(("kind", "value", "begins"), [(COUPON, coupon(), "nbf"), (ALLOWANCE, lease(), "iat")])
def test_a_window_holds_at_least_a_second(kind, value, begins):
    given = claims_of(kind, value)
    assert value_of(kind, {**given, begins: given["exp"] - 1})
    with pytest.raises(TokenError, match="ends before it begins"):
        value_of(kind, {**given, begins: given["exp"]})


def test_nothing_is_signed_that_a_reader_would_refuse():
    for bad in ({"discount_cents": 0}, {"store_id": ""}, {"code": "ABC"}, {"valid_until": coupon().valid_from}):
        with pytest.raises(TokenError):
            claims_of(COUPON, replace(coupon(), **bad))


def test_a_moment_without_a_zone_isnt_signed():
    with pytest.raises(TokenError, match="a time has no zone; give aware moments"):
        claims_of(COUPON, replace(coupon(), valid_from=coupon().valid_from.replace(tzinfo=None)))


@pytest.mark.parametrize(("grace_s", "told"), [(0, False), (1, True), (3600, True)])
def test_grace_is_told_only_where_there_is_some(grace_s, told):
    """Tills that don't know it yet still take every other token, and tokens signed before still have none."""
    given = claims_of(COUPON, coupon(grace_s=grace_s))
    assert ("grace_s" in given) is told
    assert value_of(COUPON, given).grace_s == grace_s
    with pytest.raises(TokenError, match="grace_s' isn't whole seconds from 0 to 3600"):
        value_of(COUPON, {**given, "grace_s": 3601})
