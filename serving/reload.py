"""A promoted or rolled-back model goes into use without a restart: each process looks at `CURRENT` every second, loads, verifies
and warms up what it names beside the one that serves, and then exchanges one reference.

| found | then |
|---|---|
| another version, whole | it serves from the next request on; requests under way end with the one they began with |
| damaged, half written, of a newer format, gone | what serves goes on, and it is tried again, ever more seldom |
| the same when a process begins | the version before serves (`bundle.load_bundle_to_start`), and all else is as above |
| new tables of products or stores in the lake | the same version with the new names, prices and zones |

`daypart_reloads_total` counts tries, `refused` those that failed; the log has a line an episode. A failed reload degrades
no answer (`meta.degraded` stays as it is): the model that serves is whole, and `meta.model_version` names it.

Nothing but the requests that began with it holds what served before, and nothing in it holds itself: it goes with the last of
them, without the collector, and what it took is given back.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

from serving.bundle import Bundle, load_bundle, stamps
from serving.episode import Episode
from serving.heap import trim
from serving.parts import Parts
from serving.shelves import Shelves

# Seconds between tries of what failed: half a minute at most, as verifying a large artifact takes a core for a moment.
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
# How long loading keeps requests from their turn (Python's own five milliseconds are as long as a good answer takes).
TURN_S = 0.0005


class Reload:
    """Keeps `parts` at what is current. `use` is handed the parts with the new bundle: everything else in them is shared.

    warm: walks the hot path of parts that nobody is answered by yet. One thread alone calls `look`.
    """

    def __init__(
        self,
        parts: Parts,
        use: Callable[[Parts], None],
        warm: Callable[[Parts], None],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts, self._use, self._warm, self._clock_s = parts, use, warm, clock_s
        self._seen = parts.bundle.read_of
        self._again_s, self._wait_s = float("-inf"), FIRST_WAIT_S
        self._left = False
        self._failing = Episode(
            "the current model can't be loaded, the one before serves on", "what is current serves again"
        )
        if parts.bundle.in_place_because:
            self._fail(parts.bundle.in_place_because)

    @property
    def is_failing(self) -> bool:
        """Whether what is current is not what serves."""
        return self._failing.is_on

    def look(self) -> bool:
        """Look once, and load if anything is new or failed before; whether something new went into use. Raises nothing."""
        if self._left:
            # A look later, when the last request that began with the bundle before has let go of it.
            self._left = False
            trim()
        seen = stamps(self._parts.settings)
        if seen == self._seen and not (self.is_failing and self._clock_s() >= self._again_s):
            return False
        interval_s = sys.getswitchinterval()
        try:
            sys.setswitchinterval(TURN_S)
            fresh = with_bundle(self._parts, load_bundle(self._parts.settings))
            self._warm(fresh)
        except Exception as error:
            # Whatever it is, what serves goes on: a thread that ended here would never look again.
            self._fail(f"{type(error).__name__}: {error}")
            self._wait_s = FIRST_WAIT_S if seen != self._seen else min(2 * self._wait_s, LONGEST_WAIT_S)
            self._seen, self._again_s = seen, self._clock_s() + self._wait_s
            return False
        finally:
            sys.setswitchinterval(interval_s)
        self._parts, self._seen, self._left = fresh, fresh.bundle.read_of, True
        self._use(fresh)
        self._failing.end()
        fresh.metrics.reloads.labels("done").inc()
        return True

    def _fail(self, why: str) -> None:
        self._parts.metrics.reloads.labels("refused").inc()
        self._failing.begin(" ".join(why.split()))


def with_bundle(parts: Parts, bundle: Bundle) -> Parts:
    """The same parts around another bundle: those who hold the old ones go on with it, whole."""
    parts.zones.update(bundle.zones)
    return replace(parts, bundle=bundle, shelves=Shelves(bundle, parts.shelves), turn=parts.turn.anew())
