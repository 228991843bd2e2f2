"""The lease of the online store: one server however many come, none when all have gone, nothing lost between."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import redis

import embedded.server
from embedded.lease import OnlineStoreError, connect, lease_online_store
from settings import Settings, SettingsError

ROOT = Path(__file__).resolve().parents[2]
# Leases the store of argv[1], says which server it got, and holds it until its input ends.
HOLDER = """
import sys
from pathlib import Path
from embedded import connect, lease_online_store
from settings import Settings
with lease_online_store(Settings(home=Path(sys.argv[1]))) as store:
    print(connect(store.url).info("server")["process_id"], flush=True)
    sys.stdin.read()
"""


class Holder:
    def __init__(self, home):
        command = [sys.executable, "-c", HOLDER, str(home)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def server(self):
        return int(self.process.stdout.readline())

    def leave(self):
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


def server_of(store):
    return connect(store.url).info("server")["process_id"]


def ended(pid):
    """Whether a process is gone, or dead and not yet buried by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_two_processes_starting_at_once_share_one_server(settings):
    holders = [Holder(settings.home), Holder(settings.home)]
    servers = {h.server() for h in holders}
    for h in holders:
        h.leave()
    assert len(servers) == 1
    assert ended(servers.pop())


def test_the_last_one_out_stops_it_and_data_survive(settings):
    with lease_online_store(settings) as store:
        first = server_of(store)
        with lease_online_store(settings) as inner:
            connect(inner.url).set("cup", "full")
        assert server_of(store) == first
    assert ended(first)
    with pytest.raises(redis.ConnectionError):
        connect(store.url).ping()
    with lease_online_store(settings) as store:
        assert server_of(store) != first
        assert connect(store.url).get("cup") == b"full"


def test_a_killed_holder_leaves_a_server_that_the_next_adopts(settings):
    holder = Holder(settings.home)
    orphan = holder.server()
    holder.process.kill()
    holder.process.communicate()
    with lease_online_store(settings) as store:
        assert server_of(store) == orphan
    assert ended(orphan)


def test_a_killed_server_is_replaced_and_its_users_find_the_successor(settings):
    with lease_online_store(settings) as old:
        killed = server_of(old)
        os.kill(killed, 9)
        with lease_online_store(settings) as new:
            assert server_of(new) != killed
            assert server_of(old) == server_of(new)


def test_a_forked_worker_takes_its_own_lease_and_never_the_parents(settings):
    with lease_online_store(settings) as store:
        mine = server_of(store)
        child = os.fork()
        if child == 0:
            try:
                with lease_online_store(settings) as own:
                    code = 0 if server_of(own) == mine else 1
            except BaseException:
                code = 2
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert server_of(store) == mine


def test_a_fork_that_leaves_the_parents_block_stops_nothing(settings):
    lease = lease_online_store(settings)
    store = lease.__enter__()
    child = os.fork()
    if child == 0:
        lease.__exit__(None, None, None)
        os._exit(0)
    os.waitpid(child, 0)
    assert connect(store.url).ping()
    lease.__exit__(None, None, None)


def test_dead_socket_file_is_replaced(settings):
    online = settings.home / "online"
    online.mkdir(parents=True)
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(online / "valkey.sock"))
    dead.close()
    with lease_online_store(settings) as store:
        assert connect(store.url).ping()


def test_a_foreign_server_at_our_socket_is_not_mistaken_for_ours(settings):
    online = settings.home / "online"
    online.mkdir(parents=True)
    heard = []
    with socket.socket(socket.AF_UNIX) as foreign:
        foreign.bind(str(online / "valkey.sock"))
        foreign.listen()
        thread = threading.Thread(target=lambda: heard.append(foreign.accept()), daemon=True)
        thread.start()
        with lease_online_store(settings) as store:
            assert connect(store.url).config_get("dir")["dir"] == str(online)
        assert heard == []


def test_a_living_server_that_cannot_be_found_is_an_error_not_a_second_server(settings, monkeypatch):
    monkeypatch.setattr(embedded.server, "START_TIMEOUT_S", 0.2)
    with lease_online_store(settings):
        known = settings.home / "online" / "server.json"
        content = known.read_text()
        for damage in ("", "{}", "[1]"):
            known.write_text(damage)
            with pytest.raises(OnlineStoreError, match=r"does not answer .*; see valkey\.log there"), \
                    lease_online_store(settings):  # fmt: skip
                pass
        known.write_text(content)


