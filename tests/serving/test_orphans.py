import ctypes
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
