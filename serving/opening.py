"""Opening the parts of one process in order, and closing them in the opposite one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, tzinfo
from functools import partial

from embedded import READ_TIMEOUT_S, OnlineStore, connect, lease_online_store
from embedded.online_rows import delete_rows
from models.history import History, add_visit
from offers.desk import Desk
from offers.journal import Journal
from offers.sending import sending_of
from offers.signing_key import signer_at
from people.secret import References
from serving.answering import MOST_TOGETHER as MOST_ANSWERED
from serving.answering import Wish, answer_together, answers_for
from serving.bundle import load_bundle_to_start
from serving.filed import Filed
from serving.gate import OnlineGate
from serving.grouped import Grouped
from serving.holders import Holders
from serving.impressions import ImpressionLog
from serving.keyring import KeyRing
from serving.limiter import Limiter
from serving.metrics import Metrics
from serving.online import RedisOnline
from serving.parts import Parts
from serving.persons import Persons
from serving.purse import StorePurse
from serving.rate import rates_of
from serving.recommend import Known
from serving.shelves import Shelves, units
from serving.standing import Standing
from serving.tables import prepare
from serving.taken import MOST_TOGETHER, show_again, take_together
from serving.traces import tracing
from serving.turn import Turn
from serving.visits import Visits
from serving.wire import Context, RecommendationAsk
from settings import Settings

# For what only reads, and what the till doesn't wait for; its acts have a thread of their own (`offers.group`).
LEDGER_THREADS = 32
WARM_UP_ROUNDS = 20


@contextmanager
def open_parts(settings: Settings) -> Iterator[Parts]:
    """Everything a process serves with, for as long as the block runs. Raises preflight.FAULTS."""
    with ExitStack() as stack:
        # No name for them here: they would hold the first bundle for as long as the process lives.
        yield _parts(settings, stack)


def _parts(settings: Settings, stack: ExitStack) -> Parts:
    bundle = load_bundle_to_start(settings)
    store = stack.enter_context(lease_online_store(settings))
    online, journal = RedisOnline(settings, store), _journal(settings, stack)
    gate = OnlineGate(online, time.monotonic)
    pool = stack.enter_context(ThreadPoolExecutor(LEDGER_THREADS, thread_name_prefix="ledger"))
    impressions = stack.enter_context(closing(ImpressionLog(settings.home)))
    intake = stack.enter_context(closing(Grouped(take_together, MOST_TOGETHER)))
    references, zones = References(settings.identity_secret), dict[str, tzinfo](bundle.zones)
    forget = partial(_forget, settings, store, gate)
    parts = Parts(
        settings=settings,
        bundle=bundle,
        shelves=Shelves(bundle),
        online=online,
        gate=gate,
        visits=Visits(online, zones, settings.history_limit, gate.lost),
        desk=Desk(journal, stock=partial(units, gate), sending=sending_of(settings)),
        signer=signer_at(settings.signing_key, settings.offline_retired_keys),
        engine=journal.engine,
        keys=KeyRing(journal.engine, time.monotonic),
        impressions=impressions,
        metrics=Metrics(),
        pool=pool,
        persons=Persons(journal.engine, references, time.monotonic),
        standing=Standing(journal.engine, references, settings.consent_default, time.monotonic, forget),
        clock=_clock,
        limiter=_limiter(settings, store, stack),
        holders=Holders(journal.engine, _clock, time.monotonic),
        intake=intake,
        turn=Turn(answer_together, MOST_ANSWERED),
        traces=stack.enter_context(tracing(settings.trace_url)),
        zones=zones,
        filed=Filed(settings.lake),
    )
    show_again(parts)
    return parts


def _clock() -> datetime:
    return datetime.now(UTC)


def _journal(settings: Settings, stack: ExitStack) -> Journal:
    journal = stack.enter_context(closing(Journal(settings.ledger_url)))
    prepare(journal.engine)
    return journal


def _limiter(settings: Settings, store: OnlineStore, stack: ExitStack) -> Limiter:
    client = stack.enter_context(connect(store.url, READ_TIMEOUT_S))
    return stack.enter_context(closing(Limiter(rates_of(settings.rate_limits), StorePurse(client), time.monotonic)))


def _forget(settings: Settings, store: OnlineStore, gate: OnlineGate, user_ids: Sequence[str]) -> int:
    """From memory too: what is deleted can't be asked for, but it could be remembered."""
    gate.last_known.forget(user_ids)
    return delete_rows(settings, store, "user_id", user_ids)


def warm_up(parts: Parts) -> None:
    """Walk the hot path, so that the first person does not pay for lazy imports, cold caches and memory maps."""
    now = parts.clock()
    stores = [None, *sorted(parts.bundle.zones)[:1]]
    for turn in range(WARM_UP_ROUNDS):
        ask = RecommendationAsk(user_id="warm-up", context=Context(store_id=stores[turn % len(stores)]))
        answer_together([Wish(parts, ask, now, now, ["en"])] * (1 + turn % 2))


def warm(parts: Parts) -> None:
    """The same for a bundle that is about to take over, asking no other part: by a thread beside the requests, whose
    connections are theirs."""
    now, store_id = parts.clock(), next(iter(sorted(parts.bundle.zones)), None)
    bought = parts.bundle.ranker.product_ids.ids[:8]
    wish = Wish(parts, RecommendationAsk(user_id="warm-up", context=Context(store_id=store_id)), now, now, ["en"])
    shelf, _ = parts.shelves.of(parts.gate, None)
    for n_bought in range(min(len(bought), WARM_UP_ROUNDS) + 1):
        history = add_visit(History.empty(), bought[:n_bought], int(now.timestamp()), new_visit=True)
        answers_for([wish], [Known(history, shelf)])
