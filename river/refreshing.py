"""What comes back from the world goes up the river again: feedback and answers into the lake, then features, then online."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from console import Report
from settings import Settings

if TYPE_CHECKING:
    from training.features import FeatureReport


@dataclass(frozen=True)
class Refreshed:
    """What one run of `daypart features` took in and brought online."""

    n_absorbed: int
    """Events from tills, apps, shown slates and the ledger's outbox that went into the lake."""
    n_quarantined: int
    """Of those, rows that the lake refused (a product it does not know, say); see `lake/quarantine`."""
    waiting: Mapping[str, int]
    """Accepted events that wait in the inbox for their product or store to be ingested, by what is unknown."""
    n_answered: int
    """Offers of all time whose answer is known by now; `daypart train` learns from them what a discount does."""
    unanswered: Mapping[str, int]
    """Offers of all time that are no answer, or none yet, by reason."""
    features: FeatureReport
    online: Mapping[str, int]
    """Rows brought online, by view."""
    withdrawn: Mapping[str, int]
    """Offers not sent yet that the new stock and opening hours rule out, by reason."""


def refresh_features(settings: Settings, through: datetime, now: datetime, report: Report) -> Refreshed:
    """Feedback re-enters: accepted events, redemptions, impressions and answers to offers go into the lake; then features, then
    online."""
    from river.answers import absorb_answers
    from river.contesting import contest_claims
    from river.erasing import finish_erasures
    from river.feedback import absorb_impressions, absorb_records
    from river.followed import catch_up
    from river.persons import forget_aliases
    from river.settling import settle_files
    from river.steps import open_desk
    from river.unsupported import drop_empty, unsupported
    from river.withdrawing import withdraw_unsent
    from training import features
    from training.parts import locked

    # One refresh at a time: the sources, the registry and the online store are brought on together.
    with locked(settings.home):
        with open_desk(settings) as desk:
            finish_erasures(settings, desk, now)
            waiting, refused = Counter[str](), set[str]()
            absorbed = [*absorb_records(settings, desk, now, waiting, refused), *absorb_impressions(settings, now)]
            contest_claims(settings, desk, now)
            settle_files(settings, desk)
            n_answered, unanswered = absorb_answers(settings, desk, now)
        made = features.compute(settings, through, progress=report)
        features.apply(settings)
        online = features.materialise(settings, through, progress=report, now=now)
        forget_aliases(settings)
        adrift = unsupported(settings, through)
        catch_up(settings, now, refused | adrift)
        drop_empty(settings, adrift)
        withdrawn = withdraw_unsent(settings, now)
    accepted, quarantined = (sum(getattr(a, name) for a in absorbed) for name in ("accepted", "quarantined"))
    return Refreshed(accepted, quarantined, dict(waiting), n_answered, unanswered, made, online, withdrawn)
