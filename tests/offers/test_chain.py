from offers.chain import GENESIS, link_hash, plain_json
from tests.offers.desk_world import AT, TICK

ROW = {
    "campaign_id": "c", "seq": 1, "kind": "redeem", "offer_id": "off_1", "decision_id": "dec_1", "order_id": "o1",
    "store_id": "soho", "till_id": None, "actor": "k1", "amount_cents": 100, "at": AT, "judged_at": AT, "held_until": None,
    "detail": "[]", "prev_hash": GENESIS, "token_id": None, "day": None, "units": None, "reason": None,
}  # fmt: skip


def test_the_hash_of_an_entry_is_pinned():
    # Changing what is hashed makes every ledger in the world fail its verification: think of a new revision first.
    assert link_hash(ROW) == "f5b02d64a9245c109beff8c91ddf910b7b389865146b00fbee57eb6ee11508ce"


def test_every_column_and_the_link_count():
    seen = {link_hash(ROW)}
    for name, value in ROW.items():
        other = value + TICK if name in ("at", "judged_at") else 2 if isinstance(value, int) else f"{value}x"
        seen.add(link_hash({**ROW, name: AT if name == "held_until" else other}))
    assert len(seen) == 1 + len(ROW)


def test_values_have_one_text():
    assert plain_json({"b": 1, "a": "冰"}) == plain_json({"a": "冰", "b": 1}) == '{"a":"冰","b":1}'
