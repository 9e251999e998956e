"""Runs the benches: ``python -m tests.bench [names] [--quick]``.

Prints one JSON line a bench on the output and a table of the goals on the error output; exit status 1 where a goal is
missed. Without names all run but those that ``make prove`` runs. ``--quick`` takes fewer and shorter rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.bench import bench_lag, bench_memory, bench_parts, bench_search, bench_start


@dataclass(frozen=True, slots=True)
class Bench:
    """One bench: how it runs, and what is to be reached. ``goal`` is a limit on ``ratio``, or on ``ours`` without a peer."""

    name: str
    run: Callable[[bool], list[dict]]
    at_least: float | None = None
    at_most: float | None = None
    only_by_name: bool = False

    def misses(self, line: dict) -> bool:
        """Whether a line of this bench misses the goal. What was skipped misses nothing."""
        value = self.value(line)
        if value is None:
            return False
        return (self.at_least is not None and value < self.at_least) or (
            self.at_most is not None and value > self.at_most
        )

    def value(self, line: dict) -> float | None:
        """What the goal is about."""
        return line.get("ours") if line.get("ratio") is None else line["ratio"]

    @property
    def goal(self) -> str:
        """The goal in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}" if self.at_most is not None else "for information"


BENCHES = (
    Bench(bench_start.WINDOW, bench_start.run_window, at_most=1.5),
    Bench(bench_start.READY, bench_start.run_ready, at_most=1.0),
    Bench(bench_search.NAME, bench_search.run, at_least=40),
    Bench(bench_lag.NAME, bench_lag.run, at_most=3.0),
    Bench(bench_parts.GRID, bench_parts.run_grid),
    Bench(bench_parts.CHART, bench_parts.run_chart),
    Bench(bench_parts.COMMIT, bench_parts.run_commit),
    Bench(bench_memory.NAME, bench_memory.run, at_most=10.0, only_by_name=True),
)


def main(arguments: list[str]) -> int:
    """Run what was asked for; the exit status."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(bench.name for bench in BENCHES))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    asked = parser.parse_args(arguments)
    unknown = set(asked.names) - {bench.name for bench in BENCHES}
    if unknown:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    chosen = [bench for bench in BENCHES if bench.name in asked.names or not (asked.names or bench.only_by_name)]
    rows = list(run_all(chosen, asked.quick))
    print(table(rows), file=sys.stderr)
    return 1 if any(bench.misses(line) for bench, line in rows) else 0


def run_all(benches: Iterable[Bench], quick: bool) -> Iterable[tuple[Bench, dict]]:
    """Run them one after the other, printing each line when it is there."""
    for bench in benches:
        for line in bench.run(quick):
            print(json.dumps(line), flush=True)
            yield bench, line


def table(rows: Iterable[tuple[Bench, dict]]) -> str:
    """The goals beside what was reached."""
    lines = []
    for bench, line in rows:
        value = bench.value(line)
        reached = "skipped" if value is None else f"{value:g}"
        verdict = "MISSED" if bench.misses(line) else "" if bench.goal == "for information" else "ok"
        lines.append(f"{bench.name:<16}{reached:>10}   {bench.goal:<18}{verdict}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
