"""The errors of this room's two halves: fitting, and features."""

from __future__ import annotations


class TrainingError(Exception):
    """Training, evaluation or promotion cannot go on: one plain line that says what, where and what to change."""


class FeatureError(Exception):
    """Features cannot be computed, stored or joined. One line: what, where, what to do."""


class NoCandidate(TrainingError):
    """Nothing on the shelf waits to be judged."""
