"""The parts that requests touch: opened once per process by `opening.py`, replaced by fakes in tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from sqlalchemy import Engine

from offers.desk import Desk
from offers.tokens import Signer
from serving.bundle import Bundle
from serving.episode import Signs
from serving.filed import Filed
from serving.freshness import SAYS
from serving.gate import OnlineGate
from serving.grouped import Grouped
from serving.holders import Holders
from serving.impressions import ImpressionLog
from serving.keyring import KeyRing
from serving.ledger_gate import LedgerGate
from serving.limiter import Limiter
from serving.metrics import Metrics
from serving.online_port import OnlineFeatures
from serving.persons import Persons
from serving.shelves import Shelves
from serving.standing import Standing
from serving.traces import Traces
from serving.turn import Turn
from serving.visits import Visits
from settings import Settings


@dataclass
class Parts:
    """What handlers reach. `bundle`, `shelves` and `turn` belong together: a reload makes new parts around others (`reload`), so
    a request keeps the ones it began with. Everything else is shared, and lives as long as the process."""

    settings: Settings
    bundle: Bundle
    shelves: Shelves
    online: OnlineFeatures
    gate: OnlineGate
    visits: Visits
    desk: Desk
    signer: Signer
    engine: Engine
    keys: KeyRing
    impressions: ImpressionLog
    metrics: Metrics
    pool: ThreadPoolExecutor
    persons: Persons
    standing: Standing
    clock: Callable[[], datetime]
    limiter: Limiter
    holders: Holders
    intake: Grouped[Any, Any]
    turn: Turn[Any, Any]
    traces: Traces | None = None
    filed: Filed = field(default_factory=Filed, kw_only=True)
    ledger_gate: LedgerGate = field(default_factory=LedgerGate, kw_only=True)
    ahead: Signs = field(default_factory=partial(Signs, SAYS), kw_only=True)
    """Of features that are true later than now."""
    zones: dict[str, tzinfo] = field(default_factory=dict, kw_only=True)
    """Of every store that any bundle knew so far: what outlives a bundle reads them here."""

    def __post_init__(self) -> None:
        self.metrics.stages.keep = self.traces is not None

    def answered(self, call: str, status: int, seconds: float, headers: Mapping[str, str]) -> None:
        """Count one answer, and trace it where traces are asked for."""
        self.metrics.answered(call, status, seconds)
        if self.traces is not None:
            self.traces.told(call, status, seconds, headers)
