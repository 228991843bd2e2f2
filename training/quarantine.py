"""The quarantine file: each fault of each refused row, for the person who must mend it.

CSV: file, data_row (from 1 after the header), column, reason, value, remedy; a line per fault. The value is the cell's first 80
characters with invisible ones written out. Who a row is about is never echoed: of `user_id`, or of a link's ends, only the length
is told, and mail addresses, phones and long numbers are taken out of every cell. Nothing in the file runs when a spreadsheet
opens it: an apostrophe stands before what would be a formula. It is never taken in again: mend the source at `data_row` and
ingest that. The same faults give the same file name, so a rerun leaves one file.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl

from people.plain import MAIL, PHONE
from training.faults import REMEDIES
from training.parts import write_whole

IDENTITIES = ("user_id", "identity", "other")
MAX_ECHO = 80
# Text that begins so is a formula to a spreadsheet, the wide forms too, and so is what stands after a semicolon where that parts
# cells; an apostrophe before it makes it text. Plain numbers are left.
_FORMULA, _PLAIN_NUMBER = r"(^|;)(\s*[=+@\-\t\r＝＋－＠])", r"^[+-]?[0-9]+(\.[0-9]+)?$"
# Before the form of a card: that of a phone, whose plus it lacks.
_PERSONAL = ((MAIL, "(mail address)"), (PHONE, "(phone)"), (r"[3-6][0-9 \-]{11,}[0-9]", "(long number)"))
_INVISIBLE = r"[\p{Cc}\p{Cf}\x{2028}\x{2029}]"


def write_quarantine(lake: Path, source: Path, faults: pl.DataFrame) -> Path | None:
    """Write the faults of the file `source` under `lake/quarantine`; where, or None when there are none."""
    if faults.is_empty():
        return None
    remedies = pl.col("reason").replace_strict(list(REMEDIES), list(REMEDIES.values()), return_dtype=pl.String)
    echoed = _echo(faults["value"]).alias("value")
    lines = faults.with_columns(echoed).select(
        pl.lit(_defused(pl.Series([str(source)]))[0]).alias("file"),
        pl.col("row").alias("data_row"),
        _defused(faults["column"]).alias("column"),
        "reason",
        pl.when(pl.col("column").is_in(IDENTITIES))
        .then(_length(faults["value"]))
        .otherwise(pl.col("value"))
        .alias("value"),
        remedies.alias("remedy"),
    )
    content = lines.write_csv(line_terminator="\n").encode()
    stem = source.name.split(".")[0]
    path = lake / "quarantine" / f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}.csv"
    write_whole(path, content)
    return path


def _echo(values: pl.Series) -> pl.Series:
    """First characters, invisible ones written as JSON writes them, formulas defused, personal data taken out."""
    cut = values.str.slice(0, MAX_ECHO)
    for form, instead in _PERSONAL:
        cut = cut.str.replace_all(form, instead)
    odd = cut.str.contains(_INVISIBLE).fill_null(False)
    if odd.any():
        told = [json.dumps(cell)[1:-1] for cell in cut.filter(odd)]
        cut = cut.clone().scatter(odd.arg_true(), pl.Series(told, dtype=pl.String))
    return _defused(cut)


def _defused(texts: pl.Series) -> pl.Series:
    return texts.zip_with(texts.str.contains(_PLAIN_NUMBER).fill_null(True), texts.str.replace_all(_FORMULA, "${1}'$2"))


def _length(values: pl.Series) -> pl.Series:
    return values.str.len_chars().cast(pl.String) + " characters, not shown"
