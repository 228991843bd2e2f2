"""Rows that Feast wrote are read, rows that we write Feast reads, and of two who replace one at once neither is lost."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import redis
from google.protobuf.timestamp_pb2 import Timestamp

from embedded import OnlineStore, connect, lease_online_store
from embedded.online_rows import entity_key
from models.history import History, add_visit
from serving import history_rows
from serving.history_rows import STAMP, HistoryRows, Kind
from settings import Settings

AT = datetime(2026, 3, 2, 13, tzinfo=UTC)


def to_bytes(history):
    said = "|".join(
        f"{p}:{n:g}:{at}" for p, n, at in zip(history.product_ids, history.counts, history.last_at_s, strict=True)
    )
    return {"said": said.encode()}


def from_bytes(rows):
    return [one_of(values) for values in rows]


def one_of(values):
    if values[0] is None or b"?" in values[0]:
        return ValueError("no history")
    rows = [line.split(":") for line in values[0].decode().split("|")]
    n = len(rows)
    return History.of([r[0] for r in rows], [r[1] for r in rows], [1.0] * n, [1] * n, [r[2] for r in rows], 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> OnlineStore:
    with lease_online_store(Settings(home=tmp_path_factory.mktemp("rows"))) as found:
        yield found


@pytest.fixture
def client(store):
    with connect(store.url) as found:
        found.flushdb()
        yield found


@pytest.fixture
def rows(client):
    return HistoryRows(client, "daypart", Kind(("said",), to_bytes, from_bytes))


def buys(product, at=AT):
    return lambda user, history: add_visit(history, [product], int(at.timestamp()), new_visit=False)


def held(rows, user):
    seen = []
    rows.change([user], lambda _, history: seen.append(history) or history)
    return seen[0].product_ids


def test_many_are_changed_at_once_and_who_is_left_alone_is_not_written(rows, client):
    def how(user, history):
        return history if user == "bob" else buys("latte")(user, history)

    assert rows.change(["ann", "bob", "cat"], how) == 2
    assert [held(rows, user) for user in ("ann", "bob", "cat")] == [("latte",), (), ("latte",)]
    assert len(client.keys()) == 2
    assert rows.change([], how) == 0


def test_more_than_fit_into_one_round_trip(rows, monkeypatch):
    monkeypatch.setattr(history_rows, "_TOGETHER", 2)
    users = [f"u{n}" for n in range(5)]
    assert rows.change(users, buys("latte")) == 5
    assert [held(rows, user) for user in users] == [("latte",)] * 5


def test_what_another_process_adds_between_reading_and_writing_stays(rows, store):
    with connect(store.url) as second:
        other, seen = HistoryRows(second, "daypart", Kind(("said",), to_bytes, from_bytes)), []

        def how(user, history):
            seen.append(history.product_ids)
            if len(seen) == 1:
                other.change([user], buys("tea"))
            return buys("latte")(user, history)

        assert rows.change(["ann"], how) == 1
    assert seen == [(), ("tea",)]
    assert held(rows, "ann") == ("latte", "tea")


def test_who_is_overtaken_again_and_again_gives_up_in_the_end(rows, store, caplog):
    with connect(store.url) as second:
        other, turns = HistoryRows(second, "daypart", Kind(("said",), to_bytes, from_bytes)), iter(range(99))

        def how(user, history):
            other.change([user], buys(f"p{next(turns)}"))
            return buys("latte")(user, history)

        assert rows.change(["ann"], how) == 0
    assert "wait for `features`" in caplog.text


ANN = entity_key("daypart", "user_id", "ann")
SPOILT = {
    "a feature": lambda client: client.hset(
        ANN, next(name for name in client.hkeys(ANN) if name != STAMP.encode()), "?"
    ),
    "no stamp": lambda client: client.hdel(ANN, STAMP),
    "a stamp of noise": lambda client: client.hset(ANN, STAMP, b"\xff"),
    "a stamp of no calendar": lambda client: client.hset(ANN, STAMP, Timestamp(seconds=2**60).SerializeToString()),
    "a text": lambda client: (client.delete(ANN), client.set(ANN, "no hash")),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_row_that_cannot_be_read_holds_up_nobody_else(rows, client, caplog, what):
    rows.change(["ann", "bob"], buys("latte"))
    SPOILT[what](client)
    assert rows.change(["ann", "bob"], buys("tea")) == 1
    assert rows.change(["ann", "bob"], buys("bagel")) == 1
    assert held(rows, "bob") == ("bagel", "latte", "tea")
    assert caplog.text.count("can't be read") == 1
    assert rows.told_of(["ann", "bob", "cat"]) == ["ann", "bob"]
    assert rows.drop_empty(["ann", "bob"]) == 0


def test_an_answer_that_concerns_all_is_no_row_of_anybody(rows, client):
    client.execute_command("ACL", "SETUSER", "default", "-hmget")
    try:
        with pytest.raises(redis.ResponseError):
            rows.change(["ann"], buys("latte"))
    finally:
        client.execute_command("ACL", "SETUSER", "default", "+@all")


def test_a_later_row_is_stamped_later_whatever_its_purchases_say(rows, client):
    rows.change(["ann"], buys("latte"))
    first = stamp(client)
    assert first == AT
    rows.change(["ann"], buys("tea", AT - timedelta(days=2)))
    assert stamp(client) == AT + history_rows.TICK
    rows.change(["ann"], buys("bagel"), AT + timedelta(days=1))
    assert stamp(client) == AT + timedelta(days=1)


def stamp(client):
    said = client.hget(entity_key("daypart", "user_id", "ann"), STAMP)
    return Timestamp.FromString(said).ToDatetime(UTC)


def test_numbers_of_a_history_keep_their_kinds(rows):
    rows.change(["ann"], buys("latte"))
    seen = []
    rows.change(["ann"], lambda _, history: seen.append(history) or history)
    assert (seen[0].counts.dtype, seen[0].last_at_s.dtype) == (np.float32, np.int64)


def test_an_empty_row_goes_and_one_that_says_something_or_was_replaced_meanwhile_stays(client):
    def from_empty(rows):
        return [one_of(values) if values[0] else History.empty() for values in rows]

    rows = HistoryRows(client, "daypart", Kind(("said",), to_bytes, from_empty))
    rows.change(["ann"], buys("tea"))
    rows.change(["bob", "eve"], lambda *_: History.empty())
    assert rows.told_of(["ann", "bob", "eve", "zoe"]) == ["ann", "bob", "eve"]
    assert rows.drop_empty(["ann", "bob", "zoe"]) == 1
    with pytest.MonkeyPatch.context() as overtaken:
        read = HistoryRows._read

        def slow(self, users):
            found = read(self, users)
            overtaken.undo()
            rows.change(users, buys("tea"))
            return found

        overtaken.setattr(HistoryRows, "_read", slow)
        assert rows.drop_empty(["eve"]) == 0
    assert (rows.told_of(["ann", "bob", "eve"]), held(rows, "eve")) == (["ann", "eve"], ("tea",))
