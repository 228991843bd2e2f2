"""RFC 3339 times: a moment needs a date, a time of day and an offset from UTC, or it is no moment."""

from __future__ import annotations

import polars as pl

_DATE, _CLOCK, _ZONE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}", r"[Zz]|[+-][0-9]{2}:[0-9]{2}"
_USUAL = rf"^{_DATE}T[0-9]{{2}}:[0-9]{{2}}:[0-5][0-9]({_ZONE})$"
_MOMENT = rf"^({_DATE})[Tt ]({_CLOCK})(\.[0-9]+)?({_ZONE})$"
_NAIVE = rf"^{_DATE}([Tt ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]+)?)?)?$"
_UTC = pl.Datetime("us", "UTC")
# Seconds of the years 2 and 9998: whatever the zone, such a moment has a date.
_FIRST_S, _LAST_S = -62_104_060_800, 253_339_228_800


def read_times(texts: pl.Series) -> pl.Series:
    """Datetime('us', 'UTC') of each RFC 3339 text; null where it is none, or names a day, hour, second or offset that is not.

    A blank may stand for the T, as RFC 3339 allows. Digits beyond microseconds are cut off. A leap second (:60) has no place
    on a POSIX clock and is null.
    """
    usual = texts.str.contains(_USUAL).fill_null(False)
    if usual.all():
        return _moments(texts, "T")
    spaced = texts.str.contains(_USUAL.replace("T", " ")).fill_null(False)
    rest = ~(usual | spaced)
    # The frequent forms stay on the fast path; only what differs is taken apart and put into that form.
    parts = texts.filter(rest).str.extract_groups(_MOMENT).struct.unnest().rename(lambda name: f"g{name}")
    told = parts.select(pl.format("{}T{}{}", "g1", "g2", "g4").alias("text"))["text"]
    told = told.zip_with(told.str.contains(_USUAL).fill_null(False), pl.Series([None], dtype=pl.String))
    micros = parts["g3"].fill_null(".").str.slice(1, 6).str.pad_end(6, "0").cast(pl.Int64).cast(pl.Duration("us"))
    times = pl.repeat(None, len(texts), dtype=_UTC, eager=True)
    times = times.scatter(usual.arg_true(), _moments(texts.filter(usual), "T"))
    times = times.scatter(spaced.arg_true(), _moments(texts.filter(spaced), " "))
    return times.scatter(rest.arg_true(), _moments(told, "T") + micros)


def within_calendar(times: pl.Series) -> pl.Series:
    """Datetimes; those of years that no calendar has are moved to its ends, far out of any range, where they can be told."""
    kind = times.dtype
    # Nanoseconds end in the year 2262.
    if not isinstance(kind, pl.Datetime) or kind.time_unit == "ns":
        return times
    per_s = 1_000 if kind.time_unit == "ms" else 1_000_000
    return times.to_physical().clip(_FIRST_S * per_s, _LAST_S * per_s).cast(kind)


def in_utc(times: pl.Series) -> pl.Series:
    """Datetime('us', 'UTC') of Datetimes; without a zone they are UTC."""
    zoned = isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone
    return (times.dt.convert_time_zone("UTC") if zoned else times.dt.replace_time_zone("UTC")).cast(_UTC)


def why_no_time() -> pl.Expr:
    """The reason why the text in column `value` is no moment."""
    text = pl.col("value")
    return (
        pl.when(text.str.contains(_NAIVE))
        .then(pl.lit("naive_time"))
        .when(text.str.contains(_MOMENT))
        .then(pl.lit("impossible_date"))
        .otherwise(pl.lit("not_a_time"))
    )


def _moments(texts: pl.Series, separator: str) -> pl.Series:
    """Of texts in the usual form, or null."""
    local = texts.str.slice(0, 19).str.to_datetime(f"%Y-%m-%d{separator}%H:%M:%S", time_unit="us", strict=False)
    zones = texts.str.slice(19)
    seconds = {zone: _offset_s(zone) for zone in zones.unique().drop_nulls().to_list()}
    known, away = pl.Series(list(seconds), dtype=pl.String), pl.Series(list(seconds.values()), dtype=pl.Int64)
    offset = (zones.replace_strict(known, away, default=None).cast(pl.Int64) * 1_000_000).cast(pl.Duration("us"))
    return (local - offset).dt.replace_time_zone("UTC").cast(_UTC)


def _offset_s(zone: str) -> int | None:
    if zone in ("Z", "z"):
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        return None
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
