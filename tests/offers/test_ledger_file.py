import os
import shutil
import threading

import pytest

from offers.database import LedgerError, connect, transaction
from offers.ledger_file import LedgerFile

ONE = "INSERT INTO t VALUES (1)"


@pytest.fixture
def ledger(tmp_path):
    """(engine, path) of a ledger with a table to write into."""
    engine, path = connect(f"sqlite:///{tmp_path / 'ledger.db'}"), tmp_path / "ledger.db"
    with transaction(engine, write=True) as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
    yield engine, path
    engine.dispose()


def move_away(path, to):
    to.mkdir()
    for file in path.parent.glob("ledger.db*"):
        file.rename(to / file.name)


def rows(engine):
    with transaction(engine, write=False) as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM t").scalar()


def write(engine):
    with transaction(engine, write=True) as connection:
        connection.exec_driver_sql(ONE)


@pytest.mark.parametrize("act", [rows, write])
def test_a_file_that_was_moved_away_is_a_ledger_that_is_away_and_nothing_is_made_in_its_place(ledger, tmp_path, act):
    engine, path = ledger
    move_away(path, tmp_path / "elsewhere")
    for _ in range(3):
        with pytest.raises(LedgerError, match="no longer there; put it back") as error:
            act(engine)
        assert "\n" not in str(error.value)
    engine.dispose()  # nor by a connection that is made anew
    with pytest.raises(LedgerError, match="no longer there"):
        act(engine)
    assert not path.exists()


@pytest.mark.parametrize("disposed", [False, True])
def test_another_file_in_its_place_is_not_taken_for_it(ledger, tmp_path, disposed):
    engine, path = ledger
    copy = tmp_path / "copy.db"
    with transaction(engine, write=False) as connection:
        connection.exec_driver_sql("SELECT 1")
    shutil.copy(path, copy)
    os.replace(copy, path)
    if disposed:
        engine.dispose()
    with pytest.raises(LedgerError, match="no longer there"):
        write(engine)


def test_put_back_it_goes_on_as_before(ledger, tmp_path):
    engine, path = ledger
    write(engine)
    move_away(path, away := tmp_path / "elsewhere")
    with pytest.raises(LedgerError):
        write(engine)
    for file in away.iterdir():
        file.rename(path.parent / file.name)
    write(engine)
    assert rows(engine) == 2


def test_what_was_committed_into_a_file_that_is_gone_was_not_done(ledger, tmp_path):
    engine, path = ledger

    def write_and_lose_it():
        with transaction(engine, write=True) as connection:
            connection.exec_driver_sql(ONE)
            move_away(path, tmp_path / "elsewhere")

    with pytest.raises(LedgerError, match="no longer there"):
        write_and_lose_it()


def test_many_threads_see_the_same(ledger, tmp_path):
    engine, path = ledger
    move_away(path, tmp_path / "elsewhere")
    found = []

    def ask():
        try:
            rows(engine)
        except LedgerError as error:
            found.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all("no longer there" in line for line in found)


def test_a_ledger_in_memory_has_no_file_to_be_looked_for():
    file = LedgerFile("")
    file.remember()
    file.check()
