"""`daypart promote`: the ranker's gate, then `when`'s beside it; and `response`'s, whatever becomes of the ranker.

`when` follows a ranker that is promoted, or that serves already with no candidate behind it: only beside a refused one it waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import shelf
from models.artifact import ArtifactError
from models.ranker import NAME
from settings import Settings
from training import gate
from training.errors import NoCandidate
from training.response_gate import promote_response
from training.when_gate import promote_when

NOT_JUDGED = "not judged"
"""The `field` of a ranker's verdict where there was nothing to judge."""


def promote_all(settings: Settings, version: str | None, force: bool, why: str | None, now: datetime) -> dict[str, Any]:
    """Judge ranker `version` (None: the newest), and the newest `when` and `response`; what passes goes into use.

    The fields of `gate.Promotion`, and `when` and `response`: `BesidePromotion`, None where none was judged. A ranker that
    has no candidate, or a damaged one, is not promoted and says why, but raises as `gate.promote` does where nothing else was
    judged either. TrainingError for `force` without `why`, ArtifactError for a version that isn't there, before anything.
    """
    gate.need_why(force, why)
    if version is not None:
        shelf.load(settings.shelf, NAME, version, verify=False)
    answered = promote_response(settings, now=now)
    try:
        done, fault = gate.promote(settings, version, force=force, why=why, now=now), None
    except (NoCandidate, ArtifactError) as error:
        serving = shelf.current(settings.shelf, NAME)
        done = gate.Promotion(version or serving or "", serving, False, False, str(error), NOT_JUDGED, {})
        fault = error
    follows = done.promoted or (isinstance(fault, NoCandidate) and done.incumbent is not None)
    timed = promote_when(settings, now=now) if follows else None
    if fault is not None and timed is None and answered is None:
        raise fault
    return {**vars(done), "when": timed, "response": answered}


def went_into_use(done: Mapping[str, Any]) -> bool:
    """Whether anything `promote_all` judged was promoted."""
    beside = (done["when"], done["response"])
    return bool(done["promoted"]) or any(part is not None and part.promoted for part in beside)
