"""Lists of protocol buffers as serialisers write them, those of several rows read in one pass.

What is written in another way that a parser would read, or would refuse, is told as odd and left to it. The encoding:
protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from models.packed import LONGEST, WORD, Packed

ENTRY = b"\x0a"
"""The tag of field 1, length-delimited: `val` of Feast's lists."""
# Row b keeps of the first b bytes of a word the seven bits that are a number's; then what lies between neighbours is taken out:
# of a higher one, shifted down, as much as it stands too high.
_KEPT = np.array([0x7F7F7F7F7F7F7F7F & ((1 << 8 * b) - 1) for b in range(WORD + 1)], np.uint64)
_FOLDS = tuple(
    (np.uint64(high), np.uint64(shift), np.uint64((1 << shift) - 1))
    for high, shift in ((0x7F007F007F007F00, 1), (0x3FFF00003FFF0000, 2), (0x0FFFFFFF00000000, 4))
)


class Numbers(NamedTuple):
    """Of several parts end to end: part p's are values[bounds[p]:bounds[p + 1]], if no part is odd."""

    values: np.ndarray
    """int64[m]."""
    bounds: list[int]
    odd: set[int]
    """Parts that are no such list."""


class Entries(NamedTuple):
    """Texts of several parts, otherwise the same."""

    ids: Packed
    lengths: np.ndarray
    """int64[m]: bytes."""
    bounds: list[int]
    odd: set[int]


@lru_cache(maxsize=4096)
def head(tags: tuple[bytes, ...], size: int) -> bytes | None:
    """How `size` bytes begin: each tag and the length of what follows it. None where that can't be of this size."""
    found = b""
    for tag in tags:
        left = size - len(found) - len(tag)
        lengths = (varint(left - width) for width in range(1, min(left, 5) + 1))
        length = next((told for width, told in enumerate(lengths, 1) if len(told) == width), None)
        if length is None:
            return None
        found += tag + length
    return found


def varint(number: int) -> bytes:
    """A number from 0 on, seven bits a byte, the least first."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes((*found, number))


def numbers(parts: Sequence[bytes]) -> Numbers:
    """Varints of packed lists. Odd: a part that is empty or torn, or has a number of more than eight bytes (a negative one has
    ten)."""
    text, marks = b"".join(parts), [0, *accumulate(map(len, parts))]
    ends = (np.frombuffer(text, np.uint8) < 128).nonzero()[0]
    starts = np.zeros(len(ends) + 1, np.int64)
    np.add(ends, 1, out=starts[1:])
    widths = starts[1:] - starts[:-1]
    bounds = starts.searchsorted(marks)
    odd = {part for part, (start, end) in enumerate(pairwise(marks)) if start == end or text[end - 1] > 127}
    odd |= _parts_of(bounds, widths > WORD)
    words = np.ndarray((len(text) + 1,), "<u8", text + bytes(WORD), strides=(1,))[starts[:-1]]
    words &= _KEPT.take(widths, mode="clip")
    for high, shift, too_high in _FOLDS:
        words -= ((words & high) >> shift) * too_high
    return Numbers(words.view(np.int64), bounds.tolist(), odd)


def entries(parts: Sequence[bytes]) -> Entries:
    """Lists of texts. Odd: a part that is empty or torn, is no UTF-8, or has a text that isn't `Packed`'s kind."""
    text, marks = b"".join((*parts, b"\0")), [0, *accumulate(map(len, parts))]
    raw = np.frombuffer(text, np.uint8)
    # A length of ten looks like a tag, but follows one; bytes of a text that do so too break the chain.
    is_start = raw == ENTRY[0]
    is_start[1:] &= ~is_start[:-1]
    is_start[marks] = True
    starts = is_start.nonzero()[0]
    starts, ends = starts[:-1] + 2, starts[1:]
    lengths, told = ends - starts, raw.take(starts - 1)
    bounds = ends.searchsorted(marks, "right")
    odd = {part for part, (start, end) in enumerate(pairwise(marks)) if start == end or text[start] != ENTRY[0]}
    odd |= _parts_of(bounds, (told != lengths) | (told > LONGEST))
    if not text.isascii() or text.find(0) < marks[-1]:  # a NUL may be the length of an empty text
        odd.update(part for part, body in enumerate(parts) if not _is_text(body))
    if odd:
        starts = lengths = lengths[:0]
    return Entries(Packed.cut(text, starts, lengths), lengths, bounds.tolist(), odd)


def _parts_of(bounds: np.ndarray, which: np.ndarray) -> set[int]:
    """The parts in which bool[m] holds somewhere."""
    if not np.count_nonzero(which):
        return set()
    return set((bounds.searchsorted(which.nonzero()[0], "right") - 1).tolist())


def _is_text(part: bytes) -> bool:
    """Tags and lengths are ASCII, so that no character goes over an end."""
    try:
        return "\0" not in part.decode()
    except UnicodeDecodeError:
        return False
