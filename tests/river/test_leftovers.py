"""A verb that is killed leaves no file behind that names people, once any of the next ones has run."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from river import steps
from river.erasing import erase_person
from river.leftovers import drop_leftovers
from river.purging import purge
from settings import Settings
from tests import world
from tests.river.test_feedback import EVENT, accept, in_lake

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)
KILLED = """
import os, sys, pathlib
from datetime import UTC, datetime
from river import feedback, steps
from settings import Settings
from training import ingest

settings = Settings(home=pathlib.Path(sys.argv[1]))
ingest.ingest = lambda *_, **__: os.kill(os.getpid(), 9)
with steps.open_desk(settings) as desk:
    list(feedback.absorb_records(settings, desk, datetime(2025, 11, 16, 12, tzinfo=UTC)))
"""


def refresh(settings):
    steps.refresh_features(settings, world.END, NOW, lambda *_: None)


def erase_bob(settings):
    erase_person(settings, "bob", "shell:ada", NOW)


def erase_ann(settings):
    erase_person(settings, "ann", "shell:ada", NOW)


@pytest.mark.parametrize("verb", [refresh, lambda settings: purge(settings, NOW), erase_bob, erase_ann])
def test_records_on_their_way_when_killed_are_their_owners_alone_and_dropped_by_the_next_verb(tmp_path, verb):
    settings = Settings(home=tmp_path)
    world.fill(settings.lake)
    accept(settings, EVENT)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = (tmp_path / "inbox").iterdir()
    assert "ann" in left.read_text()
    assert left.stat().st_mode & 0o777 == 0o600
    verb(settings)
    assert not any(path.suffix in (".csv", ".tmp") for path in (tmp_path / "inbox").iterdir())
    refresh(settings)
    # The event was nowhere but in the database, and is lost only where its user asked for it.
    assert len(in_lake(settings, "till-1")) == (verb is not erase_ann)


def test_only_what_nobody_reads_is_dropped(tmp_path):
    settings = Settings(home=tmp_path)
    assert drop_leftovers(settings) == 0
    kept = ("inbox/impressions-1.csv", "inbox/impressions-2.csv.part", "features/user_profile.parquet")
    gone = (f"inbox/records-{os.getpid()}.csv", "inbox/impressions-1.tmp", "features/.user_profile.parquet.tmp")
    for name in (*kept, *gone):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("ann")
    assert settings.features == tmp_path / "features"
    assert drop_leftovers(settings) == 3
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*")) == sorted(kept)
