"""What a till paid without network, in a file of its own: a line a payment, on the disk before the till says "paid"."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from models.artifact import sync_folder
from offers.book import Line


class TillFileError(Exception):
    """The till's file can't be used. The message names it, the place and what to do."""


class Payment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One coupon paid: what the service must hear of (token, order, moment, lines), and what the till itself counts by."""

    store_id: str
    till_id: str
    lease_id: str
    offer_id: str
    product_id: str
    discount_cents: Annotated[int, Meta(ge=0)]
    floor_cents: int
    token: str
    order_id: str
    till_time: Annotated[datetime, Meta(tz=True)]
    lines: tuple[Line, ...]


class Settled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Offers whose payments the service has taken in."""

    settled: tuple[str, ...]


class TillFile:
    """An append-only file, one program at a time. `payments` holds all of them, oldest first, `settled` the offers of those that
    needn't be sent again.

    A line counts once it is whole. A power cut can tear only the last, and only before its payment was answered, so that
    one is cut off on opening. Anything else that can't be read is damage, and is refused rather than forgotten.
    """

    def __init__(self, path: Path) -> None:
        """Open, or begin, the file. Raises TillFileError."""
        self._path = path
        self._file: int | None = None
        self.settled: set[str] = set()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sync_folder(path.parent)
            self.payments, self._size = self._read(self._file)
            os.ftruncate(self._file, self._size)
            os.fsync(self._file)
        except BlockingIOError:
            self.close()
            raise TillFileError(f"{path}: another program has it open; stop that one first") from None
        except OSError as error:
            self.close()
            raise TillFileError(f"{path}: can't be opened ({error.strerror}); mend the disk or its rights") from None
        except TillFileError:
            self.close()
            raise

    def append(self, payment: Payment) -> None:
        """Store a payment; when this returns it survives a power cut.

        Raises TillFileError when it may not: nothing was paid then, and the file stays shut until it is opened anew.
        """
        self._write(payment)
        self.payments.append(payment)

    def settle(self, offer_ids: Sequence[str]) -> None:
        """Note that the payments of these offers were taken in. Raises TillFileError as `append` does."""
        if offer_ids:
            self._write(Settled(tuple(offer_ids)))
            self.settled.update(offer_ids)

    def _write(self, value: Payment | Settled) -> None:
        if self._file is None:
            raise TillFileError(f"{self._path}: is shut; open it again")
        line = msgspec.json.encode(value) + b"\n"
        try:
            written = os.write(self._file, line)
            if written < len(line):
                raise OSError(0, "the disk is full")
            os.fsync(self._file)
        except OSError as error:
            self._undo()
            raise TillFileError(
                f"{self._path}: can't be written ({error.strerror}); free the disk, open it again"
            ) from None
        self._size += len(line)

    def close(self) -> None:
        """Let the file go. Closing twice does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _undo(self) -> None:
        """Take back a line that may be half there; if that fails too, the next opening cuts it off, or counts it as paid."""
        try:
            if self._file is not None:
                os.ftruncate(self._file, self._size)
                os.fsync(self._file)
        except OSError:
            pass
        finally:
            self.close()

    def _read(self, file: int) -> tuple[list[Payment], int]:
        with os.fdopen(os.dup(file), "rb") as whole:
            whole.seek(0)
            # What follows the last line end is torn, or nothing.
            *lines, _ = whole.read().split(b"\n")
        payments, size = [], 0
        for number, line in enumerate(lines, start=1):
            # A block that never reached the disk reads as zeros, and the line's end may have been in the next block.
            if number == len(lines) and b"\0" in line:
                break
            try:
                if line.startswith(b'{"settled":'):
                    self.settled.update(msgspec.json.decode(line, type=Settled).settled)
                else:
                    payments.append(msgspec.json.decode(line, type=Payment))
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise TillFileError(
                    f"{self._path}: line {number} is damaged; settle a copy by hand and begin a new file"
                ) from None
            size += len(line) + 1
        return payments, size
