"""An embedded online store that died while its users live: nobody but them starts it again."""

from __future__ import annotations

from embedded import OnlineStoreError, revive
from serving.episode import Episode
from serving.parts import Parts


class Revived:
    """Of one process; its thread alone calls `look`. A store reached by `redis_url` is somebody else's to start."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._fails = Episode(
            "the embedded online store can't be started again", "the embedded online store was started"
        )

    def look(self) -> bool:
        """An errand: start it if it is gone; whether it was started. Raises nothing."""
        if self._parts.settings.redis_url or not self._parts.gate.is_down:
            return False
        try:
            is_new = revive(self._parts.settings)
        except OnlineStoreError as error:
            self._fails.begin(error)
            return False
        self._fails.end()
        return is_new
