"""What chance decides of a user, by hash: whether they are held out, and what a day of theirs tries."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np


def is_held_out(user_id: str, share: float) -> bool:
    """Whether the user belongs to the persistent holdout: by hash of the id alone, whatever the campaign or model."""
    return _hash(f"daypart holdout {user_id}") < share * 2**64


def dice(campaign_id: str, for_date: date, user_id: str) -> np.random.Generator:
    """What chance decides of a user's day: by hash, so that a plan made again, in any order, draws the same."""
    return np.random.default_rng(_hash(f"daypart explore {campaign_id} {for_date.isoformat()} {user_id}"))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
