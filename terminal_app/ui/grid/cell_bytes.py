"""Figures and short texts as the byte columns that a live grid paints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terminal_app.ui.formats import MINUS

BYTE_DASH = 0x96
"""En dash in the byte columns of a live grid (its place in Windows-1252)."""
_MAX_SCALED = 9.2e18


def number_bytes(
    values: NDArray[np.float64], places: int, width: int, *, sign: bool = False, suffix: bytes = b""
) -> NDArray[np.uint8]:
    """A column of figures as bytes for a live grid, shape (rows, width), right-aligned on spaces.

    The same text as `formats.number`, but `-` stands for the minus sign and byte 0x96 for the en dash of an unknown value.
    Halves round away from zero. A figure that does not fit is shown as `#`, never cut.
    """
    rows = len(values)
    out = np.full((rows, width), 0x20, dtype=np.uint8)
    known = np.isfinite(values)
    scale = 10.0**places
    magnitude = np.floor(np.abs(np.where(known, values, 0.0)) * scale + 0.5 + 1e-9)
    known &= magnitude < _MAX_SCALED
    rest = np.where(known, magnitude, 0.0).astype(np.int64)
    negative = (np.nan_to_num(values) < 0) & (rest > 0)
    positive = (np.nan_to_num(values) > 0) & (rest > 0)
    column = width - len(suffix)
    for _ in range(places):
        column, rest = _put_digit(out, column, rest)
    if places:
        column -= 1
        out[:, column] = 0x2E
    sign_at, left_over = _put_whole(out, column, rest)
    if suffix:
        out[:, width - len(suffix) :] = np.frombuffer(suffix, dtype=np.uint8)
    _put_sign(out, sign_at, negative, 0x2D)
    if sign:
        _put_sign(out, sign_at, positive, 0x2B)
    too_wide = (left_over > 0) | ((sign_at < 0) & (negative | (positive & sign)))
    if too_wide.any():
        out[too_wide] = 0x23
    if not known.all():
        out[~known] = 0x20
        out[~known, width - 1] = BYTE_DASH
    return out


def _put_digit(out: NDArray[np.uint8], column: int, rest: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
    higher = rest // 10
    out[:, column - 1] = rest - higher * 10 + 0x30
    return column - 1, higher


def _put_whole(
    out: NDArray[np.uint8], column: int, rest: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Write the whole part leftwards with commas; returns the place before the first digit, and what is left over."""
    sign_at = np.full(len(rest), column - 2, dtype=np.intp)
    column, rest = _put_digit(out, column, rest)
    written = 1
    while column > 0 and (left := rest > 0).any():
        if written >= 3 and written % 2 == 1:
            column -= 1
            out[left, column] = 0x2C
            if column == 0:
                break
        higher = rest // 10
        column -= 1
        out[left, column] = (rest - higher * 10 + 0x30)[left]
        sign_at[left] = column - 1
        rest = higher
        written += 1
    return sign_at, rest


def _put_sign(out: NDArray[np.uint8], sign_at: NDArray[np.intp], rows: NDArray[np.bool_], code: int) -> None:
    chosen = np.flatnonzero(rows & (sign_at >= 0))
    out[chosen, sign_at[chosen]] = code


def text_bytes(texts: list[str], width: int, *, right: bool = False) -> NDArray[np.uint8]:
    """Short texts as bytes for a live grid, shape (rows, width); other characters than Windows-1252's become `?`."""
    pad = str.rjust if right else str.ljust
    joined = "".join(pad(text.replace(MINUS, "-")[:width], width) for text in texts)
    return np.frombuffer(joined.encode("cp1252", "replace"), dtype=np.uint8).reshape(len(texts), width).copy()


def bytes_text(row: NDArray[np.uint8]) -> str:
    """One row of a byte column as text, with the real minus sign, stripped."""
    return row.tobytes().decode("cp1252").strip(" \x00").replace("-", MINUS)
