import threading

import pytest

from offers.database import transaction
from people import erasing
from serving import last_known
from serving.admitting import micros
from serving.gate import CLOSED_S
from serving.last_known import LastKnown
from tests.models import checkerboard
from tests.serving.fakes import NOW, Clock, known


@pytest.fixture
def setting():
    clock = Clock()
    return LastKnown(clock), clock


SOMEBODY = known(checkerboard.history(0))


def test_it_is_kept_for_so_long_and_then_swept(setting):
    kept, clock = setting
    for user in ("u", "v"):
        kept.keep(user, SOMEBODY)
    clock.now_s = 600.0
    kept.keep("w", SOMEBODY)
    kept.sweep(lambda ids: ())
    assert [kept.of(user) is SOMEBODY for user in "uvw"] == [True] * 3
    clock.now_s = 600.001
    assert (kept.of("u"), kept.of("v"), len(kept)) == (None, None, 3)
    kept.sweep(lambda ids: ())
    assert (kept.of("w"), len(kept)) == (SOMEBODY, 1)


def test_the_longest_unread_go_first(setting, monkeypatch):
    kept, _ = setting
    monkeypatch.setattr(last_known, "MAX_USERS", 2)
    for user in ("a", "b", "a", "c"):
        kept.keep(user, SOMEBODY)
    assert [kept.of(user) is not None for user in "abc"] == [True, False, True]


def test_long_histories_are_fewer(setting, monkeypatch):
    kept, _ = setting
    monkeypatch.setattr(last_known, "MAX_PRODUCTS", 2 * len(SOMEBODY.history))
    for user in ("a", "b", "a", "b"):
        kept.keep(user, SOMEBODY)
    assert len(kept) == 2
    kept.forget(["a"])
    kept.keep("c", SOMEBODY)
    assert len(kept) == 2, "who was forgotten makes room"
    kept.keep("d", SOMEBODY)
    assert (len(kept), kept.of("b")) == (2, None)


def test_a_sweep_takes_out_who_is_gone(setting):
    kept, _ = setting
    for user in "abc":
        kept.keep(user, SOMEBODY)
    kept.sweep(lambda ids: [user for user in ids if user != "b"])
    assert [kept.of(user) is not None for user in "abc"] == [False, True, False]


ACTS = {
    "keep": lambda kept, ids: kept.keep("a", SOMEBODY),
    "forget": lambda kept, ids: kept.forget(ids),
    "sweep": lambda kept, ids: kept.sweep(lambda _: ()),
}


@pytest.mark.parametrize("second", ACTS)
@pytest.mark.parametrize("first", ACTS)
def test_a_thread_waits_for_what_another_is_about(first, second):
    waits = []

    def meanwhile():
        """While the first is at it, the other comes."""
        if not waits:
            waits.append(None)
            other.start()
            other.join(0.02)
            waits.append(other.is_alive())
        return 0.0

    kept = LastKnown(meanwhile)
    other = threading.Thread(target=ACTS[second], args=(kept, ["a"]))
    ACTS[first](kept, (user for user in "ab" if meanwhile() == 0.0))
    other.join()
    assert waits == [None, True]


def test_the_list_stays_theirs_while_the_online_store_is_down(world):
    before = world.rank()
    world.online.down = True
    after = world.rank()
    assert after["items"] == before["items"]
    meta = after["meta"]
    assert (meta["degraded"], meta["fallback"], meta["feature_age_s"]) == (True, "last_known", 0.0)
    metrics = world.ask("GET", "/metrics").text
    assert 'daypart_fallbacks_total{fallback="last_known"} 1.0' in metrics
    assert "daypart_degraded_total 1.0" in metrics


def test_who_is_not_remembered_gets_what_sells_there_and_then(world):
    world.online.down = True
    for store_id, fallback in (("s0", "popularity"), (None, "global_popularity"), ("nowhere", "global_popularity")):
        meta = world.rank(user_id="u01", context={"store_id": store_id})["meta"]
        assert (meta["degraded"], meta["fallback"]) == (True, fallback)


def test_a_store_that_lost_its_rows_is_made_up_for(world, caplog):
    before = world.rank(context={"store_id": "s0"})
    world.online.users, world.online.stores = {}, {}
    for _ in range(2):
        after = world.rank(context={"store_id": "s0"})
        assert after["items"] == before["items"]
        meta = after["meta"]
        assert (meta["degraded"], meta["fallback"], meta["warnings"]) == (True, "last_known", ["stale_assortment"])
    assert [r.message for r in caplog.records] == [
        "online store has lost a row; run daypart features: it stood a moment ago"
    ]
    assert world.rank(user_id="u01")["meta"]["fallback"] == "cold_start"


def test_recovery_needs_no_restart(world, monkeypatch):
    world.rank()
    world.online.down = True
    assert world.rank()["meta"]["degraded"]
    world.online.down = False
    monkeypatch.setattr(world.parts.gate, "_closed_until", -CLOSED_S)
    assert (world.rank()["meta"]["degraded"], world.rank()["meta"]["fallback"]) == (False, None)


def erase(world, user_id):
    """As another process does it: tombstone first."""
    parts = world.parts
    with transaction(parts.engine, write=True) as connection:
        erasing.ask(connection, parts.persons.references, user_id, "tests", micros(NOW))


def test_who_is_erased_is_not_remembered(world):
    world.rank()
    kept = world.parts.gate.last_known
    kept.sweep(world.parts.standing.gone)
    assert kept.of("u00") is not None
    erase(world, "u00")
    kept.sweep(world.parts.standing.gone)
    assert kept.of("u00") is None
    world.online.down = True
    assert world.rank()["meta"]["fallback"] != "last_known"


def test_a_sweep_asks_again_for_a_while(world):
    kept, standing = world.parts.gate.last_known, world.parts.standing
    erase(world, "u00")
    kept.sweep(standing.gone)
    # A request that began before brings in what it read.
    kept.keep("u00", known(checkerboard.history(0), as_of=NOW))
    kept.keep("u02", known(checkerboard.history(2), as_of=NOW))
    kept.sweep(standing.gone)
    assert (kept.of("u00"), len(kept)) == (None, 1)
