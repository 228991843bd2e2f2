"""A coupon's code or token as a QR image, drawn by segno: error correction M, and the quiet zone of four modules."""

from __future__ import annotations

import io

import segno

# What the largest symbol (version 40) holds of bytes at level M.
LENGTH_LIMIT = 2331
SCALE_LIMIT = 50
QUIET_ZONE = 4


def qr_svg(text: str) -> str:
    """An SVG document of one filled square and one path: no script, style, font or address of anything else.

    It has no size of its own and fills its place. Raises ValueError on text that is empty, too long or not plain ASCII.
    """
    out = io.BytesIO()
    _symbol(text).save(
        out,
        kind="svg",
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",
        omitsize=True,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    return out.getvalue().decode()


def qr_png(text: str, scale: int = 8) -> bytes:
    """A black and white PNG with `scale` pixels (1 to 50) a module. Raises ValueError, on the text as `qr_svg` does."""
    if not 1 <= scale <= SCALE_LIMIT:
        raise ValueError(f"a QR module of {scale} pixels can't be drawn; take 1 to {SCALE_LIMIT}")
    out = io.BytesIO()
    _symbol(text).save(out, kind="png", border=QUIET_ZONE, dark="#000", light="#fff", scale=scale)
    return out.getvalue()


def _symbol(text: str) -> segno.QRCode:
    # Scanners guess the encoding of anything else, each in its way.
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("a QR image holds plain printable ASCII, at least one character; encode the text first")
    if len(text) > LENGTH_LIMIT:
        raise ValueError(f"a QR image holds at most {LENGTH_LIMIT} characters, not {len(text)}; shorten the text")
    # Level M is stated, not raised where there is room, so that equal lengths give equal pictures.
    return segno.make_qr(text, error="m", boost_error=False)
