import base64
import hashlib
import hmac
import json
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from jwt.algorithms import OKPAlgorithm

from offers.tokens import LENGTH_LIMIT, Reader, TokenError, thumbprint
from tests.offers.token_world import KEY, OTHER, SIGNER, claims, coupon, lease, signed

READER = Reader(SIGNER.jwks())
TOKEN = SIGNER.coupon(coupon())
GOLDEN = "6db160713ef61331762b86e0d123f9a51533758110e4265e84fc7e5930309446"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def refused(token, store_id="soho", reader=READER):
    """Both doors refuse with a line that doesn't hold the token; the coupon's says what."""
    lines = []
    for read in (reader.coupon, reader.allowance):
        with pytest.raises(TokenError) as fault:
            read(token, store_id)
        lines.append(str(fault.value))
        assert "; " in lines[-1]
        assert "\n" not in lines[-1]
        assert len(lines[-1]) < 200
        assert not isinstance(token, str) or len(token) < 8 or token[:8] not in lines[-1]
    return lines[0]


def test_a_token_comes_back_whole():
    assert READER.coupon(TOKEN, "soho") == coupon()
    assert READER.allowance(SIGNER.allowance(lease()), "soho") == lease()


def test_the_key_is_named_as_rfc_8037_names_it():
    # Appendix A.3 of the RFC.
    assert SIGNER.key_id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert SIGNER.key_id == thumbprint(KEY.public_key())


def test_golden_bytes():
    # Ed25519 draws nothing at random: the same token is the same text for good, or tills in the field can't read it.
    header = {"alg": "EdDSA", "kid": SIGNER.key_id, "typ": "daypart-coupon+jwt"}
    assert jwt.get_unverified_header(TOKEN) == header
    assert hashlib.sha256(TOKEN.encode()).hexdigest() == GOLDEN
    assert len(TOKEN) == 508


def test_only_the_public_key_is_given_out():
    (key,) = SIGNER.jwks()["keys"]
    # x from appendix A.2 of RFC 8037.
    assert key == {
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": SIGNER.key_id,
        "alg": "EdDSA", "use": "sig",
    }  # fmt: skip


def test_the_time_isnt_judged():
    assert READER.coupon(SIGNER.coupon(coupon(issued_at=coupon().valid_until)), "soho").valid_until.year == 2025


def test_one_kind_is_never_taken_for_the_other():
    with pytest.raises(TokenError, match="another kind"):
        READER.allowance(TOKEN, "soho")
    with pytest.raises(TokenError, match="another kind"):
        READER.coupon(SIGNER.allowance(lease()), "soho")
    # Nor when the words of one stand under the header of the other.
    with pytest.raises(TokenError, match="missing"):
        READER.allowance(signed(claims(TOKEN), typ="daypart-allowance+jwt"), "soho")


def test_another_store():
    assert "for another store" in refused(SIGNER.coupon(coupon(store_id="bund")))
    with pytest.raises(TokenError, match="for another store"):
        READER.allowance(SIGNER.allowance(lease(store_id="bund")), "soho")
    assert READER.coupon(SIGNER.coupon(coupon(store_id="bund")), None).store_id == "bund"


def test_a_store_is_one_name_and_not_a_list():
    assert "another store" in refused(signed({**claims(TOKEN), "aud": ["soho"]}))
    with pytest.raises(TokenError, match="claim 'aud' isn't"):
        READER.coupon(signed({**claims(TOKEN), "aud": ["soho"]}), None)


def test_keys_while_one_is_retired():
    both = Reader({"keys": OTHER.jwks()["keys"] + SIGNER.jwks()["keys"]})
    assert both.coupon(TOKEN, "soho") == both.coupon(OTHER.coupon(coupon()), "soho") == coupon()
    assert "a key that isn't known here" in refused(OTHER.coupon(coupon()))
    # The name of a key we know under a signature of one we don't.
    assert "signature doesn't fit" in refused(
        TOKEN.rpartition(".")[0] + "." + OTHER.coupon(coupon()).rpartition(".")[2]
    )


def test_every_single_character_changed_is_noticed():
    for place, symbol in enumerate(TOKEN):
        others = ALPHABET + "." if symbol != "." else ALPHABET
        step = 1 + place % 7
        # The last symbol of a part holds bits that decode to nothing: there, every other symbol is tried.
        last = place + 1 == len(TOKEN) or TOKEN[place + 1] == "."
        tried = others if last else (others[(others.find(symbol) + step) % len(others)], ".", "=", "é")
        for other in set(tried) - {symbol}:
            refused(TOKEN[:place] + other + TOKEN[place + 1 :])


def test_nothing_may_be_cut_off_or_put_on():
    for length in range(len(TOKEN)):
        refused(TOKEN[:length])
    for more in ("=", "==", "A", ".", ".A", "\n", " ", "\0"):
        refused(TOKEN + more)
        refused(more + TOKEN)
    for place in (i for i, symbol in enumerate(TOKEN) if symbol == "."):
        refused(TOKEN[:place] + "=" + TOKEN[place:])


PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
BODY = TOKEN.split(".")[1]
HEADER = {"alg": "EdDSA", "typ": "daypart-coupon+jwt", "kid": SIGNER.key_id}


def by_hmac(secret):
    signing = f"{encoded({**HEADER, 'alg': 'HS256'})}.{BODY}"
    return f"{signing}.{encoded(hmac.digest(secret, signing.encode(), 'sha256'))}"


@pytest.mark.parametrize(
    "token",
    [
        None, 7, b"", TOKEN.encode(), ["a.b.c"], "", ".", "..", "a.b", "a.b.c", "a.b.c.d", "é.é.é", "\ud800.a.b", "\0" * 9,
        "x" * 2**20, ".".join(["x" * 2**19] * 3), "A" * (LENGTH_LIMIT - 4) + ".A.A",
        f"{encoded({**HEADER, 'alg': 'none'})}.{BODY}.", f"{encoded({**HEADER, 'alg': 'none'})}.{BODY}.AA",
        by_hmac(PUBLIC_PEM), by_hmac(KEY.public_key().public_bytes_raw()),
        *(f"{encoded(header)}.{BODY}.{TOKEN.split('.')[2]}" for header in (
            [], 7, None, "", {}, {**HEADER, "kid": None}, {**HEADER, "kid": [SIGNER.key_id]}, {**HEADER, "kid": 10**400},
            {**HEADER, "alg": ["EdDSA"]}, {**HEADER, "alg": None}, {**HEADER, "typ": None}, {**HEADER, "crit": ["exp"]},
            {**HEADER, "b64": False}, {**HEADER, "jwk": SIGNER.jwks()["keys"][0]}, b"[" * 9000, b"\xff", b"NaN",
            b'{"alg":' + b"9" * 9000 + b"}",
        )),
    ],
    ids=lambda token: f"{type(token).__name__}_{len(token) if hasattr(token, '__len__') else token}",
)  # fmt: skip
def test_hostile_text(token):
    refused(token)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"7", b"null", b"\xff\xfe", b"[" * 9000, b'{"a":' * 2000, b'{"exp":1e999}', b"9" * 9000,
     b'{"jti":NaN}', b'{"aud":"soho","jti":' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_hostile_content_under_a_signature_that_fits(body):
    signing = f"{encoded(HEADER)}.{encoded(body)}"
    refused(f"{signing}.{encoded(KEY.sign(signing.encode()))}")


@pytest.mark.parametrize("cents", [-1, 0, 2**53, 10**300, 1.0, "100", None, True, float("nan"), float("-inf")])
def test_hostile_money_under_a_signature_that_fits(cents):
    assert "'discount_cents' isn't whole cents" in refused(signed({**claims(TOKEN), "discount_cents": cents}))


@pytest.mark.parametrize(
    "more", [{"crit": ["b64"], "b64": True}, {"x": 1}, {"typ": "JWT"}, {"typ": "DAYPART-COUPON+JWT"}]
)
def test_a_header_holds_three_members_only(more):
    assert "header" in refused(signed(claims(TOKEN), **more))


def test_what_is_too_long_isnt_looked_at():
    # Signed, so that without the limit it would be its claims that are refused.
    assert "isn't a signed token" in refused(signed({**claims(TOKEN), "product_id": "x" * LENGTH_LIMIT}))


def test_the_longest_texts_fit():
    long = dict.fromkeys(("token_id", "offer_id", "campaign_id", "store_id", "product_id"), "🥐" * 128)
    token = SIGNER.coupon(replace(coupon(), **long))
    assert LENGTH_LIMIT / 2 < len(token) <= LENGTH_LIMIT
    assert READER.coupon(token, "🥐" * 128) == replace(coupon(), **long)


PUBLIC = SIGNER.jwks()["keys"][0]
OF_448 = OKPAlgorithm.to_jwk(Ed448PrivateKey.generate().public_key(), as_dict=True)


@pytest.mark.parametrize(
    ("jwks", "says"),
    [
        *((jwks, "holds none") for jwks in (None, [], {}, {"keys": []}, {"keys": {}}, {"keys": "x"}, "keys")),
        *(({"keys": [PUBLIC, key]}, r"keys\[1\] isn't an Ed25519 public key") for key in (
            None, 7, "x", {}, [], OF_448, {**PUBLIC, "x": "é"}, {**PUBLIC, "x": 7}, {**PUBLIC, "x": "AA"},
            {**PUBLIC, "x": "A"}, {**PUBLIC, "crv": "Ed448"}, {**PUBLIC, "kty": "EC"}, {"kty": "oct", "k": "AA", "kid": "x"},
        )),
        ({"keys": [{**PUBLIC, "kid": "mine"}]}, "kid that isn't its thumbprint"),
        ({"keys": [OKPAlgorithm.to_jwk(KEY, as_dict=True)]}, "is a private key; take it out"),
    ],
)  # fmt: skip
def test_keys_that_arent_public_keys(jwks, says):
    with pytest.raises(TokenError, match=says):
        Reader(jwks)
