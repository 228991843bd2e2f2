"""The quarantine file: each fault of each refused row, for the person who must mend it.

CSV: file, data_row (from 1 after the header), column, reason, value, remedy; a line per fault. The value is the cell's first 80
characters with invisible ones written out. Who a row is about is never echoed: of `user_id`, or of a link's ends, only the length
is told, and mail addresses, phones and long numbers are taken out of every cell, and of the file's own name. Nothing in the file
runs when a spreadsheet opens it: an apostrophe stands before what would be a formula. It is never taken in again: mend the source
at `data_row` and ingest that. The same faults give the same file name, so a rerun leaves one file.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import polars as pl

from people.plain import MAIL, PHONE, flat
from training.faults import REMEDIES
from training.parts import write_whole

IDENTITIES = ("user_id", "identity", "other")
MAX_ECHO = 80
# Text that begins so is a formula to a spreadsheet, the wide forms too, and so is what stands after a semicolon where that parts
# cells; an apostrophe before it makes it text. Plain numbers are left.
_FORMULA, _PLAIN_NUMBER = r"(^|;)(\s*[=+@\-\t\r＝＋－＠])", r"^[+-]?[0-9]+(\.[0-9]+)?$"
# Neither 01.11.2026 nor the order 000123.
_NATIONAL = r"\b0[0-9]{2}(?:[ /.\-_()]{0,2}[0-9]){6,}|\b0[1-9](?:[ /.\-][0-9]{2}){4}\b"
# Before the form of a card: that of a phone, whose plus it lacks. Of a year's numbers, which times are, none is a card.
_LONG = r"(?:\b|[A-Za-z_])(?:2[2-7]|[3-6][0-9])[0-9]?(?:[ ._\-]?[0-9]){10,}"
_PERSONAL = ((MAIL, "(mail address)"), (PHONE, "(phone)"), (_LONG, "(long number)"), (_NATIONAL, "(phone)"))
_INVISIBLE = r"[\p{Cc}\p{Cf}\x{2028}\x{2029}]"


def write_quarantine(lake: Path, source: Path, faults: pl.DataFrame) -> Path | None:
    """Write the faults of the file `source` under `lake/quarantine`; where, or None when there are none."""
    if faults.is_empty():
        return None
    remedies = pl.col("reason").replace_strict(list(REMEDIES), list(REMEDIES.values()), return_dtype=pl.String)
    echoed = _echo(faults["value"]).alias("value")
    lines = faults.with_columns(echoed).select(
        pl.lit(_defused(pl.Series([_named(source)]))[0]).alias("file"),
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
    stem = Path(_named(source)).name.split(".")[0]
    path = lake / "quarantine" / f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}.csv"
    write_whole(path, content)
    return path


def _echo(values: pl.Series) -> pl.Series:
    """First characters, invisible ones written as JSON writes them, formulas defused, personal data taken out."""
    cut = values.str.slice(0, 4 * MAX_ECHO)
    for form, instead in _PERSONAL:
        cut = cut.str.replace_all(form, instead)
    wide = cut.str.contains(r"[^\x00-\x7F]").fill_null(False)
    if wide.any():
        cut = cut.clone().scatter(
            wide.arg_true(), pl.Series([_without(cell) for cell in cut.filter(wide)], dtype=pl.String)
        )
    # Cut short after that, or half an address would be none.
    cut = cut.str.slice(0, MAX_ECHO)
    odd = cut.str.contains(_INVISIBLE).fill_null(False)
    if odd.any():
        told = [json.dumps(cell)[1:-1] for cell in cut.filter(odd)]
        cut = cut.clone().scatter(odd.arg_true(), pl.Series(told, dtype=pl.String))
    return _defused(cut)


def _defused(texts: pl.Series) -> pl.Series:
    return texts.zip_with(texts.str.contains(_PLAIN_NUMBER).fill_null(True), texts.str.replace_all(_FORMULA, "${1}'$2"))


def _without(text: str) -> str:
    """The text as it stands, or flat and without what is personal where there is any: full-width digits are digits."""
    said = flat(text)
    for form, instead in _PERSONAL:
        said = re.sub(form, instead, said)
    return text if said == flat(text) else said


def _named(source: Path) -> str:
    """The file, where neither it nor a folder above is called after somebody; one that is has no name here."""
    return str(Path(*("unnamed" if _without(part) != part else part for part in source.parts)))


def _length(values: pl.Series) -> pl.Series:
    return values.str.len_chars().cast(pl.String) + " characters, not shown"
