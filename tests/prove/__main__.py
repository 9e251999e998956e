"""The full counts: ``python -m tests.prove [NAME ...] [--seed N]`` prints a JSON line a proof; exit status 1 where one fails.

kill         the session of a recorded day, killed at random instants 50 times
matching     2,000 random order sequences against a slow reference of the rules
suite        every other counted or property test of the suite, in full
conformance  400 calls a broker, 10,000 whole and 100,000 damaged frames against the brokers' own clients
memory       how much the window grows in ten minutes, as a bench line
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

os.environ["BHAV_PROVE"] = "1"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from tests.e2e.session import RECORDING
from tests.helpers.folders import REPOSITORY, shared_folder

KILLS = 50
MEMORY_LIMIT_MB = 10.0
_OWN_LINES = (
    "tests/conformance/test_kite_frames.py",
    "tests/conformance/test_kite_requests.py",
    "tests/conformance/test_upstox_frames.py",
    "tests/conformance/test_upstox_requests.py",
    "tests/e2e/test_kill.py",
    "tests/unit/simulator/test_against_reference.py",
)
"""Counted tests that have a proof of their own here."""
_COUNTED = re.compile(r"^from (tests\.helpers\.counts import .*\bruns\b|hypothesis import)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often something ran, what failed, and why it was left out."""

    runs: int
    failures: tuple[str, ...] = ()
    skipped: str = ""
    more: dict[str, int] = field(default_factory=dict)


def kill(seed: int) -> Outcome:
    """See ``tests.prove.kill``."""
    from tests.prove.kill import Killer, can_kill

    shared = shared_folder()
    if shared is None:
        return Outcome(0, skipped="needs shared reference data (BHAV_SHARED, else ../shared)")
    if not can_kill():
        return Outcome(0, skipped="needs SIGKILL (not Windows)")
    with tempfile.TemporaryDirectory(prefix="bhav-prove-") as folder:
        killer = Killer(Path(folder), shared / "data" / "candles" / RECORDING, seed)
        killer.run(KILLS)
    more = {"sessions": killer.ends, "settled": killer.settled}
    return Outcome(killer.kills, tuple(killer.failures), more=more)


def matching(seed: int) -> Outcome:
    """See ``tests.prove.matching``."""
    from tests.prove.matching import SEQUENCES, run

    count, differences = run(SEQUENCES, seed)
    return Outcome(count, tuple(differences))


def conformance(seed: int) -> Outcome:
    """See ``tests.prove.conformance``; ``runs`` are calls and frames."""
    from tests.prove.conformance import is_set_up, run

    if not is_set_up():
        return Outcome(0, skipped="the brokers' clients are not set up in .venv-sdk (make prove does it)")
    counts, differences = run(seed)
    compared = ("calls", "frames", "damaged")
    runs = sum(count for name, count in counts.items() if name.endswith(compared))
    return Outcome(runs, tuple(differences), more=counts)


def suite(seed: int) -> Outcome:
    """All files that count their runs or draw examples, in one run of pytest; ``runs`` are tests."""
    files = [
        path.relative_to(REPOSITORY).as_posix()
        for path in sorted((REPOSITORY / "tests").rglob("test_*.py"))
        if _COUNTED.search(path.read_text(encoding="utf-8"))
    ]
    chosen = [name for name in files if name not in _OWN_LINES]
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", f"--randomly-seed={seed}"]
    done = subprocess.run([*command, *chosen], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    failed = tuple(line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR")))
    if done.returncode and not failed:
        failed = (f"pytest ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}",)
    return Outcome(sum(counts.values()), failed)


def memory(_seed: int) -> Outcome:
    """The bench ``memory.growth``, whose own line is printed too."""
    command = [sys.executable, "-m", "tests.bench", "memory.growth"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    print("\n".join(lines), flush=True)
    if done.returncode or not lines:
        return Outcome(len(lines), (done.stdout[-1000:] + done.stderr[-2000:],))
    line = json.loads(lines[-1])
    if "skipped" in line:
        return Outcome(0, skipped=line["skipped"])
    return Outcome(1, () if line["ours"] < MEMORY_LIMIT_MB else (f"grew by {line['ours']} MB",))


PROOFS: dict[str, Callable[[int], Outcome]] = {
    "kill": kill,
    "matching": matching,
    "conformance": conformance,
    "suite": suite,
    "memory": memory,
}


def main(arguments: list[str]) -> int:
    """Run what was asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PROOFS))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    asked = parser.parse_args(arguments)
    unknown = set(asked.names) - set(PROOFS)
    if unknown:
        parser.error(f"there is no proof {', '.join(sorted(unknown))}")
    has_failed = False
    for name, proof in PROOFS.items():
        if asked.names and name not in asked.names:
            continue
        outcome = proof(asked.seed)
        line: dict[str, object] = {
            "proof": name,
            "runs": outcome.runs,
            "failures": len(outcome.failures),
            "seed": asked.seed,
        }
        line |= outcome.more
        if outcome.skipped:
            line |= {"skipped": outcome.skipped}
        print(json.dumps(line), flush=True)
        for failure in outcome.failures:
            print(failure, file=sys.stderr, flush=True)
        has_failed |= bool(outcome.failures)
    return 1 if has_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