def test_a_home_removed_meanwhile_leaves_no_server_behind(settings):
    with lease_online_store(settings) as store:
        server = server_of(store)
        shutil.rmtree(settings.home)
    assert ended(server)
    with lease_online_store(settings) as store:
        assert connect(store.url).ping()


def test_a_server_that_cannot_save_says_so_and_keeps_what_it_holds(settings):
    dump = settings.home / "online" / "dump.rdb"
    lease = lease_online_store(settings)
    store = lease.__enter__()
    connect(store.url).set("cup", "full")
    dump.mkdir()
    with pytest.raises(OnlineStoreError, match="could not save") as caught:
        lease.__exit__(None, None, None)
    assert "\n" not in str(caught.value)
    dump.rmdir()
    with lease_online_store(settings) as again:
        assert again.url == store.url
        assert connect(again.url).get("cup") == b"full"


def test_the_password_is_told_to_nobody(settings):
    with lease_online_store(settings) as store:
        password = store.url.partition("unix://:")[2].partition("@")[0]
        assert len(password) == 32
        assert password not in repr(store)
        assert password not in Path(f"/proc/{server_of(store)}/cmdline").read_text()
        with pytest.raises(redis.AuthenticationError):
            connect(store.url.replace(password, "0" * 32)).ping()
    online = settings.home / "online"
    assert stat.S_IMODE(online.stat().st_mode) == 0o700
    assert stat.S_IMODE((online / "server.json").stat().st_mode) == 0o600


def test_a_home_too_long_for_a_socket(tmp_path):
    settings = Settings(home=tmp_path / ("long" * 30) / 'with "quotes", commas and spaces')
    with lease_online_store(settings) as store:
        found = Path(store.url.partition("@")[2])
        connect(store.url).set("cup", "full")
        assert len(os.fsencode(found)) <= 100
        assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700
    assert not found.parent.exists()
    with lease_online_store(settings) as store:
        assert connect(store.url).get("cup") == b"full"


def test_a_short_folder_open_to_others_is_refused(tmp_path, monkeypatch):
    settings = Settings(home=tmp_path / ("long" * 30))
    with lease_online_store(settings) as store:
        short = Path(store.url.partition("@")[2]).parent
    short.mkdir(mode=0o700)
    short.chmod(0o755)
    try:
        with pytest.raises(OnlineStoreError, match="not a private folder of ours"), lease_online_store(settings):
            pass
    finally:
        short.rmdir()


def test_a_home_that_is_a_file_is_one_plain_line(tmp_path):
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(OnlineStoreError, match="cannot start") as caught, lease_online_store(
        Settings(home=tmp_path / "home")
    ):  # fmt: skip
        pass
    assert "\n" not in str(caught.value)


def test_a_url_that_refuses_is_one_line_without_the_password(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"redis://barista:s3cret@127.0.0.1:{port}/2"
        with pytest.raises(OnlineStoreError) as caught, lease_online_store(replace(settings, redis_url=url)):
            pass
    line = str(caught.value)
    assert f"redis://127.0.0.1:{port}/2 does not answer" in line
    assert "s3cret" not in line
    assert "\n" not in line


def test_a_url_that_never_answers_is_tried_once(settings, silent):
    port, heard = silent
    url = f"redis://:s3cret@127.0.0.1:{port}/0"
    with pytest.raises(OnlineStoreError, match="does not answer") as caught, lease_online_store(
        replace(settings, redis_url=url)
    ):  # fmt: skip
        pass
    assert "s3cret" not in str(caught.value)
    assert len(heard) == 1


def test_a_client_sends_a_command_to_a_silent_server_once(silent):
    port, heard = silent
    with pytest.raises(redis.TimeoutError):
        connect(f"redis://127.0.0.1:{port}/0", timeout_s=0.05).decr("stock")
    assert len(heard) == 1


def test_a_url_that_answers_is_used_as_it_is(settings, tmp_path):
    with lease_online_store(settings) as own:
        given = replace(settings, home=tmp_path / "elsewhere", redis_url=own.url)
        with lease_online_store(given) as store:
            assert store.url == own.url
        assert not (tmp_path / "elsewhere").exists()
        assert connect(own.url).ping()


@pytest.mark.parametrize("url", ["localhost:6379", "http://host", "redis://host:port/0", "redis://[::1]:6379/0"])
def test_a_url_feast_cannot_take_is_refused(settings, url):
    with (
        pytest.raises(SettingsError, match="setting 'redis_url'"),
        lease_online_store(replace(settings, redis_url=url)),
    ):
        pass
