"""The race in a django-oscar shop, for `bench.ledger_race`: `python -m bench.oscar_race URL ROUNDS`, in a Python that has oscar.

Each racer is a customer of their own with a latte in the basket, the code entered and accepted, on the preview page of
the checkout. All of a round press "place order" at the same moment: a POST to oscar's own view, through its middleware,
by Django's test client. What was paid is counted in the shop's orders afterwards, not by what the racers were told. One
after the other the same customers must be paid once: only then is a second payment the race's doing.

Prints a line a round on standard error, and one line of JSON: oscar's version, and for both kinds of prize the number of
payments of every round.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

from bench.ledger_racers import N_RACERS, Ready, race
from bench.oscar_shop import DISCOUNT, PRICE, Prize, fill_shop, open_shop, paid


def main(url: str, n_rounds: int) -> None:
    """Run both races and print what came of them. Raises RuntimeError when the shop doesn't keep its limits in peace."""
    import oscar

    ready = setup(url)
    kinds = fill_shop(n_rounds + 1)
    for control, *_ in kinds:
        for go in [ready(racer, control) for racer in range(N_RACERS)]:
            go()
        if paid(control) != 1:
            raise RuntimeError(
                f"one after the other, {control.code} paid {paid(control)} times: the shop isn't set up well"
            )
    done = [_run(url, prizes, number * n_rounds) for number, (_, *prizes) in enumerate(kinds)]
    print(json.dumps({"version": oscar.get_version(), "single": done[0], "limited": done[1]}))


def setup(url: str) -> Ready:
    """The shop in this process, and how a racer gets ready in it."""
    # To the checkout's log it is an error that a customer comes too late.
    logging.disable(logging.CRITICAL)
    open_shop(url)
    return _ready


def _run(url: str, prizes: Sequence[Prize], before: int) -> list[int]:
    race(setup, url, prizes, lambda n, of: print(before + n, file=sys.stderr, flush=True))
    return [paid(prize) for prize in prizes]


def _ready(racer: int, prize: Prize) -> Callable[[], str]:
    """A fresh customer on the preview page. Raises RuntimeError when it doesn't show the discounted price."""
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import reverse
    from oscar.core.loading import get_model

    # A view that fails is a page that says so, as it would be for a browser.
    client: Any = Client(raise_request_exception=False)
    name = f"{prize.code}-{racer}"
    client.force_login(get_user_model().objects.create(username=name, email=f"{name}@example.com"))
    product = get_model("catalogue", "Product").objects.get()
    client.post(reverse("basket:add", kwargs={"pk": product.pk}), {"quantity": 1})
    client.post(reverse("basket:vouchers-add"), {"code": prize.code})
    client.get(reverse("checkout:shipping-method"))
    page = client.get(reverse("checkout:preview"))
    if page.status_code != 200 or str(PRICE - DISCOUNT) not in page.content.decode():
        raise RuntimeError(f"customer {name} doesn't see the discounted price before the race: {page.status_code}")
    return lambda: str(client.post(reverse("checkout:preview"), {"action": "place_order"}).status_code)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
