"""How much the window grows in ten minutes with 50 instruments live. Runs in `make prove` only."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from pathlib import Path

from tests.helpers.folders import REPOSITORY

NAME = "memory.growth"
INSTRUMENTS = 50
WARM_UP_S, RUN_S = 60.0, 600.0
QUICK_WARM_UP_S, QUICK_RUN_S = 20.0, 60.0
TICKS_PER_S = 500


def run(quick: bool = False) -> list[dict]:
    """Megabytes of resident memory after the run less those after the warm-up. In a process of its own."""
    if not Path("/proc/self/statm").exists():
        return [{"bench": NAME, "skipped": "reads /proc, which only Linux has"}]
    words = [sys.executable, "-m", "tests.bench.bench_memory", *(["--quick"] if quick else [])]
    answer = subprocess.run(words, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(answer.stdout.splitlines()[-1])]


async def _measure(whole: object, quick: bool) -> dict:
    from tests.bench.whole_window import SteadyFeed, Whole, listed

    assert isinstance(whole, Whole)
    feed = SteadyFeed(listed(whole.container, INSTRUMENTS), rows=25)
    await whole.take_prices_from(feed)
    feed.ticks_per_s = TICKS_PER_S
    warm_up_s, run_s = (QUICK_WARM_UP_S, QUICK_RUN_S) if quick else (WARM_UP_S, RUN_S)
    await asyncio.sleep(warm_up_s)
    before = _resident_mb()
    seen = [before]
    for _ in range(10):
        await asyncio.sleep(run_s / 10)
        seen.append(_resident_mb())
    return {
        "bench": NAME,
        "ours": round(seen[-1] - before, 2),
        "peer": None,
        "ratio": None,
        "unit": "MB",
        "minutes": run_s / 60,
        "resident_all": [round(one, 1) for one in seen],
    }


def _resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    """Measure in this process and print the line."""
    from tests.bench.whole_window import run_whole

    quick = "--quick" in sys.argv
    print(json.dumps(run_whole(lambda whole: _measure(whole, quick), INSTRUMENTS, (1440, 900))), flush=True)


if __name__ == "__main__":
    main()
