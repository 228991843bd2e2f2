"""The purge: every table kept as long as `keep_days` says and no longer. Done again it finds nothing more to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from settings import Settings

_DEFAULT = Settings().keep_days


def kept_days(settings: Settings) -> dict[str, int]:
    """Days by table, those that the setting doesn't name by default; 0 is for ever."""
    told = (part.split("=") for text in (_DEFAULT, settings.keep_days) for part in text.split())
    return {table: int(days) for table, days in told}


def purge(settings: Settings, now: datetime) -> dict[str, int]:
    """What was taken out, by table: lines, rows or files; erasures finished first. Raises LedgerError, DataError, FeatureError,
    OnlineStoreError."""
    from offers.erasing import empty_log, make_old_nobodys
    from river.erasing import finish_erasures
    from river.steps import open_desk
    from serving import inbox
    from serving.tables import prepare
    from training.parts import locked
    from training.retention import drop_snapshots, unname
    from training.snapshots import VIEWS

    before = {table: now - timedelta(days=days) for table, days in kept_days(settings).items() if days}
    done = dict.fromkeys(("erasures", *kept_days(settings)), 0)
    with locked(settings.home), open_desk(settings) as desk:
        prepare(desk.journal.engine)
        done["erasures"] = len(finish_erasures(settings, desk, now))
        with desk.journal.write() as connection:
            if "decisions" in before:
                done["decisions"] = make_old_nobodys(connection, before["decisions"].date())
            if "inbox" in before:
                done["inbox"] = inbox.drop_old(connection, before["inbox"])
        empty_log(desk.journal.engine)
        if "events" in before:
            done["events"] = unname(settings.lake, before["events"])
        if "features" in before:
            files = (settings.features / f"{view}.parquet" for view in VIEWS)
            done["features"] = sum(drop_snapshots(file, before["features"]) for file in files)
        folders = {"quarantine": settings.lake / "quarantine", "reports": settings.home / "reports"}
        done |= {table: _drop_files(folder, before[table]) for table, folder in folders.items() if table in before}
    return done


def _drop_files(folder: Path, before: datetime) -> int:
    """Delete files that were written before this moment, but for the looks that keep reports apart; how many."""
    from offers.lift_looks import LOOKS

    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != LOOKS)
    old = [path for path in found if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
