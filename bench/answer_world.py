"""A small world in which a whole answer is counted: a ranker of fixed random numbers, people and a store in memory, no thread.

What a count needs: nothing of it depends on a clock, on a file or on what else the machine does. The store has its answers ready
(`answer_online`), so waiting for it is left out; everything else is the service's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from bench.answer_online import Online
from bench.answer_ranker import ranker
from bench.driven import driven
from offers.database import connect
from people.secret import References
from serving import keys
from serving.answering import MOST_TOGETHER, Answer, Wish, answer_together
from serving.bundle import Bundle
from serving.catalogue import Catalogue
from serving.front import Front
from serving.gate import OnlineGate
from serving.holders import Holders
from serving.keyring import KeyRing
from serving.limiter import Limiter
from serving.metrics import Metrics
from serving.parts import Parts
from serving.persons import Persons
from serving.shelves import Shelves
from serving.standing import Standing
from serving.tables import prepare
from serving.turn import Turn
from serving.visits import Visits
from settings import Settings

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
N_PRODUCTS, STORE = 1_000, "s0"


@dataclass
class Shown:
    """In place of the log of impressions, which is another thread's."""

    n_dropped: int = 0
    lines: list[str] = field(default_factory=list)

    def put(self, lines: str) -> None:
        """The latest are kept."""
        self.lines = [lines]


def parts(home: Path) -> tuple[Parts, str]:
    """(the parts of a front, a key for its recommendations). home: an empty folder, for the ledger."""
    rng, settings = np.random.default_rng(20171201), Settings(home=home)
    engine = connect(f"sqlite:///{home / 'ledger.db'}")
    prepare(engine)
    bundle, references = _bundle(rng), References(settings.identity_secret)
    online: Any = Online(bundle.ranker.product_ids.ids, NOW, rng)
    known, secret = KeyRing(engine, _still), keys.create(engine, "app", NOW)
    persons, holders = Persons(engine, references, _still), Holders(engine, lambda: NOW, _still)
    standing = Standing(engine, references, settings.consent_default, _still, len)
    shown, absent = Shown(), None
    made: Any = {
        "settings": settings, "bundle": bundle, "shelves": Shelves(bundle), "online": online, "desk": absent,
        "visits": Visits(online, bundle.zones, settings.history_limit),
        "gate": OnlineGate(online, _still), "signer": absent, "engine": engine, "keys": known, "impressions": shown,
        "metrics": Metrics(), "pool": ThreadPoolExecutor(1), "persons": persons, "standing": standing, "clock": lambda: NOW,
        "limiter": Limiter({}, None, _still), "holders": holders, "intake": absent, "turn": Turn(answer_together, MOST_TOGETHER),
    }  # fmt: skip
    # Asked once, remembered for good, as the clock stands still: no request waits for a thread.
    known.fetch(secret)
    persons.names("u0")
    standing.allows(("u0",), 0)
    holders.look()
    return Parts(**made), secret


def told_again(front: Front, asked: Sequence[bytes]) -> Parts:
    """The front's parts, where everybody is told what somebody was told once."""
    whole, kept = front.parts, list[Answer]()
    assert whole is not None

    def learn(wishes: Sequence[Wish]) -> list[Answer]:
        kept[:] = answer_together(wishes)
        return kept

    front.parts = replace(whole, turn=Turn(learn, len(asked)))
    uvloop.run(driven(front, asked, 1))
    front.parts = whole
    return replace(whole, turn=Turn(lambda wishes: kept[: len(wishes)], len(asked)))


def _still() -> float:
    return 0.0


def _bundle(rng: np.random.Generator) -> Bundle:
    made = ranker(N_PRODUCTS, STORE, rng)
    names = [f"Product number {n}" for n in range(N_PRODUCTS)]
    priced, kinds = np.ones(N_PRODUCTS, bool), (np.arange(N_PRODUCTS) % 7).astype(np.int32)
    catalogue = Catalogue({"": names}, np.arange(N_PRODUCTS), priced, kinds, {f"kind {n}": n for n in range(7)})
    return Bundle("counted", made, catalogue, {}, 0.2, NOW.isoformat())
