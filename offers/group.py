"""Group commit: calls that come while a transaction runs go into the next one together.

The first caller who finds nobody at work carries out what is waiting, his own act first; when he is through, the first of those
who came meanwhile does the same. So one caller alone waits for nobody, and a hundred share one lock, one set of
statements and one flush (DeWitt et al. 1984, "Implementation techniques for main memory database systems", section 5).

Callers are threads (`do`), or coroutines of an event loop (`begin`), which must not wait: one thread, kept for that alone so
that nobody can occupy it, leads for them, and one message to their loop tells all of a group. Both meet in the same groups.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from offers.acts import Act
from offers.answers import Answer, KeyInFlight, KeyReused
from offers.database import LedgerError

MOST = 256
"""Acts in one transaction: others wait no longer than that many take."""
Result = Answer | KeyReused


class _Waiting:
    """An act on its way; its thread waits at the gate until there is a result, or until it is its turn to lead."""

    __slots__ = ("act", "gate", "result")

    def __init__(self, act: Act) -> None:
        self.act = act
        self.gate = threading.Lock()
        self.gate.acquire()
        self.result: Result | BaseException | None = None


class _Awaited:
    """An act whose caller awaits the future; the group's own thread leads in its place."""

    __slots__ = ("act", "future", "result")

    def __init__(self, act: Act, future: asyncio.Future[Answer]) -> None:
        self.act, self.future = act, future
        self.result: Result | BaseException | None = None


class Group:
    """Shared by the threads and event loops of a process."""

    def __init__(self, carry_out: Callable[[Sequence[Act]], Sequence[Result]]) -> None:
        """`carry_out` does a group and gives one result each, in order."""
        self._carry_out = carry_out
        self._lock = threading.Lock()
        self._waiting: list[_Waiting | _Awaited] = []
        self._keys: set[str] = set()
        self._busy = False
        # Starts its thread when it first has work, and ends it with us.
        self._own = ThreadPoolExecutor(1, thread_name_prefix="group")

    def do(self, act: Act) -> Answer:
        """Carry the act out with whoever else is waiting. Raises KeyReused, KeyInFlight and what `carry_out` raises."""
        mine = _Waiting(act)
        if not self._enter(mine):
            mine.gate.acquire()
        if mine.result is None:
            self._lead()
        if isinstance(mine.result, Answer):
            return mine.result
        raise mine.result or RuntimeError("a group ended without a result for one of its acts")

    def begin(self, act: Act) -> asyncio.Future[Answer]:
        """`do` from an event loop: what it gives and raises comes by the future, but for KeyInFlight, raised at once."""
        loop = asyncio.get_running_loop()
        mine = _Awaited(act, loop.create_future())
        if self._enter(mine):
            # Who else is ready in this turn of the loop comes along.
            loop.call_soon(self._own.submit, self._lead)
        return mine.future

    def _enter(self, mine: _Waiting | _Awaited) -> bool:
        """Queue up; whether nobody is at work, so that it is this one's turn to lead."""
        key = mine.act.key
        with self._lock:
            if key is not None:
                if key in self._keys:
                    raise KeyInFlight(f"idempotency key {key!r} is being worked on; ask again in a moment")
                self._keys.add(key)
            self._waiting.append(mine)
            leads, self._busy = not self._busy, True
        return leads

    def _lead(self) -> None:
        """Carry out what waits, the leader's own act first, tell them, and let the next one lead."""
        with self._lock:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        results = self._results([one.act for one in group])
        with self._lock:
            for one, result in zip(group, results, strict=True):
                one.result = result
                self._keys.discard(one.act.key or "")
            heir = self._waiting[0] if self._waiting else None
            self._busy = heir is not None
        if isinstance(heir, _Waiting):
            heir.gate.release()
        _tell(group)
        if isinstance(heir, _Awaited):
            self._own.submit(self._lead)

    def _results(self, acts: Sequence[Act]) -> Sequence[Result | BaseException]:
        try:
            return self._carry_out(acts)
        except LedgerError as error:
            return [error] * len(acts)
        except Exception as error:
            # One act that nobody foresaw must not take its neighbours down: nothing was stored, so each goes alone.
            return [error] if len(acts) == 1 else [self._results([act])[0] for act in acts]
        except BaseException as error:
            return [error] * len(acts)


def _tell(group: Sequence[_Waiting | _Awaited]) -> None:
    of_loops: dict[asyncio.AbstractEventLoop, list[_Awaited]] = {}
    for one in group:
        if isinstance(one, _Waiting):
            one.gate.release()
        else:
            of_loops.setdefault(one.future.get_loop(), []).append(one)
    for loop, some in of_loops.items():
        # A loop that was closed meanwhile has nobody left to tell.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, some)


def _settle(some: Sequence[_Awaited]) -> None:
    for one in some:
        if one.future.done():  # its caller left
            continue
        if isinstance(one.result, Answer):
            one.future.set_result(one.result)
        else:
            one.future.set_exception(one.result or RuntimeError("a group ended without a result for one of its acts"))
