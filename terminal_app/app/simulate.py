"""``bhav simulate``: one broker's interface over a simulated market, on loopback, until the process is told to end."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from typing import TYPE_CHECKING

from terminal_app.app.options import Options
from terminal_app.app.world import Tables, load_recording
from terminal_app.brokers.paper.config import DEFAULT_SEED
from terminal_app.simulator.clocks import PracticeClock, ReplayClock
from terminal_app.simulator.dialects import DIALECTS
from terminal_app.simulator.exchange import SimulatedExchange
from terminal_app.simulator.synthetic import SyntheticMarket
from terminal_app.simulator.venue import Venue

if TYPE_CHECKING:
    from terminal_app.simulator.dialects.base import Dialect

EXIT_OK = 0
EXIT_UNUSABLE = 1

_log = logging.getLogger(__name__)


def run_simulate(options: Options) -> int:
    """Serve; the exit status. Raises ConfigError, ReplayError for a call that cannot be served."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return asyncio.run(_serve(options))


def open_venue(options: Options, failed: asyncio.Event) -> Venue:
    """The market of the call; ``failed`` is set when it stops on an error. Raises ConfigError, ReplayError."""

    def on_error(error: BaseException) -> None:
        _log.error("The simulated market has stopped.", exc_info=error)
        failed.set()

    tables = Tables.read()
    if options.replay:
        recording = load_recording(options.replay, dict(options.instrument_names), tables)
        exchange = SimulatedExchange(recording, tables.hours, tables.margins)
        clock = ReplayClock(recording.start, recording.end, options.speed, windows=recording.windows)
        return Venue(exchange, clock, on_error)
    practice = PracticeClock(tables.hours, None)
    seed = DEFAULT_SEED if options.seed is None else options.seed
    market = SyntheticMarket(tables.hours, tables.contracts, seed, practice.now())
    return Venue(SimulatedExchange(market, tables.hours, tables.margins), practice, on_error)


async def _serve(options: Options) -> int:
    ended, failed = asyncio.Event(), asyncio.Event()
    _end_on_signals(ended)
    venue = open_venue(options, failed)
    dialect = DIALECTS[options.broker](venue)
    try:
        await _announce(dialect, options)
        waits = [asyncio.ensure_future(event.wait()) for event in (ended, failed)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
    finally:
        await dialect.aclose()
        await venue.aclose()
    return EXIT_UNUSABLE if failed.is_set() else EXIT_OK


async def _announce(dialect: Dialect, options: Options) -> None:
    line = await dialect.start(port=options.port, tls=options.tls)
    if "ca" in line:
        _log.info("The test certificate to be trusted is %s", line["ca"])
    print(json.dumps(line), flush=True)


def _end_on_signals(ended: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for kind in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(kind, ended.set)
        except NotImplementedError:  # Windows: the loop has no signal handlers there
            signal.signal(kind, lambda *_: loop.call_soon_threadsafe(ended.set))
