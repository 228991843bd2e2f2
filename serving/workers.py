"""The workers of this service, by the files in which they count: all of them for the scrape, and whether one is left to serve.

What a worker counted stays when it ends; how it stood does not, from the moment it has died, though its supervisor may take ten
seconds to notice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

PREFIX = "daypart_"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
READY = PREFIX + "workers"
_DEAD = ("Z", "X")


class Workers(MultiProcessCollector):
    """The files of all workers in a folder, read for our own names."""

    def __init__(self, folder: str) -> None:
        super().__init__(None, folder)  # type: ignore[no-untyped-call]
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """See Collector."""
        forget_dead(self._folder)
        return [metric for metric in super().collect() if metric.name.startswith(PREFIX)]  # type: ignore[no-untyped-call]


def forget_dead(folder: str) -> None:
    """Delete what tells how workers stand that are no more."""
    for pid in {path.stem.rpartition("_")[2] for path in Path(folder).glob("gauge_live*.db")}:
        if is_dead(pid):
            mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]


def others_serve(env: Mapping[str, str] = os.environ) -> bool:
    """Whether another worker is ready, once this one has set its own `daypart_workers` to 0; also where nobody can know, as the
    folder was deleted."""
    if (folder := env.get(FOLDER)) is None:
        return False
    if not Path(folder).is_dir():
        return True
    forget_dead(folder)
    files = [str(path) for path in Path(folder).glob("gauge_livesum_*.db")]
    found = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return any(sample.value > 0 for metric in found if metric.name == READY for sample in metric.samples)


def is_dead(pid: str) -> bool:
    """Whether a process has ended, also one that its parent has not asked after yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] in _DEAD
    except (OSError, IndexError):
        return True
