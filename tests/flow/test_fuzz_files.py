"""Whatever a file of events holds: a report, or one line that a person can act on; and the lake is whole before and after.

A quarter as many files as `test_fuzz.py` sends requests.
"""

import os
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests import world
from tests.suites.spoiled_files import files
from training.ingest import DataError, ingest
from training.lake import read_events

N_FILES = -(-int(os.environ.get("DAYPART__FUZZ_REQUESTS", "1080")) // 4)
A_BLOCK = 90
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def taken(lake, path):
    """(report, None), or (None, the line that says why not). Anything else is a fault of ours."""
    try:
        return ingest(lake, events=path, now=NOW)[0], None
    except DataError as error:
        return None, str(error)


@pytest.mark.timeout(7200)
def test_no_file_breaks_in(tmp_path):
    became = Counter()

    def judge(file):
        ending, data = file
        path = home / f"events{ending}"
        path.write_bytes(data)
        report, said = taken(lake, path)
        if report is None:
            assert said.startswith(f"{path}: ")
            assert said.isprintable(), said
            assert len(said) < 4096, said
            became["refused"] += 1
        else:
            assert report.rows == report.accepted + report.duplicates + report.quarantined, report
            assert (report.quarantine_file is None) == (report.quarantined == 0), report
            became[home] += report.accepted
            became["good" if not report.quarantined else "quarantined"] += 1
        assert read_events(lake).collect().height == became[home]
        assert not list(lake.rglob("*.tmp"))

    for block in range(-(-N_FILES // A_BLOCK)):
        home = tmp_path / str(block)
        lake = home / "lake"
        tables = world.write(home)
        reports = ingest(lake, **tables, now=NOW)
        became[home] = reports[-1].accepted
        quiet = settings(
            max_examples=min(A_BLOCK, N_FILES), deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        seed(block)(quiet(given(files())(judge)))()
    told = {kind: n for kind, n in became.items() if isinstance(kind, str)}
    sys.stderr.write(f"files {told}\n")
    # Both sides of every door.
    assert min(told[kind] for kind in ("good", "quarantined", "refused")) > 0, told
