"""The error of the fitting half of this room."""

from __future__ import annotations


class TrainingError(Exception):
    """Training, evaluation or promotion cannot go on: one plain line that says what, where and what to change."""


class NoCandidate(TrainingError):
    """Nothing on the shelf waits to be judged."""
