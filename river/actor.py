"""Who acts at the command line and why, as the audit keeps it."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offers.audit import By


def by_shell(why: str) -> By:
    """Who acts and why, before anything is done. Raises `people.reason.ReasonFault`."""
    from offers.audit import By
    from people.reason import checked

    try:
        return By(f"shell:{getpass.getuser()}", checked(why))
    except (OSError, KeyError):
        # A container may run under a number that has no name.
        return By("shell", checked(why))
