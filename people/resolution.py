"""Who is who: from all the evidence to one person a group of identities. Pure; a function of the set of links, whatever their
order.

1. A link joins its two ends, unless a rule of `people.evidence` says that the two sides contradict each other. Then it waits
   in the queue with its reason, and nothing is guessed.
2. Links are taken in the order of the moments they count from (`people.evidence.since_us`), so what was believed stays believed
   and the newcomer waits; ties by `tie`.
3. What an operator accepted is true: it joins first and against any rule, and older links are judged beside it. What an
   operator rejected joins nothing.
4. A rejection sets nothing free: what waits if nobody had rejected anything waits until an operator rules on it itself. That one
   of two who told of a phone was wrong doesn't make the other right.
5. A person is named by their oldest account: ids of the merchant before apps before anything else, then who was seen first, then
   the smaller node (nodes are numbered in the order of their references).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from people.components import Ints, components
from people.evidence import (
    ACCEPTED,
    CLAIMED_TWICE,
    CODES,
    EXCLUSIVE,
    FORGOTTEN,
    JOINED,
    RANKS,
    RECEIPT,
    REFUSED,
    REJECTED,
)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Evidence:
    """N nodes in the order of their references, L links between them. `left` = `right` says only that a node was seen."""

    kind: Bytes
    """uint8[N]: place in `people.evidence.CODES`."""
    first_us: Ints
    """int64[N]: microseconds from 1970, when the node was first seen."""
    left: Ints
    """int64[L]."""
    right: Ints
    """int64[L]."""
    since_us: Ints
    """int64[L]: the moments links count from."""
    tie: Ints
    """int64[L]: puts links of one such moment in an order, by what they state first; no two links alike."""
    ruling: Bytes
    """uint8[L]: 0, ACCEPTED, REJECTED or FORGOTTEN."""


@dataclass(frozen=True)
class Resolution:
    """`person`: int64[N], the node that names each node's person. `verdict`: uint8[L], a place in `people.evidence.VERDICTS`."""

    person: Ints
    verdict: Bytes


def resolve(evidence: Evidence) -> Resolution:
    """Groups and verdicts. All of it runs over whole arrays but for components in which something may contradict itself."""
    verdict = np.where(evidence.ruling == FORGOTTEN, REFUSED, JOINED).astype(np.uint8)
    label = _joined(evidence, verdict)
    if (rejected := evidence.ruling == REJECTED).any():
        # What waits by now keeps its verdict; the rest is joined anew without what was rejected.
        verdict[rejected] = REFUSED
        label = _joined(evidence, verdict)
    return Resolution(_named(evidence, label), verdict)


def _joined(evidence: Evidence, verdict: Bytes) -> Ints:
    """int64[N]: a node of each node's component, by the links that `verdict` has as joined; writes there which of them wait."""
    counts = verdict == JOINED
    label = components(len(evidence.kind), evidence.left[counts], evidence.right[counts])
    doubtful = _doubtful(evidence, label, counts)
    if doubtful.any():
        links = np.flatnonzero(counts & doubtful[label[evidence.left]])
        _one_by_one(evidence, links, np.flatnonzero(doubtful[label]), label, verdict)
    return label


def _doubtful(evidence: Evidence, label: Ints, counts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[N] by label: components that hold two of an exclusive kind, or a receipt that several links speak of."""
    n = len(label)
    doubtful = np.zeros(n, bool)
    for code in EXCLUSIVE:
        doubtful |= np.bincount(label[evidence.kind == code], minlength=n) > 1
    apart = counts & (evidence.left != evidence.right)
    spoken = np.zeros(n, np.int64)
    for side in (evidence.left, evidence.right):
        ends = side[apart]
        spoken += np.bincount(ends[evidence.kind[ends] == RECEIPT], minlength=n)
    doubtful[label[spoken > 1]] = True
    return doubtful


def _one_by_one(evidence: Evidence, links: Ints, nodes: Ints, label: Ints, verdict: Bytes) -> None:
    """Union-find over `links` in their order of precedence; writes `label` of `nodes` and `verdict` of `links`."""
    order = np.lexsort((evidence.tie[links], evidence.since_us[links], evidence.ruling[links] != ACCEPTED))
    links = links[order]
    place = {int(node): at for at, node in enumerate(nodes)}
    parent, sizes = list(range(len(nodes))), [1] * len(nodes)
    kinds: list[int] = evidence.kind[nodes].tolist()
    masks = [1 << kind if kind in EXCLUSIVE else 0 for kind in kinds]
    columns = (evidence.left[links], evidence.right[links], evidence.ruling[links] == ACCEPTED)
    found = np.zeros(len(links), np.uint8)
    for at, (left, right, accepted) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        a, b = place[left], place[right]
        x, y = sorted((_find(parent, a), _find(parent, b)))
        if x == y:
            continue
        claimed = any(kinds[end] == RECEIPT and sizes[_find(parent, end)] > 1 for end in (a, b))
        if not accepted and (both := masks[x] & masks[y]):
            found[at] = EXCLUSIVE[(both & -both).bit_length() - 1]
        elif not accepted and claimed:
            found[at] = CLAIMED_TWICE
        else:
            parent[y] = x
            masks[x] |= masks[y]
            sizes[x] += sizes[y]
    verdict[links] = found
    label[nodes] = nodes[[_find(parent, at) for at in range(len(nodes))]]


def _find(parent: list[int], at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


def _named(evidence: Evidence, label: Ints) -> Ints:
    """int64[N]: the oldest account of each node's component."""
    n = len(label)
    rank = np.array([RANKS[kind] for kind in CODES], np.int64)[evidence.kind]
    age = (rank << 60) | np.clip(evidence.first_us, 0, (1 << 60) - 1)
    oldest = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(oldest, label, age)
    best = np.flatnonzero(age == oldest[label])
    name = np.full(n, n)
    np.minimum.at(name, label[best], best)
    return name[label]
