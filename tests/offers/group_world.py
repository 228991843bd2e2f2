"""Acts of nothing, a worker that can be held up, and many threads at once."""

import threading

from offers.acts import Act
from offers.answers import Answer, Ask
from tests.offers.desk_world import AT

WAIT_S = 30


def act(name, key=None):
    return Act("redeem", name, Ask(order_id="o"), key, AT)


class Worker:
    """Answers each act with its code; `hold` keeps the first group at work until let go."""

    def __init__(self, hold=False):
        self.groups, self.began, self.let_go = [], threading.Event(), threading.Event()
        if not hold:
            self.let_go.set()

    def __call__(self, acts):
        self.groups.append([one.code for one in acts])
        self.began.set()
        assert self.let_go.wait(WAIT_S)
        return [Answer(True, {"code": one.code}) for one in acts]


def together(group, acts):
    """All acts at once; code to result or exception."""
    found = {}

    def run(one):
        try:
            found[one.code] = group.do(one)
        except Exception as error:
            found[one.code] = error

    threads = [threading.Thread(target=run, args=(one,)) for one in acts]
    for thread in threads:
        thread.start()
    return threads, found


def wait_until_waiting(group, n):
    done = threading.Event()
    while len(group._waiting) < n:
        assert not done.wait(0.001)
