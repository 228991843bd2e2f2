"""What planning can't do, in one plain line."""

from __future__ import annotations


class PlanError(Exception):
    """A plan can't be made. The message names the file or setting, the reason and what to do."""
