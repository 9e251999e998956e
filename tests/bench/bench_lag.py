"""How late the event loop runs while 5,000 ticks a second come in, against the same window without ticks."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time

from tests.helpers.folders import REPOSITORY

NAME = "gui.lag"
TICKS_PER_S = 5_000
INSTRUMENTS, VISIBLE = 500, 40
TRIALS, TRIAL_S = 5, 10.0
QUICK_TRIALS, QUICK_TRIAL_S = 2, 3.0
PERIOD_MS = 10
FLOOR_MS = 5.0
"""Below this a lag is nothing that anybody sees, and mostly the machine's own."""


def run(quick: bool = False) -> list[dict]:
    """Milliseconds, p99 of the lateness of a 10 ms timer: ours loaded, the peer idle. In a process of its own."""
    words = [sys.executable, "-m", "tests.bench.bench_lag", *(["--quick"] if quick else [])]
    answer = subprocess.run(words, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(answer.stdout.splitlines()[-1])]


async def _measure(whole: object, quick: bool) -> dict:
    from tests.bench.whole_window import SteadyFeed, Whole, listed

    assert isinstance(whole, Whole)
    feed = SteadyFeed(listed(whole.container, INSTRUMENTS))
    await whole.take_prices_from(feed)
    trials, trial_s = (QUICK_TRIALS, QUICK_TRIAL_S) if quick else (TRIALS, TRIAL_S)
    await asyncio.sleep(3)  # what the start leaves for later is done
    idle: list[float] = []
    loaded: list[float] = []
    rates: list[float] = []
    for _ in range(trials):
        for rate, found in ((0, idle), (TICKS_PER_S, loaded)):
            feed.ticks_per_s = rate
            await asyncio.sleep(0.5)
            sent = feed.sent
            found.append(await _lag_p99_ms(trial_s))
            if rate:
                rates.append((feed.sent - sent) / trial_s)
    idle_ms, loaded_ms = statistics.median(idle), statistics.median(loaded)
    return {
        "bench": NAME,
        "ours": round(loaded_ms, 2),
        "peer": round(idle_ms, 2),
        "ratio": round(max(loaded_ms, FLOOR_MS) / max(idle_ms, FLOOR_MS), 2),
        "unit": "ms",
        "loaded_all": [round(one, 2) for one in loaded],
        "idle_all": [round(one, 2) for one in idle],
        "ticks_per_s": round(statistics.median(rates)),
        "visible": VISIBLE,
    }


async def _lag_p99_ms(seconds: float) -> float:
    """The 99th percentile of how late a repeating timer fires."""
    from PySide6.QtCore import Qt, QTimer

    late: list[float] = []
    before = time.perf_counter()

    def fired() -> None:
        nonlocal before
        now = time.perf_counter()
        late.append(max(0.0, (now - before) * 1000 - PERIOD_MS))
        before = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(fired)
    timer.start(PERIOD_MS)
    await asyncio.sleep(seconds)
    timer.stop()
    return statistics.quantiles(late, n=100)[98]


def main() -> None:
    """Measure in this process and print the line."""
    from tests.bench.whole_window import run_whole

    quick = "--quick" in sys.argv
    print(json.dumps(run_whole(lambda whole: _measure(whole, quick), VISIBLE, (1440, 1400))), flush=True)


if __name__ == "__main__":
    main()
