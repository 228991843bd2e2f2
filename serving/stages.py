"""Where the time of a recommendation goes: four stages, each timed for every answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

from serving.tallies import Times

STAGES = ("features", "score", "encode", "wallet")
"""Reading the online store; scoring and choosing; reasons and encoding; waiting for the person's coupons."""

LAST: ContextVar[tuple[float, ...]] = ContextVar("stages", default=())
"""Seconds by stage, in the order of STAGES, of the request that this task answers; kept only while somebody traces."""


class Stages:
    """The stages' distributions. `keep` is turned on by whoever reads LAST."""

    def __init__(self, times: Sequence[Times]) -> None:
        self._times = tuple(times)
        self.keep = False

    def observe(self, features_s: float, score_s: float, encode_s: float, wallet_s: float = 0.0) -> None:
        """Seconds that one answer spent in each stage; of requests that were answered together, each its share."""
        features, score, encode, wallet = self._times
        features.observe(features_s)
        score.observe(score_s)
        encode.observe(encode_s)
        wallet.observe(wallet_s)
        if self.keep:
            LAST.set((features_s, score_s, encode_s, wallet_s))
