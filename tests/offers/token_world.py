"""One signer known by heart (RFC 8037's example key), one coupon of store soho, one lease of till t1."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offers.book import Line
from offers.codes import new_code
from offers.tokens import Allowance, CouponToken, Signer

# RFC 8037, appendix A.1: a key everybody knows, good for tests only.
KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
SIGNER = Signer(KEY)
OTHER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))

FROM = datetime(2025, 11, 4, 13, tzinfo=UTC)
UNTIL = datetime(2025, 11, 4, 15, tzinfo=UTC)
AT = FROM + timedelta(minutes=5)
ISSUED = FROM - timedelta(hours=2)
LATTE = (Line("latte"),)


def code(number: int) -> str:
    """The n-th code of a fixed list."""
    drawn = (bytes([number >> 8, number & 255, step, 0, 0, 0, 0, 0, 0, 0]) for step in range(256))
    return new_code(lambda n: next(drawn))


def coupon(number: int = 1, **changes: Any) -> CouponToken:
    plain = {
        "token_id": f"tok_{number}", "code": code(number), "offer_id": f"off_{number}", "campaign_id": "c",
        "store_id": "soho", "product_id": "latte", "discount_cents": 100, "price_cents": 450, "floor_cents": 300,
        "valid_from": FROM, "valid_until": UNTIL, "issued_at": ISSUED,
    }  # fmt: skip
    return CouponToken(**{**plain, **changes})


def lease(**changes: Any) -> Allowance:
    plain = {
        "lease_id": "l1",
        "store_id": "soho",
        "till_id": "t1",
        "cents": 350,
        "issued_at": ISSUED,
        "expires_at": UNTIL,
    }
    return Allowance(**{**plain, **changes})


def claims(token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    return jwt.decode(token, options={"verify_signature": False})


def signed(content: dict[str, Any], **headers: Any) -> str:
    """Whatever content and headers, with a signature that fits: what a careless issuer could make."""
    plain = {"typ": "daypart-coupon+jwt", "kid": SIGNER.key_id}
    return jwt.encode(content, KEY, algorithm="EdDSA", headers={**plain, **headers})
