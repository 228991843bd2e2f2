"""Files of events as nobody should send them: odd cells, odd headers, odd types, then spoiled bytes."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime

import polars as pl
from hypothesis import strategies as st

from feature_repo.events import EVENT_COLUMNS
from tests.suites.openapi_requests import JUNK

NAMES = [column.name for column in EVENT_COLUMNS]
GOOD = {
    "event_id": ["e1", "e2"], "event_type": ["view", "purchase", "refund"], "occurred_at": ["2025-11-01T08:00:00Z"],
    "user_id": ["ann", "card:4000 1234", ""], "product_id": ["latte", "tea"], "store_id": ["soho", "bund"], "channel": ["app"],
    "order_id": ["o1", "o2"], "quantity": ["1", "2"], "unit_price_cents": ["450", "0"], "discount_cents": ["0", "100"],
    "rating": ["5", ""],
}  # fmt: skip
ODD = [
    *(str(value) for value in JUNK), "=1+1", "@SUM(A1)", "\t=1", '"', '""', '"a', 'a"b', "a,b", "a\nb", "a\r\nb", "\r", "\u202e",
    "1_000", "-0", "1e400", "99999-01-01T00:00:00Z", "2025-11-01T08:00:00+99:99", "2025-11-01",
    "card:", "mail:a@b.c", "+41 79 123 45 67",
]  # fmt: skip
_MOMENT = datetime(2025, 11, 1, tzinfo=UTC)
_COLUMNS = (
    pl.Series([2**62, None, -(2**62)]).cast(pl.Datetime("ms")), pl.Series([2**62, 0, -(2**62)]).cast(pl.Datetime("us", "UTC")),
    pl.Series([2**62, 0, 1]).cast(pl.Datetime("ns", "Asia/Tokyo")), pl.Series([_MOMENT] * 3), pl.Series([1, 2, 3]),
    pl.Series([2**63 - 1, None, -(2**63)]), pl.Series([2**64 - 1, 0, 1], dtype=pl.UInt64), pl.Series([float("nan"), 1e308, -0.0]),
    pl.Series([b"\xff", b"a\0", None]), pl.Series([None] * 3), pl.Series([[1], [], None]), pl.Series([{"a": 1}] * 3),
    pl.Series([True, False, None]), pl.Series(["a", "b", None], dtype=pl.Categorical), 
    pl.Series(["1.5", "2", "-3"]).cast(pl.Decimal(38, 9)),
    pl.Series([1, 2, None]).cast(pl.Date), pl.Series([1, 2, None]).cast(pl.Duration), pl.Series([1, 2, None]).cast(pl.Time),
    pl.Series([2**31 - 1, 0, -(2**31)]).cast(pl.Date), pl.Series([2**100, 0, None], dtype=pl.Int128),
)  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """(ending, bytes)."""
    parquet = draw(st.integers(0, 2)) == 0
    data = draw(_parquets()) if parquet else draw(_texts())
    if draw(st.booleans()):
        data = draw(_spoiled(data))
    if not parquet and draw(st.integers(0, 3)) == 0:
        data = gzip.compress(data, 1)
        return ".csv.gz", draw(_spoiled(data)) if draw(st.booleans()) else data
    # Now and then under the other's name.
    return (".parquet" if parquet != (draw(st.integers(0, 19)) == 0) else ".csv"), data


@st.composite
def _texts(draw: st.DrawFn) -> bytes:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    names = [*(n for n in ("event_type", "occurred_at", "product_id") if n not in names), *names]
    if draw(st.integers(0, 9)) == 0:
        names.insert(draw(st.integers(0, len(names))), draw(st.sampled_from(ODD)))
    lines = [",".join(names)]
    for _ in range(draw(st.integers(0, 5))):
        odd = draw(st.integers(-3, len(names) - 1))
        cells = [draw(st.sampled_from(GOOD.get(name, ["x"]))) for name in names]
        if odd >= 0:
            cells[odd] = draw(st.one_of(st.sampled_from(ODD), st.text(max_size=12)))
        quoted = draw(st.integers(0, 3)) == 0
        lines.append(",".join('"' + cell.replace('"', '""') + '"' if quoted else cell for cell in cells))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines).encode("utf-8", "surrogatepass")


@st.composite
def _parquets(draw: st.DrawFn) -> bytes:
    frame = pl.DataFrame({name: draw(st.lists(st.sampled_from(GOOD[name]), min_size=3, max_size=3)) for name in GOOD})
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True)):
        frame = frame.with_columns(draw(st.sampled_from(_COLUMNS)).alias(name))
    out = io.BytesIO()
    frame.write_parquet(out, compression=draw(st.sampled_from(["zstd", "snappy", "uncompressed", "gzip"])))
    return out.getvalue()


@st.composite
def _spoiled(draw: st.DrawFn, data: bytes) -> bytes:
    at, other = draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))
    low, high = sorted((at, other))
    few = draw(st.binary(min_size=1, max_size=8))
    return draw(
        st.sampled_from([
            data[:at], data[at:], data[:low] + data[high:], data[:at] + few + data[at:], data[:at] + few + data[at + len(few) :],
            data + data, data[:at] + data[low:high] * 3 + data[at:], b"\xef\xbb\xbf" + data, data[at:] + data[:at],
        ])
    )  # fmt: skip
