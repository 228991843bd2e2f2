"""The secret of this home, and the references that it makes of identities: `card-` and 128 bits of HMAC-SHA256.

Keyed, because card and phone numbers are few enough to try them all: whoever has the tables and not the secret learns nothing
(RFC 2104, cut to half its length as its section 5 allows). Whoever loses the secret has lost every link to come: back it up.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from feature_repo.events import MAX_ID_LENGTH, in_one_form
from people.identity import IdentityFault, is_identity, parse
from people.plain import is_plain_person

SECRET = "identity.key"
"""Name of the file in a home."""
SECRET_BYTES = 32
_HEX = 32


class SecretFault(Exception):
    """The secret cannot be read or made. One line: which file, why, what to do."""


class References:
    """Makes references with one secret, read (or made) when the first identity comes by. Threads share it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._secret = b""

    def of(self, text: str) -> str:
        """The reference of an identity; any other text, references included, is its own, in one form. Raises IdentityFault,
        SecretFault."""
        if not is_identity(text):
            if is_plain_person(text):
                raise IdentityFault("write mail:, phone: or card: before it, so that it is kept as a keyed hash alone")
            # Some letters are more in the one form, and tables have an end.
            if len(form := in_one_form(text)) > MAX_ID_LENGTH >= len(text):
                raise IdentityFault(f"an id has at most {MAX_ID_LENGTH} letters")
            return form
        kind, value = parse(text)
        if not self._secret:
            self._secret = read_secret(self._file)
        said = f"{kind}:{value}".encode()
        return f"{kind}-{hmac.digest(self._secret, said, 'sha256').hex()[:_HEX]}"

    def mark(self, reference: str, of: str = "tombstone") -> str:
        """What a tombstone keeps of a reference or id: keyed, and no reference itself. Marks `of` other things are others, so
        that nobody can lay them side by side. Raises SecretFault."""
        if not self._secret:
            self._secret = read_secret(self._file)
        return hmac.digest(self._secret, f"{of}:{reference}".encode(), "sha256").hex()[:_HEX]

    def of_all(self, texts: Iterable[str]) -> list[str]:
        """References in the order given. Raises IdentityFault at the first that cannot be one, SecretFault."""
        return [self.of(text) for text in texts]


def read_secret(file: Path) -> bytes:
    """The secret in `file`; a new one is written there first, for its owner's eyes alone, where nothing stands yet.

    Processes that begin together end up with one. Raises SecretFault.
    """
    try:
        if not file.exists():
            _make(file)
        found = bytes.fromhex(file.read_text("ascii").strip())
    except (OSError, ValueError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not hexadecimal"
        raise SecretFault(
            f"{file}: the secret of identities cannot be read ({said}); restore it from a backup"
        ) from None
    if len(found) < SECRET_BYTES:
        raise SecretFault(
            f"{file}: the secret of identities is too short; restore it, it has {2 * SECRET_BYTES} hex digits"
        )
    return found


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(SECRET_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        # A link, unlike a rename, loses to whoever was first.
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
