"""The ledger's basket rule beside the brute force of the naive book: random baskets, stacks and floors."""

from random import Random

from offers.basket import place
from offers.book import Line, Stacked
from tests.offers.desk_world import COUPON
from tests.suites.naive_basket import Ticket, stays_above_floor


def test_the_rule_takes_what_brute_force_takes():
    rng, told = Random(4), {True: 0, False: 0}
    for _ in range(4000):
        tickets = [
            Ticket(f"off_{n}", rng.choice([100, 100, 150, 37]), rng.choice([300, 200, 250, 0]))
            for n in range(rng.choice([1, 2, 3, 3, 4]))
        ]
        rng.shuffle(tickets)
        lines = tuple(
            Line(
                rng.choice(["latte", "latte", "tea"]),
                rng.choice([1, 1, 2, 0]),
                rng.choice([450, 400, None]),
                rng.choice([0, 50]),
            )
            for _ in range(rng.choice([1, 2, 3]))
        )
        wanted = stays_above_floor(lines, "latte", COUPON.price_cents, tickets)
        fields = zip(("offer_id", "discount_cents", "floor_cents"), tickets[0], strict=True)
        ours = type(COUPON)(**{**vars(COUPON), **dict(fields)})
        placed = place(lines, ours, [Stacked(*ticket) for ticket in tickets[1:]])
        assert (placed is None or placed.left_cents >= placed.floor_cents) == wanted, (lines, tickets)
        told[wanted] += placed is not None
    assert min(told.values()) > 500
