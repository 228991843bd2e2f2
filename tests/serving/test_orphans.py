import ctypes
import os
import sys

import bentoml
import pytest

from serving import orphans


class Kernel:
    def __init__(self):
        self.asked = []

    def prctl(self, *words):
        self.asked.append(words)


@pytest.mark.parametrize(("worker", "platform", "asks"), [(1, "linux", 1), (None, "linux", 0), (1, "darwin", 0)])
def test_only_a_worker_on_linux_asks_to_end_with_its_parent(monkeypatch, worker, platform, asks):
    kernel = Kernel()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: kernel)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(bentoml, "server_context", type("Context", (), {"worker_index": worker}))
    orphans.end_with_parent()
    assert len(kernel.asked) == asks


@pytest.mark.parametrize(("worker", "parent", "ends"), [(1, 70, False), (1, 1, True), (None, 1, False)])
def test_a_worker_whose_supervisor_died_while_it_started_ends_at_once(monkeypatch, worker, parent, ends):
    ended = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Kernel())
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(bentoml, "server_context", type("Context", (), {"worker_index": worker}))
    monkeypatch.setattr(os, "getppid", lambda: parent)
    monkeypatch.setattr(os, "_exit", ended.append)
    orphans.end_with_parent(70)
    assert ended == [0] * ends
    orphans.end_with_parent()
    assert ended == [0] * ends
