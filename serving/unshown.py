"""What was shown to a person, taken out of the files that wait for the lake."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection
from pathlib import Path

from serving.impressions import adopt, finished
from serving.shown_rows import COLUMNS


def unshow(home: Path, user_ids: Collection[str]) -> int:
    """Take what was shown to these users out of finished files; how many rows. Every file is whole before and after.

    The file that a service is writing is left: it is finished within a minute, and what it says of them is refused by the lake.
    """
    n_gone, user = 0, COLUMNS.index("user_id")
    adopt(home / "inbox")
    for file in finished(home):
        with file.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
            rows = list(csv.reader(stream))
        kept = [row for row in rows if len(row) <= user or row[user] not in user_ids]
        if len(kept) < len(rows):
            beside = file.with_suffix(".tmp")
            with beside.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
                csv.writer(stream).writerows(kept)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(file)
            n_gone += len(rows) - len(kept)
    return n_gone
