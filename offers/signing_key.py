"""The keys in their files: the private one read, or made on first use, whole or not at all; and those that were retired."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from models.artifact import sync_folder
from offers.tokens import Signer

# A PEM of this kind has 119 bytes; more than this is some other file.
_SIZE_LIMIT = 16_384
_END = "-----END PUBLIC KEY-----"


class SigningKeyError(Exception):
    """The key file can't be used. The message names it, the reason and what to do."""


def signer_at(path: Path, retired: Path | str = "") -> Signer:
    """The signer with the Ed25519 key in `path` (PEM, PKCS #8, mode 0600), made there if nothing is.

    Processes that make it at once end with the same key. To change keys, put the public one of the old file into `retired` (a
    file of PEM blocks, "" for none) and move the old file away; take it out again when the last token it signed has been
    settled. Raises SigningKeyError.
    """
    before = retired_keys(Path(retired)) if retired else ()
    try:
        try:
            return Signer(_read(path), before)
        except FileNotFoundError:
            _make(path)
            return Signer(_read(path), before)
    except OSError as error:
        raise SigningKeyError(
            f"{path}: the signing key can't be read or made ({error.strerror}); mend the folder or its rights"
        ) from None


def retired_keys(path: Path) -> tuple[Ed25519PublicKey, ...]:
    """The public keys in a file of PEM blocks. Raises SigningKeyError."""
    how = f"write each with: openssl pkey -in OLD.pem -pubout >> {path}"
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        raise SigningKeyError(f"{path}: the retired keys can't be read; {how}") from None
    if "PRIVATE KEY" in text:
        raise SigningKeyError(f"{path}: holds a private key; take it out, and {how}")
    *blocks, rest = text.split(_END)
    found = []
    for number, block in enumerate(blocks, 1):
        try:
            key = load_pem_public_key((block + _END).encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise SigningKeyError(f"{path}: key {number} isn't an Ed25519 public key in PEM; {how}")
        found.append(key)
    if rest.strip() or not found:
        raise SigningKeyError(f"{path}: holds no whole public key, or more than keys; {how}")
    return tuple(found)


def _read(path: Path) -> Ed25519PrivateKey:
    # Without O_NONBLOCK a pipe in its place would keep us waiting.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SigningKeyError(f"{path}: isn't a file; move it away, and a key is made there")
        if status.st_mode & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            raise SigningKeyError(
                f"{path}: others may read or write the signing key (mode {mode:04o}); chmod 600 {path}"
            )
        text = file.read(_SIZE_LIMIT)
    try:
        key = load_pem_private_key(text, password=None)
    except TypeError:
        raise SigningKeyError(f"{path}: the key has a password; store it without one, in mode 0600") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SigningKeyError(f"{path}: isn't a private key in PEM; put the key back, or move the file away") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path}: holds another kind of key than Ed25519; move it away, and one is made there")
    return key


def _make(path: Path) -> None:
    """Put a new key at `path` unless another process was first, whose key then stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # mkstemp's files are ours alone from the start (0600).
    descriptor, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, not a rename: it never replaces a key that is there.
            os.link(fresh, path)
        except FileExistsError:
            return
        sync_folder(path.parent)
    finally:
        os.unlink(fresh)
