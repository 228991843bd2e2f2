"""A follower's stock without the wait for its thread: what the lake holds now is what is reckoned from."""

from concurrent.futures import wait

from river import stock as module


def settle(stock):
    """Take over what the lake holds, however long it takes to read."""
    while stock._reading is not None or module._signs(stock._lake) != stock._signs:
        if stock._reading is not None:
            wait([stock._reading])
        stock._look_ms = 0
        stock.renew(0)
