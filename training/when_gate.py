"""The gate of `when`: into use beside a promoted ranker, if it tells visits no worse than counting and than its forerunner.

Its figure is the log loss of "comes within a week" on the newest weeks, held out when it was fitted (its share of trees and its
slope were chosen there), as a multiple of that of everybody's own counted rate on the same weeks: so versions fitted on other
weeks compare. A candidate without a figure, for want of weeks to hold out, stays on the shelf: plans then count as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.artifact import Artifact
from models.when import NAME
from settings import Settings
from training.gate_beside import TOLERANCE, BesidePromotion, Verdict, promote_beside


def promote_when(settings: Settings, *, now: datetime) -> BesidePromotion | None:
    """Judge the newest version; see `training.gate_beside.promote_beside`."""
    return promote_beside(settings, NAME, _verdict, now)


def multiple(artifact: Artifact) -> float | None:
    """Log loss over counting's, on the weeks that its fit held out; None without them."""
    inner: Mapping[str, Any] = artifact.manifest["metrics"].get("inner", {})
    own, counted = inner.get("week_log_loss"), inner.get("week_counted_log_loss")
    return float(own) / float(counted) if own is not None and counted else None


def _verdict(candidate: Artifact, serving: Artifact | None) -> Verdict:
    mine, other = multiple(candidate), multiple(serving) if serving else None
    if mine is None:
        return False, "no week could be held out to judge it by; plans count visits as before", {}
    figures = {"candidate": mine} | ({} if other is None else {"other": other})
    told = f"log loss of a week's visits {mine:.4f} of counting's"
    if mine > 1.0 + TOLERANCE:
        return False, f"worse than counting ({told})", figures
    if other is None:
        return True, f"not worse than counting ({told})", figures
    told = f"{told}, against {other:.4f}"
    if mine > other * (1.0 + TOLERANCE):
        return False, f"worse than the incumbent ({told})", figures
    return True, f"not worse than the incumbent ({told})", figures
