"""Who is asking or asked about: an identity becomes a reference before any handler sees it, and a reference its person."""

from __future__ import annotations

from msgspec.structs import replace

from offers.answers import Offer
from people.identity import IdentityFault
from serving.admitting import micros
from serving.asked import Asked
from serving.persons import Names
from serving.problems import malformed
from serving.standing import Purposes


async def names(asked: Asked, user_id: str) -> Names:
    """The ids of a person, their name first."""
    persons = asked.parts.persons
    known = persons.recall(user_id)
    return await asked.begin(persons.names, user_id) if known is None else known


async def wallet_of(asked: Asked, theirs: Names) -> list[Offer]:
    """A person's coupons that can still be used, those issued to any of their ids, by beginning of their windows, then id."""
    found = [await asked.begin(asked.parts.desk.wallet, name, asked.now) for name in theirs]
    return sorted((offer for offers in found for offer in offers), key=lambda offer: (offer.valid_from, offer.offer_id))


async def allowed_of(asked: Asked, theirs: Names) -> Purposes:
    """The purposes that a person allows, under whatever id they said so."""
    standing = asked.parts.standing
    known = standing.recall(theirs)
    return await asked.begin(standing.allows, theirs, micros(asked.now)) if known is None else known


async def as_owner(asked: Asked, user_id: str | None, code: str) -> str | None:
    """Who the till says is there, in the words of the coupon: the id it was issued to, if that is the same person's."""
    if user_id is None or len(theirs := await names(asked, user_id)) == 1:
        return user_id
    owner = await asked.begin(asked.parts.persons.owner, code)
    return owner if owner in theirs else theirs[0]


def in_references(asked: Asked) -> Asked:
    """The same request without an identity in the clear. Raises Problem 400."""
    told, path, of = getattr(asked.body, "user_id", None), asked.path.get("user_id"), asked.parts.persons.references.of
    try:
        if told is not None and (reference := of(told)) != told:
            asked = replace(asked, body=replace(asked.body, user_id=reference))
        if path is not None and (reference := of(path)) != path:
            asked = replace(asked, path={**asked.path, "user_id": reference})
    except IdentityFault as fault:
        raise malformed(f"user_id: {fault}", "/user_id", "bad_identity") from None
    return asked
