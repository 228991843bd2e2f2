"""Signed tokens for tills without network: made with one private key, checked with public ones.

JWS compact tokens (RFC 7519, RFC 8037), signed with Ed25519 by PyJWT and cryptography. Two kinds, told apart by the
`typ` header (RFC 8725, section 3.11): a coupon, and a till's allowance. The algorithm is pinned, and a key is named by
its RFC 7638 thumbprint, so several keys may be known at once while one is being retired.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm
from jwt.types import Options

from offers.claims import ALLOWANCE, COUPON, Allowance, CouponToken, Kind, TokenError, claims_of, value_of

__all__ = ["Allowance", "CouponToken", "Reader", "Signer", "TokenError", "thumbprint"]

T = TypeVar("T")
ALGORITHM = "EdDSA"
# Above what the longest texts in every claim come to; whatever is longer isn't looked at.
LENGTH_LIMIT = 16_384
# PyJWT would also take padding, which RFC 7515 leaves out: one token has one spelling.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Signer:
    """Makes tokens. Holds the private key in memory and never gives it out."""

    def __init__(self, key: Ed25519PrivateKey, retired: Sequence[Ed25519PublicKey] = ()) -> None:
        """`retired`: the public keys of those that signed before, whose tokens are still good."""
        self._key = key
        self._public = key.public_key()
        self.key_id = thumbprint(self._public)
        self._known = {thumbprint(one): one for one in (self._public, *retired)}

    def coupon(self, token: CouponToken) -> str:
        """The signed coupon. Raises TokenError on a value that no reader would take."""
        return self._sign(COUPON, token)

    def allowance(self, allowance: Allowance) -> str:
        """The signed allowance. Raises TokenError on a value that no reader would take."""
        return self._sign(ALLOWANCE, allowance)

    def jwks(self) -> dict[str, Any]:
        """The public keys as an RFC 7517 set, ours first, for readers: {"keys": [{kty, crv, x, kid, alg, use}, ...]}."""
        told = {"alg": ALGORITHM, "use": "sig"}
        return {"keys": [{**_public_members(key), "kid": kid, **told} for kid, key in self._known.items()]}

    def _sign(self, kind: Kind[T], value: T) -> str:
        headers = {"typ": kind.typ, "kid": self.key_id}
        return jwt.encode(claims_of(kind, value), self._key, algorithm=ALGORITHM, headers=headers)


class Reader:
    """Checks tokens against the public keys it was given; needs neither network nor clock."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        """`jwks`: a signer's set, or several in one while a key is retired. Raises TokenError."""
        keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
        if not isinstance(keys, list) or not keys:
            raise TokenError("public keys: the set holds none; fetch it from the service again")
        self._keys = dict(_named_key(place, members) for place, members in enumerate(keys))

    def coupon(self, token: str, store_id: str | None) -> CouponToken:
        """The coupon behind a token for this store. Raises TokenError.

        Signature, kind, store and claims are checked here, the time never: the caller does that with the till's moment.
        `store_id` None leaves the store to the caller too, whose rules then say `wrong_store` in its order.
        """
        return self._read(COUPON, token, store_id)

    def allowance(self, token: str, store_id: str) -> Allowance:
        """The allowance behind a token for this store; the caller compares the till and judges the time. Raises TokenError."""
        return self._read(ALLOWANCE, token, store_id)

    def _read(self, kind: Kind[T], token: str, store_id: str | None) -> T:
        key = self._key_of(kind, token)
        # No time is checked: a settlement comes long after a token's end and is judged by when the till paid.
        checks: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "strict_aud": True}
        checks["verify_aud"] = store_id is not None
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=store_id, options=checks)
        except jwt.InvalidSignatureError:
            raise TokenError(
                f"{kind.name}: the signature doesn't fit, it was changed or misread; scan it again"
            ) from None
        except jwt.InvalidAudienceError:
            raise TokenError(f"{kind.name}: it is for another store; use it there") from None
        except jwt.PyJWTError:
            raise TokenError(f"{kind.name}: its claims can't be read; ask for a new one") from None
        return value_of(kind, claims)

    def _key_of(self, kind: Kind[Any], token: str) -> Ed25519PublicKey:
        if not isinstance(token, str) or len(token) > LENGTH_LIMIT or not _COMPACT.fullmatch(token):
            raise TokenError(f"{kind.name}: what was read isn't a signed token; scan it again")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise TokenError(f"{kind.name}: its header can't be read; scan it again") from None
        # Nothing but these three: no other algorithm, no key of the token's own, no extension.
        if header != {"alg": ALGORITHM, "typ": kind.typ, "kid": header.get("kid")}:
            raise TokenError(f"{kind.name}: its header says another kind of token or signature; scan the right one")
        key = self._keys.get(header["kid"])
        if key is None:
            raise TokenError(f"{kind.name}: signed with a key that isn't known here; fetch the public keys again")
        return key


def thumbprint(key: Ed25519PublicKey) -> str:
    """RFC 7638's name of a public key: the SHA-256 of its JWK's required members in base64url."""
    members = json.dumps(_public_members(key), separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()


def _public_members(key: Ed25519PublicKey) -> dict[str, Any]:
    return OKPAlgorithm.to_jwk(key, as_dict=True)


def _named_key(place: int, members: Any) -> tuple[str, Ed25519PublicKey]:
    where = f"public keys: keys[{place}]"
    if isinstance(members, Mapping) and "d" in members:
        raise TokenError(f"{where} is a private key; take it out of the set and make a new one, as it was given away")
    try:
        key = OKPAlgorithm.from_jwk(dict(members))
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise TokenError(f"{where} isn't an Ed25519 public key; fetch the set from the service again")
    if members.get("kid") != thumbprint(key):
        raise TokenError(f"{where} has a kid that isn't its thumbprint; fetch the set from the service again")
    return thumbprint(key), key
