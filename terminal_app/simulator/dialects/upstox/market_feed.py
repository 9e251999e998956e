"""The market feed V3: what each socket has subscribed to, and the frames that it gets.

First the status of the markets, after a subscription a snapshot of its instruments, then what changed. A subscription
counts only where it comes in a binary frame: a text frame is taken without a word and changes nothing. A reader that is
slow gets the newest, and what it missed in between is gone. ``full_d30`` is served without asking for the plan and shows
the five levels that this market has.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import Any

import numpy as np
from aiohttp import WSMessage, WSMsgType
from msgspec import Struct, field
from numpy.typing import NDArray

from terminal_app.domain.enums import InstrumentKind
from terminal_app.simulator.book import epoch_ns
from terminal_app.simulator.dialects.channel import Channel
from terminal_app.simulator.dialects.upstox import frames
from terminal_app.simulator.dialects.upstox.contracts import Names
from terminal_app.simulator.dialects.upstox.frames import Candle, FrameType, LastTrade, Level, RequestMode, Totals
from terminal_app.simulator.dialects.upstox.greeks import greeks_of
from terminal_app.simulator.dialects.upstox.market import Markets
from terminal_app.simulator.dialects.upstox.shapes import epoch_ms
from terminal_app.simulator.exchange import SimulatedExchange
from terminal_app.simulator.steps import MarketStep

MOST_A_FRAME = 500
"""Instruments in one frame."""

MODES = {
    "ltpc": RequestMode.LTPC,
    "full": RequestMode.FULL_D5,
    "option_greeks": RequestMode.OPTION_GREEKS,
    "full_d30": RequestMode.FULL_D30,
}
_MOST_ALONE = {
    RequestMode.LTPC: 5000,
    RequestMode.OPTION_GREEKS: 3000,
    RequestMode.FULL_D5: 2000,
    RequestMode.FULL_D30: 50,
}
_MOST_MIXED = {
    RequestMode.LTPC: 2000,
    RequestMode.OPTION_GREEKS: 2000,
    RequestMode.FULL_D5: 1500,
    RequestMode.FULL_D30: 50,
}
_MS_NS, _SECOND_NS = 1_000_000, 1_000_000_000
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_IST_MS = 19_800_000

Ints = NDArray[np.int64]


class Subscriptions(Struct):
    """What one socket wants: modes by row, rows with news that are not sent yet, and the parts that were sent last."""

    modes: dict[int, RequestMode] = field(default_factory=dict)
    mask: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    fresh: dict[int, None] = field(default_factory=dict)
    changed: dict[int, None] = field(default_factory=dict)
    sent: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    is_queued: bool = False


class MarketFeed:
    """All sockets of the feed. ``on_step`` keeps what the market's book does not: last trades and the running minute."""

    def __init__(self, exchange: SimulatedExchange, names: Names, markets: Markets) -> None:
        self._exchange = exchange
        self._names = names
        self._markets = markets
        self._sockets: dict[Channel, Subscriptions] = {}
        self._status: object = None
        self._looked_at = 0
        self._trade_ms = _column(0)
        self._trade_units = _column(0)
        self._is_index: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._minute = _column(0)
        self._minute_ohlc: Ints = np.zeros((0, 4), dtype=np.int64)
        self._minute_from = _column(0)

    def open(self, channel: Channel) -> None:
        """A socket is open: it hears the markets' status first."""
        self._sockets[channel] = Subscriptions()
        channel.send(self._market_info())

    def retain(self, still_open: Container[Channel]) -> None:
        """Forget the sockets that are closed."""
        self._sockets = {one: what for one, what in self._sockets.items() if one in still_open}

    def on_message(self, channel: Channel, message: WSMessage) -> None:
        """A request of a socket; one that is not understood is passed over in silence."""
        subscriptions = self._sockets.get(channel)
        if message.type is not WSMsgType.BINARY or subscriptions is None:
            return
        try:
            request = json.loads(message.data)
            method, data = request["method"], request["data"]
            keys = [key for key in data["instrumentKeys"] if isinstance(key, str)]
            mode = MODES.get(data.get("mode", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if method == "unsub":
            self._leave(subscriptions, keys)
        elif method in ("sub", "change_mode") and mode is not None:
            self._join(subscriptions, keys, mode)
            self._queue(channel, subscriptions)

    def on_step(self, step: MarketStep) -> None:
        """The market moved."""
        self._keep(step)
        self._tell_status(step)
        for channel, subscriptions in tuple(self._sockets.items()):
            known = step.index[step.index < len(subscriptions.mask)]
            rows = known[subscriptions.mask[known]]
            if len(rows):
                subscriptions.changed.update(dict.fromkeys(rows.tolist()))
                self._queue(channel, subscriptions)

    def _tell_status(self, step: MarketStep) -> None:
        """Tell every socket when a market opens or closes; looked at once a second."""
        second = epoch_ns(step.at) // _SECOND_NS
        if second == self._looked_at:
            return
        self._looked_at = second
        if self._status_now() != self._status:
            info = self._market_info()
            for channel in tuple(self._sockets):
                channel.send(info)

    # --- subscriptions --------------------------------------------------------------------------------------------

    def _join(self, subscriptions: Subscriptions, keys: Iterable[str], mode: RequestMode) -> None:
        counts = Counter(subscriptions.modes.values())
        for key in keys:
            name = self._names.of_key(key)
            if name is None:
                continue
            before = subscriptions.modes.get(name.row)
            counts.subtract([] if before is None else [before])
            if counts[mode] >= _most(counts, mode):
                counts.update([] if before is None else [before])
                continue
            counts[mode] += 1
            subscriptions.modes[name.row] = mode
            subscriptions.sent.pop(name.row, None)
            subscriptions.fresh[name.row] = None
        self._mark(subscriptions)

    def _leave(self, subscriptions: Subscriptions, keys: Iterable[str]) -> None:
        for key in keys:
            name = self._names.of_key(key)
            if name is not None:
                for table in (subscriptions.modes, subscriptions.sent, subscriptions.fresh, subscriptions.changed):
                    table.pop(name.row, None)
        self._mark(subscriptions)

    def _mark(self, subscriptions: Subscriptions) -> None:
        mask = np.zeros(len(self._exchange.book.ids), dtype=np.bool_)
        mask[list(subscriptions.modes)] = True
        subscriptions.mask = mask

    def _queue(self, channel: Channel, subscriptions: Subscriptions) -> None:
        """Ask for the socket's turn, once."""
        if not subscriptions.is_queued:
            subscriptions.is_queued = True
            channel.send(lambda: self._next_frame(channel, subscriptions))

    def _next_frame(self, channel: Channel, subscriptions: Subscriptions) -> bytes | None:
        """Snapshots before changes."""
        subscriptions.is_queued = False
        waiting = subscriptions.fresh or subscriptions.changed
        kind = FrameType.INITIAL_FEED if subscriptions.fresh else FrameType.LIVE_FEED
        rows = [row for row, _nothing in zip(tuple(waiting), range(MOST_A_FRAME), strict=False)]
        feeds = {}
        for row in rows:
            del waiting[row]
            if kind is FrameType.INITIAL_FEED:
                subscriptions.changed.pop(row, None)
            feed = self._feed(subscriptions, row)
            if feed is not None:
                feeds[self._names.of_row(row).key] = feed
        if subscriptions.fresh or subscriptions.changed:
            self._queue(channel, subscriptions)
        return frames.feed_response(kind, feeds, epoch_ms(self._exchange.now)) if feeds else None

    # --- frames ---------------------------------------------------------------------------------------------------

    def _feed(self, subscriptions: Subscriptions, row: int) -> bytes | None:
        """What a socket does not know of a row yet; None where that is nothing."""
        mode = subscriptions.modes.get(row)
        book = self._exchange.book
        if mode is None or not book.has_price(row):
            return None
        self._grow()
        instrument = book.instrument(row)
        last = self._last(row)
        if mode is RequestMode.LTPC:
            return frames.ltpc_feed(last) if self._news(subscriptions, row, (last,))[0] is not None else None
        if instrument.kind is InstrumentKind.INDEX:
            new_last, candles = self._news(subscriptions, row, (last, self._candles(row)))
            if new_last is None and candles is None:
                return None
            if mode is RequestMode.OPTION_GREEKS:
                return None if new_last is None else frames.first_level_feed(new_last, None, None, Totals())
            return frames.index_full_feed(mode, new_last, candles)
        greeks, volatility = self._greeks(row)
        levels, totals = self._levels(row), self._totals(row, volatility)
        if mode is RequestMode.OPTION_GREEKS:
            new_last, level, new_greeks, changed = self._news(subscriptions, row, (last, levels[0], greeks, totals))
            if new_last is None and level is None and new_greeks is None and changed is None:
                return None
            return frames.first_level_feed(new_last, level, new_greeks, totals)
        parts = (last, tuple(levels), greeks, self._candles(row), totals)
        new_last, new_levels, new_greeks, candles, changed = self._news(subscriptions, row, parts)
        if all(part is None for part in (new_last, new_levels, new_greeks, candles, changed)):
            return None
        return frames.market_full_feed(mode, new_last, new_levels, new_greeks, candles, totals)

    @staticmethod
    def _news(subscriptions: Subscriptions, row: int, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        """The parts that differ from what was sent, None for the others; they count as sent."""
        before = subscriptions.sent.get(row)
        subscriptions.sent[row] = parts
        if before is None or len(before) != len(parts):
            return parts
        return tuple(None if now == then else now for now, then in zip(parts, before, strict=True))

    def _market_info(self) -> bytes:
        self._status = self._status_now()
        auction = self._markets.closing_auction()
        return frames.market_info(self._markets.segments(), epoch_ms(self._exchange.now), auction)

    def _status_now(self) -> object:
        return (tuple(self._markets.segments().values()), tuple(self._markets.closing_auction().items()))

    def _last(self, row: int) -> LastTrade:
        book = self._exchange.book
        if not self._trade_ms[row]:  # seen before anybody listened: what is known of its time is kept
            self._trade_ms[row] = int(book.time_ns[row]) // _MS_NS
        return LastTrade(
            ltp=int(book.last_paise[row]) / 100,
            ltt=int(self._trade_ms[row]),
            ltq=int(self._trade_units[row]),
            cp=int(book.ohlc_paise[row, 3]) / 100,
        )

    def _levels(self, row: int) -> Sequence[Level]:
        book = self._exchange.book
        columns = (book.bid_quantity[row], book.bid_paise[row], book.ask_quantity[row], book.ask_paise[row])
        return [
            Level(bid_units, bid / 100 if bid_units else 0.0, ask_units, ask / 100 if ask_units else 0.0)
            for bid_units, bid, ask_units, ask in zip(*(one.tolist() for one in columns), strict=True)
        ]

    def _totals(self, row: int, volatility: float) -> Totals:
        book = self._exchange.book
        volume = int(book.volume[row])
        return Totals(
            atp=self._average(row) if volume else 0.0,
            vtt=volume,
            oi=float(book.open_interest[row]),
            iv=volatility,
            tbq=float(book.bid_quantity[row].sum()),
            tsq=float(book.ask_quantity[row].sum()),
        )

    def _average(self, row: int) -> float:
        book = self._exchange.book
        parts = [int(book.last_paise[row]), *(paise for paise in book.ohlc_paise[row, 1:3].tolist() if paise)]
        return round(float(sum(parts)) / len(parts) / 100, 2)

    def _greeks(self, row: int) -> tuple[frames.Greeks | None, float]:
        """Greeks and implied volatility of an option; None for anything else."""
        book = self._exchange.book
        instrument = book.instrument(row)
        if instrument.kind is not InstrumentKind.OPTION:
            return None, 0.0
        spot = self._names.underlying(instrument)
        price, base = int(book.last_paise[row]), int(book.last_paise[spot.row]) if spot else 0
        if not price or not base:
            return None, 0.0
        return greeks_of(instrument, price / 100, base / 100, self._exchange.now)

    def _candles(self, row: int) -> tuple[Candle, ...]:
        """The day so far, and the running minute."""
        book = self._exchange.book
        last = int(book.last_paise[row])
        day_open, high, low, _close = (paise or last for paise in book.ohlc_paise[row].tolist())
        volume = int(book.volume[row])
        now_ms = int(book.time_ns[row]) // _MS_NS
        midnight = (now_ms + _IST_MS) // _DAY_MS * _DAY_MS - _IST_MS
        day = Candle("1d", day_open / 100, high / 100, low / 100, last / 100, volume, midnight)
        if not self._minute[row]:
            return (day,)
        parts = [paise / 100 for paise in self._minute_ohlc[row].tolist()]
        units = max(0, volume - int(self._minute_from[row]))
        return (day, Candle("I1", parts[0], parts[1], parts[2], parts[3], units, int(self._minute[row]) * _MINUTE_MS))

    # --- what the book does not keep ------------------------------------------------------------------------------

    def _keep(self, step: MarketStep) -> None:
        self._grow()
        at_ms = epoch_ns(step.at) // _MS_NS
        rows, last = step.index, step.last_paise
        traded = step.traded > 0
        self._trade_ms[rows[traded | self._is_index[rows] | (self._trade_ms[rows] == 0)]] = at_ms
        self._trade_units[rows[traded]] = step.traded[traded]
        minute = at_ms // _MINUTE_MS
        begins = self._minute[rows] != minute
        fresh = rows[begins]
        self._minute[fresh] = minute
        self._minute_ohlc[fresh] = last[begins, np.newaxis]
        self._minute_from[fresh] = step.volume[begins] - step.traded[begins]
        self._minute_ohlc[rows, 1] = np.maximum(self._minute_ohlc[rows, 1], last)
        self._minute_ohlc[rows, 2] = np.minimum(self._minute_ohlc[rows, 2], last)
        self._minute_ohlc[rows, 3] = last

    def _grow(self) -> None:
        missing = len(self._exchange.book.ids) - len(self._trade_ms)
        if missing <= 0:
            return
        self._trade_ms = np.concatenate([self._trade_ms, _column(missing)])
        names = self._exchange.book.ids[-missing:]
        fresh = np.array([one.kind is InstrumentKind.INDEX for one in names], dtype=np.bool_)
        self._is_index = np.concatenate([self._is_index, fresh])
        self._trade_units = np.concatenate([self._trade_units, _column(missing)])
        self._minute = np.concatenate([self._minute, _column(missing)])
        self._minute_from = np.concatenate([self._minute_from, _column(missing)])
        self._minute_ohlc = np.concatenate([self._minute_ohlc, np.zeros((missing, 4), dtype=np.int64)])


def _most(counts: Counter[RequestMode], mode: RequestMode) -> int:
    """How many instruments a socket may have in a mode, beside what it has in others."""
    mixes = any(count > 0 for one, count in counts.items() if one is not mode)
    return (_MOST_MIXED if mixes else _MOST_ALONE)[mode]


def _column(rows: int) -> Ints:
    return np.zeros(rows, dtype=np.int64)
