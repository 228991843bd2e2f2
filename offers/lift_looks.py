"""Looks at a campaign, so that two of them never differ by one to nine people: until ten have changed, the old one is told.

A group's people are spread over buckets by a keyed hash, and each bucket keeps 16 bits of what stands in it. Whoever comes, goes,
changes sides or buys changes their own bucket alone, so as many people changed as buckets did, or more. A look is told when each
group changed by nobody or by ten or more against *every* look told before it: against the last alone, ten who go and come back
would uncover the one who went with them. Else the latest look that is too near is told again, as it was.

A file a campaign, a line a look. Nobody is named in it, and without the secret of the home nothing can be tried against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
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
    """What was told, and of whom by groups: "everyone treated" and so on."""

    groups: dict[str, Group]
    report: LiftReport


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
    looks = [look for look in _looks(home, campaign_id) if look.groups.keys() == groups.keys()]
    return next((look.report for look in reversed(looks) if _near(look.groups, groups)), None)


def remember(home: Path, groups: dict[str, Group], report: LiftReport) -> None:
    """Write down that it was told."""
    path = looks_file(home, report.campaign_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(Look(groups, report)) + b"\n")


def looks_file(home: Path, campaign_id: str) -> Path:
    """Where the looks at a campaign stand."""
    return report_file(home, campaign_id).with_suffix(LOOKS)


def _looks(home: Path, campaign_id: str) -> list[Look]:
    path = looks_file(home, campaign_id)
    try:
        return [msgspec.json.decode(line, type=Look) for line in path.read_bytes().splitlines()]
    except FileNotFoundError:
        return []
    except (msgspec.DecodeError, OSError) as error:
        raise PlanError(f"{path}: can't be read ({error}); without it one person could be told: restore it") from None


def _near(one: dict[str, Group], other: dict[str, Group]) -> bool:
    """Whether some group differs by one to nine people, or none by anybody. Groups too small to be told of say nothing, and where
    all are, so does the report."""
    seen = [name for name in one if one[name].enough or other[name].enough]
    changed = [_n_changed(one[name], other[name]) for name in seen]
    return (bool(seen) and not any(changed)) or any(0 < n < MIN_PEOPLE for n in changed)


def _n_changed(one: Group, other: Group) -> int:
    """People who differ, at the least."""
    first, second = (np.frombuffer(bytes.fromhex(each.digest), dtype=_BITS) for each in (one, other))
    return int((first != second).sum())
