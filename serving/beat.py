"""A worker's beat, four times a second: tell what was counted, how late the event loop comes to it, and how the worker stands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from serving.parts import Parts

BEAT_S = 0.25
_STATM = Path("/proc/self/statm")


async def beat(parts: Parts, current: Callable[[], Parts | None]) -> None:
    """Beat until cancelled for the parts that serve: these, then whatever `current` says, as a reload exchanges them."""
    loop, version = asyncio.get_running_loop(), ""
    try:
        while True:
            parts = current() or parts
            version = stand(parts, version)
            parts.metrics.flush()
            due = loop.time() + BEAT_S
            await asyncio.sleep(BEAT_S)
            parts.metrics.loop_lag.labels().observe(max(0.0, loop.time() - due))
    finally:
        parts.metrics.flush()


def stand(parts: Parts, version: str) -> str:
    """Set the gauges; `version` is what was served at the last beat, what comes back is what is served now."""
    metrics, bundle = parts.metrics, parts.bundle
    metrics.dropped.n = parts.impressions.n_dropped
    metrics.online_up.set(not (parts.gate.is_down or parts.visits.are_missed))
    filled = parts.gate.filled
    metrics.online_whole.set(filled.histories and filled.others)
    metrics.features_through.set(0.0 if filled.others_at is None else filled.others_at.timestamp())
    metrics.resident.set(resident_bytes())
    if not version:
        metrics.starts.inc()
        metrics.wanted.set(parts.settings.workers)
    if bundle.version != version:
        metrics.trained_through.set(datetime.fromisoformat(bundle.trained_through).timestamp())
        metrics.versions.labels(bundle.version).set(1)
        if version:
            metrics.versions.labels(version).set(0)
        else:
            metrics.workers.set(1)
    return bundle.version


def resident_bytes() -> int:
    """Resident memory of this process, 0 where /proc doesn't tell."""
    try:
        return int(_STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
