"""What a verb that was killed left lying about: working files that name people and that nobody reads any more."""

from __future__ import annotations

from settings import Settings

_INBOX = ("records-*.csv", "*.tmp")
"""Events on their way into the lake, which the database still holds, and files of what was shown, half rewritten."""


def drop_leftovers(settings: Settings) -> int:
    """Delete them; how many. Call it under the home's lock: whoever wrote them held it, so none of them is alive."""
    inbox = settings.home / "inbox"
    found = [path for form in _INBOX for path in inbox.glob(form)] + list(settings.features.glob(".*.tmp"))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)
