"""Looks at a campaign, so that two of them never differ by one to nine people: until ten have changed, the old one is told.

A group's people are spread over buckets by a keyed hash, and each bucket keeps 16 bits of what stands in it. Whoever comes, goes,
changes sides or buys changes their own bucket alone, so as many people changed as buckets did, or more. A look is told when each
group changed by nobody or by ten or more against *every* look told before it: against the last alone, ten who go and come back
would uncover the one who went with them. Else the latest look that is too near is told again, as it was.

A file a campaign, a line a look. Nobody is named in it, and without the secret of the home nothing can be tried against it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from offers.errors import PlanError
from offers.lift_report import LiftReport, report_file
from offers.moments import MIN_PEOPLE

N_BUCKETS = 512
LOOKS = ".looks"
"""How the file's name ends; `daypart purge` leaves it."""
_BITS = "<u2"
_PLACE_BYTES, _KEPT_BYTES = 8, 2


@dataclass(frozen=True)
class Group:
    """Some people at a look. `enough`: ten or more of them. `digest`: hexadecimal, little-endian uint16[N_BUCKETS]."""

    enough: bool
    digest: str


@dataclass(frozen=True)
class Look:
    """What was told, as JSON, and of whom by groups: "everyone treated" and so on."""

    groups: dict[str, Group]
    report: msgspec.Raw


_NOBODY = Group(False, bytes(2 * N_BUCKETS).hex())


def group(people: Iterable[tuple[str, str]], secret: bytes) -> Group:
    """Of (person, all that the report reads of them) in any order, each person once. secret: 64 bytes at most."""
    kept = np.zeros(N_BUCKETS, dtype=_BITS)
    n = 0
    for person, what in people:
        place = int.from_bytes(hashlib.blake2b(person.encode(), digest_size=_PLACE_BYTES, key=secret).digest())
        said = hashlib.blake2b(f"{person}\0{what}".encode(), digest_size=_KEPT_BYTES, key=secret).digest()
        kept[place % N_BUCKETS] ^= int.from_bytes(said, "little")
        n += 1
    return Group(n >= MIN_PEOPLE, kept.tobytes().hex())


def told_again(home: Path, campaign_id: str, groups: dict[str, Group]) -> LiftReport | None:
    """The latest report told of people who are nearly these, or these; None when this look may be told.

    Looks at other groups, as before anybody was decided, are of other people. Raises PlanError when the file is damaged.
    """
    looks = [look for look in read(looks_file(home, campaign_id)) if look.groups.keys() == groups.keys()]
    near = (look.report for look in reversed(looks) if is_near(look.groups, groups) or is_same(look.groups, groups))
    found = next(near, None)
    return None if found is None else msgspec.json.decode(found, type=LiftReport)


def read(path: Path) -> list[Look]:
    """The looks in a file, the oldest first. Raises PlanError when it is damaged."""
    try:
        # What stands behind the last line's end was being written when its process died, and was never told.
        return [msgspec.json.decode(line, type=Look) for line in path.read_bytes().split(b"\n")[:-1]]
    except FileNotFoundError:
        return []
    except (msgspec.DecodeError, OSError) as error:
        raise PlanError(f"{path}: can't be read ({error}); without it one person could be told: restore it") from None


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the file of looks: whoever looks at the same moment waits, and sees this look. The kernel frees it if we die."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remember(path: Path, groups: dict[str, Group], report: object) -> None:
    """Write down that it is told, before it is. report: whatever msgspec makes JSON of."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(path.read_bytes().rfind(b"\n") + 1)
        file.write(msgspec.json.encode(Look(groups, msgspec.Raw(msgspec.json.encode(report)))) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def looks_file(home: Path, campaign_id: str) -> Path:
    """Where the looks at a campaign's lift stand."""
    return report_file(home, campaign_id).with_suffix(LOOKS)


def is_near(one: dict[str, Group], other: dict[str, Group]) -> bool:
    """Whether some group differs by one to nine people."""
    return any(0 < n < MIN_PEOPLE for n in _changes(one, other))


def is_same(one: dict[str, Group], other: dict[str, Group]) -> bool:
    """Whether nobody differs, and somebody could be told of."""
    changed = _changes(one, other)
    return bool(changed) and not any(changed)


def _changes(one: dict[str, Group], other: dict[str, Group]) -> list[int]:
    """People who differ, by group; one too small to be told of at both looks says nothing."""
    pairs = [(one.get(name, _NOBODY), other.get(name, _NOBODY)) for name in sorted(one.keys() | other.keys())]
    return [_n_changed(*pair) for pair in pairs if pair[0].enough or pair[1].enough]


def _n_changed(one: Group, other: Group) -> int:
    """People who differ, at the least."""
    first, second = (np.frombuffer(bytes.fromhex(each.digest), dtype=_BITS) for each in (one, other))
    return int((first != second).sum())
