"""Half a surrogate pair in a JSON text, `"a\\ud83d"`: an escape that stands for no letter, as RFC 8259 section 8.2 warns."""

from __future__ import annotations

import re

# Every escape, so that none is seen behind a backslash that is text; group 1 is a half that stands alone.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_LOST = rb"\ufffd"


def without_halves(body: bytes) -> bytes:
    """The same with U+FFFD for each half, as what reads the whole refuses all of it for one. No id may hold that letter, so who
    judges the parts refuses the part."""
    return _ESCAPE.sub(lambda found: _LOST if found[1] else found[0], body)
