"""One check for every reason that the audit keeps."""

import pytest

from people.reason import MAX_WHY, ReasonFault, checked


@pytest.mark.parametrize("why", ["", "a new till", "rotated on 2026-11-28", "w" * MAX_WHY, "ticket 2025-0117"])
def test_kept(why):
    assert checked(f" {why} ", ["ann"]) == why


@pytest.mark.parametrize(
    "why",
    [
        "w" * (MAX_WHY + 1),
        "for ann",
        "zoe@x.example asked",
        "asked phone 79 555 66 77",
        "MAIL:zoe",
        "4539.5787.6362.1486",
    ],
)
def test_refused_and_not_repeated(why):
    with pytest.raises(ReasonFault) as fault:
        checked(why, ["ann"])
    assert why not in str(fault.value)
