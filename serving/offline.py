"""Tills without network: a signed token for a coupon, a lease for a till, what was paid meanwhile, the public keys, a QR code."""

from __future__ import annotations

from hashlib import sha256

from offers import offline
from offers.answers import Ask as DeskAsk
from offers.answers import KeyReused
from offers.codes import canonical, shown
from offers.leases import AllowanceError, LeaseOver, UnknownLease
from offers.qr import qr_svg
from offers.tokens import Reader
from serving.asked import Asked, Reply, plausible
from serving.auth import bound_store
from serving.problems import Fault, Problem, malformed
from serving.till import basket, carried_out, reply
from serving.wire_offline import LeaseCard, SettledSale, SettledSales, SigningKeys, TokenCard


async def token(asked: Asked) -> Reply:
    """A signed token for the coupon; its discount is set aside until it must have been settled."""
    _allowed(asked)
    told = DeskAsk(
        store_id=bound_store(asked.key, asked.body.store_id),
        user_id=asked.body.user_id,
        actor=asked.key.key_id,
        request_id=asked.headers.get("x-request-id"),
    )
    answer = await carried_out(asked, "token", told)
    if not answer.ok:
        return reply(asked, answer)
    signed = await asked.begin(offline.token_of, asked.parts.desk, asked.parts.signer, answer)
    names = ("token_id", "offer_id", "store_id", "valid_until")
    headers = {"Idempotent-Replayed": "true"} if answer.replay else {}
    return Reply(TokenCard(token=signed, **{name: answer.body[name] for name in names}), headers)


async def lease(asked: Asked) -> Reply:
    """How much a till of the store may pay without network."""
    allowance, ask = _allowed(asked), asked.body
    store_id = _own_store(asked)
    # Named by its key: whoever asks again after a lost answer gets the same lease.
    named = f"{asked.key.holder}:{asked.idempotency_key}"
    lease_id = f"lease_{sha256(named.encode()).hexdigest()[:24]}"
    try:
        signed, given, replay = await asked.begin(
            offline.lend, asked.parts.desk, asked.parts.signer, store_id, ask.till_id, ask.cents, allowance,
            lease_id, asked.now, asked.key.key_id,
        )  # fmt: skip
    except AllowanceError as error:
        raise Problem(422, "allowance_exhausted", str(error)) from None
    except KeyReused as error:
        raise Problem(409, "idempotency_key_reused", str(error)) from None
    except LeaseOver as error:
        raise Problem(409, "lease_over", str(error)) from None
    card = LeaseCard(allowance=signed, lease_id=given.lease_id, cents=given.cents, expires_at=given.expires_at)
    return Reply(card, {"Idempotent-Replayed": "true"} if replay else {})


async def settle(asked: Asked) -> Reply:
    """Take in what tills paid without network. A lease that isn't the store's, or not the closing till's, books nothing."""
    if asked.body.closed_by is not None and asked.body.lease_id is None:
        raise malformed("/closed_by: names no lease to close; tell its lease_id, or leave closed_by out", "/closed_by")
    sales = [
        offline.Sale(
            one.token, one.order_id, one.till_id, plausible(one.till_time, f"/sales/{at}/till_time"), basket(one.lines)
        )
        for at, one in enumerate(asked.body.sales)
    ]
    reader = Reader(asked.parts.signer.jwks())
    work = asked.parts.desk, reader, _own_store(asked), sales, asked.now
    told = {"lease_id": asked.body.lease_id, "closed_by": asked.body.closed_by, "actor": asked.key.key_id}
    try:
        done = await asked.begin(lambda: offline.settle(*work, **told))
    except UnknownLease as error:
        raise Problem(422, "unknown_lease", str(error), [Fault("/lease_id", str(error))]) from None
    return Reply(SettledSales(sales=[SettledSale(**vars(one)) for one in done]))


async def keys(asked: Asked) -> Reply:
    """The public keys that tokens and leases are checked with."""
    return Reply(SigningKeys(**asked.parts.signer.jwks()))


async def qr(asked: Asked) -> Reply:
    """The coupon's code as a QR code to print or show."""
    code = canonical(asked.path["code"])
    if code is None:
        raise malformed("path/code: not a coupon code; check the letters and digits", "path/code", "not_a_code")
    return Reply((await asked.begin(qr_svg, shown(code))).encode())


def _allowed(asked: Asked) -> int:
    cents = asked.parts.settings.offline_cents
    if not cents:
        raise Problem(403, "offline_disabled", "no store pays without network here; set offline_cents")
    return cents


def _own_store(asked: Asked) -> str:
    return bound_store(asked.key, asked.path["store_id"]) or asked.path["store_id"]
