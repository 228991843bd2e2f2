"""The online store: an embedded Valkey leased by whoever uses it, or a Redis reached by URL.

Files in `home/online` (mode 0700), beside the server's own:
`start.lock`   held while somebody starts, adopts or stops the server: one at a time;
`users.lock`   held shared by every user; who gets it alone on leaving was the last, saves and stops the server.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import redis

from embedded.feast_config import connection_string
from embedded.server import ServerFault, reach, started, stop
from settings import Settings

READ_TIMEOUT_S = 0.05
PING_TIMEOUT_S = 0.5
BULK_TIMEOUT_S = 60.0


class OnlineStoreError(Exception):
    """The online store cannot be started or reached. One plain line, without its password."""


@dataclass(frozen=True)
class OnlineStore:
    """A reachable store."""

    # It carries the password, so it is not shown.
    url: str = field(repr=False)
    """For `connect`."""

    @property
    def connection_string(self) -> str:
        """For Feast when serving: no retry, 50 ms timeouts."""
        return connection_string(self.url, READ_TIMEOUT_S)

    @property
    def bulk_connection_string(self) -> str:
        """For Feast when materialising: no retry, a minute for one batch."""
        return connection_string(self.url, BULK_TIMEOUT_S)


def connect(url: str, timeout_s: float = PING_TIMEOUT_S) -> redis.Redis:
    """A client that never retries: a silent server must not receive one command eleven times."""
    return redis.Redis.from_url(url, retry=None, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)


@contextmanager
def lease_online_store(settings: Settings) -> Iterator[OnlineStore]:
    """The online store, for as long as the block runs. A forked child takes a lease of its own.

    Raises OnlineStoreError when it cannot be started, reached or (embedded, on leaving) saved, and SettingsError when
    `redis_url` is not usable.
    """
    if settings.redis_url:
        connection_string(settings.redis_url, READ_TIMEOUT_S)
        _require_answer(settings.redis_url)
        yield OnlineStore(settings.redis_url)
        return
    folder, owner = settings.home / "online", os.getpid()
    users, url = _join(folder)
    client = connect(url, BULK_TIMEOUT_S)
    try:
        client.ping()
        yield OnlineStore(url)
    finally:
        # A child forked inside the block shares our lock: giving it back there would stop the server under us.
        try:
            if os.getpid() == owner:
                _leave(folder, users, client)
        finally:
            client.close()
            os.close(users)


def revive(settings: Settings) -> bool:
    """Start the embedded store anew if it died under its users; whether it was started. Raises OnlineStoreError."""
    with _starting(folder := settings.home / "online"), _alone(folder):
        return started(folder)


@contextmanager
def answering() -> Iterator[None]:
    """For who asks the store itself: what its client raises inside becomes an OnlineStoreError of one line."""
    try:
        yield
    except redis.RedisError as error:
        raise OnlineStoreError(f"the online store does not answer ({type(error).__name__})") from None


def _join(folder: Path) -> tuple[int, str]:
    """(descriptor holding our share of `users.lock`, URL of the running server)."""
    with _starting(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        users = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with _alone(folder):
                fcntl.flock(users, fcntl.LOCK_SH)
                return users, reach(folder, connect)
        except BaseException:
            os.close(users)
            raise


@contextmanager
def _starting(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ServerFault) as fault:
        why = fault if isinstance(fault, ServerFault) else f"{folder}: the embedded online store cannot start ({fault})"
        raise OnlineStoreError(str(why)) from None


def _leave(folder: Path, users: int, client: redis.Redis) -> None:
    with _alone(folder) if folder.exists() else nullcontext():
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            stop(folder, client)
        except ServerFault as fault:
            raise OnlineStoreError(str(fault)) from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _require_answer(url: str) -> None:
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    try:
        with connect(url) as client:
            client.ping()
    except (redis.RedisError, TypeError) as error:
        raise OnlineStoreError(f"online store {where} does not answer ({error}); check setting 'redis_url'") from None
