"""Reading recorded bars and ticks from csv and csv.gz: the whole file is checked before anything of it is used.

Columns are found by their names, whatever their order and case: ``datetime`` or ``timestamp``, or ``date`` and
``time``; ``symbol``, ``instrument`` or ``token`` (optional); for bars ``open high low close`` and optionally
``volume``; for ticks ``ltp`` or ``last_price``. Times without an offset are Indian standard time. Bars are of one
minute.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from terminal_app.domain.clock import IST
from terminal_app.domain.errors import ReplayError

T = TypeVar("T")

MINUTE_US = 60_000_000
_EPOCH_IST = datetime(1970, 1, 1) + timedelta(hours=5, minutes=30)  # noqa: DTZ001 - the wall clock of naive times
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PRICES = ("open", "high", "low", "close")


class RecordedSeries(Struct, frozen=True):
    """One symbol's rows of one file in time order. ``time_us`` is epoch microseconds UTC.

    Bars have four price columns (open, high, low, close), ticks have one. Prices are given as read (float64) and as
    text. ``symbol`` is None where the file has no such column.
    """

    file: str
    symbol: str | None
    time_us: NDArray[np.int64]
    prices: tuple[NDArray[np.float64], ...]
    texts: tuple[Sequence[str], ...]
    volume: NDArray[np.int64]

    @property
    def is_bars(self) -> bool:
        """Whether these are bars and not ticks."""
        return len(self.prices) == len(_PRICES)


class _Columns(Struct, frozen=True):
    """The header's names as written, and the place of each column we use."""

    file: str
    header: Sequence[str]
    time: tuple[int, ...]
    symbol: int | None
    prices: tuple[int, ...]
    volume: int | None

    def fail(self, row: int, column: int, what: str) -> NoReturn:
        """Raise for a row (0 is the first below the header)."""
        raise ReplayError(f"{self.file} line {row + 2}, column {self.header[column].strip()}: {what}.")


def read_series(path: Path) -> list[RecordedSeries]:
    """Read and check one file. Raises ReplayError naming file, line and column of what is wrong."""
    rows = _rows(path)
    columns = _columns(path.name, rows[0])
    body = rows[1:]
    while body and not body[-1]:
        body.pop()
    if not body:
        raise ReplayError(f"{path.name} line 2: the file has a header but no prices.")
    width = len(rows[0])
    if set(map(len, body)) != {width}:
        place = next(index for index, row in enumerate(body) if len(row) != width)
        raise ReplayError(f"{path.name} line {place + 2}: {len(body[place])} columns, but the header has {width}.")
    return _series(columns, list(zip(*body, strict=True)))


