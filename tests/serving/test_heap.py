import ctypes
import platform

import pytest

from serving import heap
from serving.beat import resident_bytes
from serving.heap import trim

BLOCK, N_BLOCKS = 64 << 10, 2048


@pytest.fixture
def anew():
    heap._malloc_trim.cache_clear()
    yield
    heap._malloc_trim.cache_clear()


def test_what_is_freed_below_what_is_held_goes_back(anew):
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("this C library doesn't give back")
    # Smaller than what malloc maps for itself; the last stays, so that nothing ends at the heap's end.
    blocks = [ctypes.create_string_buffer(BLOCK) for _ in range(N_BLOCKS)]
    held, full = blocks[-1], resident_bytes()
    del blocks
    assert trim()
    assert resident_bytes() < full - BLOCK * N_BLOCKS * 3 // 4
    assert len(held) == BLOCK


@pytest.mark.parametrize("error", [AttributeError("malloc_trim"), OSError("no library")])
def test_where_the_library_cannot_nothing_is_done(anew, monkeypatch, error):
    def refuse(name):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert not trim()
