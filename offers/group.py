"""Group commit: calls that come while a transaction runs go into the next one together.

The first caller who finds nobody at work carries out what is waiting, his own act first; when he is through, the first of those
who came meanwhile does the same. So one caller alone waits for nobody, and a hundred share one lock, one set of
statements and one flush (DeWitt et al. 1984, "Implementation techniques for main memory database systems", section 5).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from offers.acts import Act
from offers.answers import Answer, KeyInFlight, KeyReused
from offers.database import LedgerError

MOST = 128
"""Acts in one transaction: others wait no longer than that many take."""
Result = Answer | KeyReused


class _Waiting:
    __slots__ = ("act", "gate", "result")

    def __init__(self, act: Act) -> None:
        self.act = act
        self.gate = threading.Lock()
        self.gate.acquire()
        self.result: Result | BaseException | None = None


class Group:
    """Shared by the threads of a process."""

    def __init__(self, carry_out: Callable[[Sequence[Act]], Sequence[Result]]) -> None:
        """`carry_out` does a group and gives one result each, in order."""
        self._carry_out = carry_out
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._keys: set[str] = set()
        self._busy = False

    def do(self, act: Act) -> Answer:
        """Carry the act out with whoever else is waiting. Raises KeyReused, KeyInFlight and what `carry_out` raises."""
        mine = _Waiting(act)
        with self._lock:
            if act.key is not None:
                if act.key in self._keys:
                    raise KeyInFlight(f"idempotency key {act.key!r} is being worked on; ask again in a moment")
                self._keys.add(act.key)
            self._waiting.append(mine)
            leads, self._busy = not self._busy, True
        if not leads:
            mine.gate.acquire()
        if mine.result is None:
            self._lead()
        result = mine.result
        if isinstance(result, Answer):
            return result
        if result is None:
            raise RuntimeError("a group ended without a result for one of its acts")
        raise result

    def _lead(self) -> None:
        """Carry out what waits; the leader's own act is the first of it."""
        with self._lock:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        results = self._results([one.act for one in group])
        with self._lock:
            for one, result in zip(group, results, strict=True):
                one.result = result
                self._keys.discard(one.act.key or "")
            heir = self._waiting[0] if self._waiting else None
            self._busy = heir is not None
        if heir is not None:
            heir.gate.release()
        for one in group[1:]:
            one.gate.release()

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
