import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from datetime import timedelta, timezone

import pytest

from offers.book import Line
from offers.till_file import Payment, TillFile, TillFileError
from tests.offers.token_world import AT

LINES = (Line("latte", 2, 450, 50), Line("烤面包"))


def payment(number, **changes):
    plain = {
        "store_id": "soho", "till_id": "t1", "lease_id": "l1", "offer_id": f"off_{number}", "product_id": "latte",
        "discount_cents": 100, "floor_cents": 300, "token": "a.b.c", "order_id": f"o{number}", "till_time": AT,
        "lines": LINES,
    }  # fmt: skip
    return Payment(**{**plain, **changes})


def kept(path):
    file = TillFile(path)
    try:
        return list(file.payments)
    finally:
        file.close()


@pytest.fixture
def three(tmp_path):
    path = tmp_path / "till.jsonl"
    file = TillFile(path)
    for number in range(3):
        file.append(payment(number))
    file.close()
    return path


def test_payments_come_back_in_order_and_whole(three):
    assert kept(three) == [payment(0), payment(1), payment(2)]


def test_a_line_is_json_anyone_reads(three):
    told = json.loads(three.read_text("utf-8").splitlines()[2])
    assert told["till_time"] == "2025-11-04T13:05:00Z"
    assert told["lines"] == [asdict(line) for line in LINES]


def test_the_tills_own_zone_and_microseconds_are_kept(tmp_path):
    there = AT.astimezone(timezone(timedelta(hours=-5))) + timedelta(microseconds=1)
    file = TillFile(tmp_path / "f")
    file.append(payment(1, till_time=there))
    file.close()
    assert kept(tmp_path / "f")[0].till_time.isoformat() == "2025-11-04T08:05:00.000001-05:00"


def test_a_line_torn_at_any_byte_is_cut_off_and_the_file_goes_on(three, monkeypatch):
    # The disk isn't what is tried here, and waiting for it 200 times is slow.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    whole = three.read_bytes()
    second = whole.rindex(b"\n", 0, -1) + 1
    for end in range(second, len(whole)):
        three.write_bytes(whole[:end])
        file = TillFile(three)
        assert file.payments == [payment(0), payment(1)]
        assert three.stat().st_size == second
        file.append(payment(7))
        file.close()
        assert kept(three) == [payment(0), payment(1), payment(7)]


@pytest.mark.parametrize(
    "tail", [b"\0" * 4096, b"\0" * 4095 + b"\n", b"\0" * 9 + b'"}\n', b"\xff\r\x85", b"}", b'{"a":1}']
)
def test_whatever_a_power_cut_left_behind_the_last_line(three, tail):
    with three.open("ab") as file:
        file.write(tail)
    assert len(kept(three)) == 3
    assert three.read_bytes().endswith(b"}\n")


@pytest.mark.parametrize("line", range(3))
@pytest.mark.parametrize(
    "change",
    [(b"{", b"["), (b'"floor_cents":300', b'"floor_cents":"x"'), (b":100", b":-10"), (b"05:00Z", b"05:0000"),
     (b'"token"', b'"takon"'), (b"latte", b"l\xfftte"), (b"05:00Z", b"05:00"), (b'"lines"', b'"more":1,"lines"')],
)  # fmt: skip
def test_damage_is_refused_and_left_as_it_is(three, line, change):
    lines = three.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(*change)
    three.write_bytes(b"".join(lines))
    with pytest.raises(TillFileError, match=f"till.jsonl: line {line + 1} is damaged; "):
        TillFile(three)
    assert three.read_bytes() == b"".join(lines)


def test_zeros_before_the_last_line_are_damage(three):
    lines = three.read_bytes().splitlines(keepends=True)
    three.write_bytes(lines[0] + b"\0" * 9 + b"\n" + lines[2])
    with pytest.raises(TillFileError, match="line 2 is damaged"):
        TillFile(three)


def test_a_payment_is_on_the_disk_before_append_returns(tmp_path, monkeypatch):
    path, synced = tmp_path / "f", []
    file = TillFile(path)
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(path.read_bytes()), fsync(descriptor)))
    file.append(payment(1))
    assert len(synced) == 1
    assert synced[0] == path.read_bytes() != b""
    file.close()


@pytest.mark.parametrize("fault", ["fsync", "write", "short"])
def test_what_cant_be_stored_isnt_counted(three, monkeypatch, fault):
    file = TillFile(three)
    file.append(payment(3))
    fsync, write, before = os.fsync, os.write, three.read_bytes()

    def broken(*_):
        # Once: the taking back that follows goes well.
        monkeypatch.setattr(os, "fsync", fsync)
        raise OSError(5, "Input/output error")

    if fault == "short":
        monkeypatch.setattr(os, "write", lambda to, line: write(to, line[:20]))
    else:
        monkeypatch.setattr(os, fault, broken)
    with pytest.raises(TillFileError, match="can't be written"):
        file.append(payment(4))
    monkeypatch.undo()
    assert file.payments == [payment(number) for number in range(4)]
    assert three.read_bytes() == before
    with pytest.raises(TillFileError, match="is shut; open it again"):
        file.append(payment(5))
    assert kept(three) == file.payments


def test_a_disk_that_fails_for_good_leaves_a_line_that_counts_as_paid(three, monkeypatch):
    file = TillFile(three)

    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    monkeypatch.setattr(os, "ftruncate", broken)
    with pytest.raises(TillFileError, match="can't be written"):
        file.append(payment(4))
    monkeypatch.undo()
    # On the safe side: the lease is spent, though the customer was told nothing.
    assert [paid.offer_id for paid in kept(three)] == ["off_0", "off_1", "off_2", "off_4"]


def test_one_program_at_a_time(three):
    file = TillFile(three)
    with pytest.raises(TillFileError, match="another program has it open; stop that one first"):
        TillFile(three)
    file.close()
    file.close()
    assert len(kept(three)) == 3


def test_where_no_file_can_be(tmp_path):
    for path in (tmp_path, tmp_path / "none" / "f"):
        with pytest.raises(TillFileError, match="can't be opened"):
            TillFile(path)


def test_only_we_may_read_it(tmp_path):
    TillFile(tmp_path / "f").close()
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


PROGRAM = """
import sys
from pathlib import Path
from offers.till_file import TillFile
from tests.offers.test_till_file import payment
file = TillFile(Path(sys.argv[1]))
for number in range(100000):
    file.append(payment(number))
    print(number, flush=True)
"""


def test_killed_at_any_moment_nothing_answered_is_lost(tmp_path):
    path = tmp_path / "f"
    with subprocess.Popen([sys.executable, "-c", PROGRAM, path], stdout=subprocess.PIPE, text=True) as till:
        answered = [int(till.stdout.readline()) for _ in range(20)]
        till.send_signal(signal.SIGKILL)
        answered += [int(line) for line in till.stdout.read().split("\n") if line]
    assert till.returncode == -signal.SIGKILL
    assert answered == list(range(len(answered)))
    assert len(kept(path)) - len(answered) in (0, 1)
