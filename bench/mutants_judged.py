"""Mutants put to the rules' tests, each in a process of its own that holds the mutant in place of the page.

The tests are collected once; then a process is forked for each mutant, makes the mutated page and those that read it anew, runs
the tests until one fails, and ends. So a mutant costs its tests and little else, nothing on the disk changes, and
several are judged at once.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = tuple(f"offers/{name}.py" for name in ("basket", "eligibility", "limits", "outcome", "ledger"))
"""Each reads only those before it."""
TESTS = tuple(f"tests/offers/test_{name}.py" for name in ("details", "outcome", "eligibility", "ledger", "basket"))
"""Pure: no database, no network, seconds; the slow ones last."""
LIMIT_S = 120
_MEMORY = 4 << 30
Judged = tuple[int, bool]
"""(place of the mutant, whether every test still passed)."""


class Judge:
    """Runs in place of the tests that pytest has collected. `judged` holds the outcomes, in the order in which they came."""

    def __init__(self, mutants: Sequence[tuple[str, str]], at_once: int) -> None:
        """`mutants`: (page, its source) each."""
        self._mutants, self._at_once = mutants, at_once
        self.judged: list[Judged] = []

    def pytest_runtestloop(self, session: Any) -> bool:
        """Judge all of them, and tell pytest that nothing is left to run."""
        for one in self._outcomes(session):
            self.judged.append(one)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{len(self.judged)} of {len(self._mutants)}")
        return True

    def _outcomes(self, session: Any) -> Iterator[Judged]:
        running: dict[int, int] = {}
        # What is never looked at again isn't copied for each of them.
        gc.freeze()
        for place, (page, source) in enumerate(self._mutants):
            if len(running) >= self._at_once:
                yield _ended(running)
            process = os.fork()
            if not process:
                _judge(session, page, source)
            running[process] = place
        while running:
            yield _ended(running)


def judge(mutants: Sequence[tuple[str, str]], at_once: int) -> list[Judged]:
    """The outcomes of (page, source) each. Raises RuntimeError when the tests can't be collected."""
    import pytest

    judges = Judge(mutants, at_once)
    plain = ["-c", os.devnull, "--rootdir", str(ROOT), "--noconftest", "-p", "no:cacheprovider", "-q", "-s"]
    pytest.main([*plain, *(str(ROOT / test) for test in TESTS)], plugins=[judges])
    if len(judges.judged) < len(mutants):
        raise RuntimeError("the rules' tests can't be collected; run make test")
    return judges.judged


def _ended(running: dict[int, int]) -> Judged:
    process, status = os.wait()
    return running.pop(process), status == 0


def _judge(session: Any, page: str, source: str) -> None:
    """In the child: run the tests until one fails, and leave, never to come back."""
    code = 1
    try:
        # A mutant may never end, or fill the memory.
        signal.alarm(LIMIT_S)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        put_in_place(page, source)
        for item in session.items:
            # Called plainly, as none of them has a fixture: that is a tenth of the cost.
            item.obj(**(item.callspec.params if hasattr(item, "callspec") else {}))
        code = 0
    except BaseException:
        code = 1
    finally:
        os._exit(code)


def put_in_place(page: str, source: str) -> None:
    """Make the page from `source`, make those that read it anew, and give everybody who holds something of theirs the new one."""
    for name in PAGES[PAGES.index(page) :]:
        module = name.removesuffix(".py").replace("/", ".")
        old, new = sys.modules[module], ModuleType(module)
        new.__dict__.update(__file__=old.__file__, __package__="offers")
        sys.modules[module] = new
        text = source if name == page else (ROOT / name).read_text("utf-8")
        exec(compile(text, str(ROOT / name), "exec"), new.__dict__)
        # A name that is gone is a KeyError here as it would be an ImportError there.
        swapped = {id(old): new} | {id(value): new.__dict__[key] for key, value in _own(old)}
        for holder in [one for key, one in sys.modules.items() if key.split(".")[0] in ("offers", "tests")]:
            if holder not in (old, new):
                for key, value in list(holder.__dict__.items()):
                    if id(value) in swapped:
                        setattr(holder, key, swapped[id(value)])


def _own(module: ModuleType) -> list[tuple[str, Any]]:
    """What is made on the page: functions, classes, and the values of its own names that nobody else could have made."""
    made = [(key, value) for key, value in vars(module).items() if not key.startswith("_")]
    plain = (int, str, bool, type(None), ModuleType)
    return [
        (key, value)
        for key, value in made
        if getattr(value, "__module__", module.__name__) == module.__name__ and not isinstance(value, plain)
    ]