def _rows(path: Path) -> list[list[str]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReplayError(f"{path.name} cannot be opened: {error.strerror or error}.") from error
    if path.name.lower().endswith(".gz"):
        data = _unpacked(path.name, data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReplayError(f"{path.name} line {line}: the text is not UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ReplayError(f"{path.name} line {reader.line_num}: {error}.") from error
    if not rows:
        raise ReplayError(f"{path.name} line 1: the file is empty.")
    return rows


def _unpacked(name: str, data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        whole = zlib.decompressobj(wbits=31)
        try:
            lines = whole.decompress(data).count(b"\n")
        except zlib.error:
            lines = 0
        raise ReplayError(f"{name} line {lines + 1}: the compressed file is damaged or ends too early.") from error


def _columns(file: str, header: Sequence[str]) -> _Columns:
    place = {name.strip().lower(): index for index, name in enumerate(header)}

    def first(*names: str) -> int | None:
        return next((place[name] for name in names if name in place), None)

    one = first("datetime", "timestamp")
    if one is not None:
        time: tuple[int, ...] = (one,)
    else:
        time = (place["date"], place["time"]) if "date" in place and "time" in place else ()
    last = first("ltp", "last_price")
    prices = tuple(place[name] for name in _PRICES if name in place)
    if len(prices) != len(_PRICES):
        prices = () if last is None else (last,)
    if not time or not prices:
        raise ReplayError(
            f"{file} line 1: the header “{','.join(header)[:80]}” names neither bars (datetime, open, high, low, close)"
            " nor ticks (timestamp, token, ltp)."
        )
    return _Columns(file, header, time, first("symbol", "instrument", "token"), prices, first("volume"))


def _series(columns: _Columns, table: Sequence[Sequence[str]]) -> list[RecordedSeries]:
    time_us = _times(columns, table)
    prices = tuple(_floats(columns, column, table[column]) for column in columns.prices)
    volume = np.zeros(len(time_us), dtype=np.int64)
    if columns.volume is not None:
        volume = _volumes(columns, columns.volume, table[columns.volume])
    if len(prices) == len(_PRICES):
        _check_bars(columns, prices)
    found = []
    for symbol, rows in _by_symbol(columns, table):
        _check_order(columns, symbol, rows, time_us, bars=len(prices) == len(_PRICES))
        texts = tuple([table[column][row] for row in rows] for column in columns.prices)
        series = RecordedSeries(
            columns.file, symbol, time_us[rows], tuple(column[rows] for column in prices), texts, volume[rows]
        )
        found.append(series)
    return found


def _each(
    columns: _Columns, column: int, texts: Sequence[Any], convert: Callable[[Any], T], what: Callable[[Any], str]
) -> list[T]:
    """All texts converted, or an error that names the first one that cannot be."""
    try:
        return list(map(convert, texts))
    except (ValueError, OverflowError):
        for row, text in enumerate(texts):
            try:
                convert(text)
            except (ValueError, OverflowError):
                columns.fail(row, column, what(text))
        raise


def _times(columns: _Columns, table: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    column = columns.time[0]
    if len(columns.time) == 1:
        texts: Sequence[str] = table[column]
    else:
        texts = [f"{day.strip()}T{clock.strip()}" for day, clock in zip(*(table[c] for c in columns.time), strict=True)]
    moments = _each(
        columns,
        column,
        texts,
        datetime.fromisoformat,
        lambda text: f"“{text}” is not a date and time",
    )
    return np.array([_epoch_us(moment) for moment in moments], dtype=np.int64)


def _epoch_us(moment: datetime) -> int:
    since = moment - _EPOCH_IST if moment.tzinfo is None else moment - _EPOCH
    return since // _MICROSECOND


def _floats(columns: _Columns, column: int, texts: Sequence[str]) -> NDArray[np.float64]:
    values = np.array(_each(columns, column, texts, float, lambda text: f"“{text}” is not a number"), dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0) & (values < 1e11)))
    if len(bad):
        columns.fail(int(bad[0]), column, f"“{texts[bad[0]]}” is not a price above zero")
    return values


def _volumes(columns: _Columns, column: int, texts: Sequence[str]) -> NDArray[np.int64]:
    plain = [text or "0" for text in texts]
    values = np.array(_each(columns, column, plain, float, lambda text: f"“{text}” is not a number"), dtype=np.float64)
    bad = np.flatnonzero(~((values >= 0) & (values < 1e15) & (values == np.floor(values))))
    if len(bad):
        columns.fail(int(bad[0]), column, f"“{texts[bad[0]]}” is not a whole number of units")
    return values.astype(np.int64)


def _check_bars(columns: _Columns, prices: tuple[NDArray[np.float64], ...]) -> None:
    open_, high, low, close = prices
    _, high_at, low_at, _ = columns.prices
    checks = (
        (high < low, high_at, "the high is below the low"),
        (np.maximum(open_, close) > high, high_at, "the high is below the open or the close"),
        (np.minimum(open_, close) < low, low_at, "the low is above the open or the close"),
    )
    for wrong, column, what in checks:
        if wrong.any():
            columns.fail(int(np.argmax(wrong)), column, what)


def _by_symbol(columns: _Columns, table: Sequence[Sequence[str]]) -> list[tuple[str | None, NDArray[np.int64]]]:
    if columns.symbol is None:
        return [(None, np.arange(len(table[0]), dtype=np.int64))]
    names = table[columns.symbol]
    codes: dict[str, int] = {}
    code = np.array([codes.setdefault(name, len(codes)) for name in names], dtype=np.int64)
    order = np.argsort(code, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(code[order])) + 1)
    if "" in codes:
        columns.fail(names.index(""), columns.symbol, "the symbol is missing")
    return [(names[int(rows[0])].strip(), rows) for rows in groups]


def _check_order(
    columns: _Columns, symbol: str | None, rows: NDArray[np.int64], time_us: NDArray[np.int64], *, bars: bool
) -> None:
    column = columns.time[-1]
    times = time_us[rows]
    gaps = np.diff(times)
    back = np.flatnonzero(gaps < 0)
    of = f" of {symbol}" if symbol else ""
    if len(back):
        before, now = (_clock(int(times[back[0] + step])) for step in (0, 1))
        columns.fail(int(rows[back[0] + 1]), column, f"the time{of} goes backwards, from {before} to {now}")
    if not bars:
        return
    twice = np.flatnonzero(gaps == 0)
    if len(twice):
        columns.fail(int(rows[twice[0] + 1]), column, f"the time{of} comes twice: {_clock(int(times[twice[0]]))}")
    off = np.flatnonzero(times % MINUTE_US)
    if len(off):
        columns.fail(int(rows[off[0]]), column, "a bar must begin on a whole minute")
    if len(gaps) and int(gaps.min()) > MINUTE_US:
        columns.fail(
            int(rows[1]), column, f"bars of {int(gaps.min()) // MINUTE_US} minutes; only 1-minute bars can be replayed"
        )


def _clock(time_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=time_us)).astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")
