"""Random sequences of orders: the simulated exchange against the slow reference of its rules."""

from __future__ import annotations

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.reference.machine import MatchingMachine

SEQUENCES, ACTIONS = 2000, 50


class _Counted(MatchingMachine):
    """Counts the sequences that ran."""

    sequences = 0

    def teardown(self) -> None:
        """One more."""
        type(self).sequences += 1


def run(sequences: int, number: int) -> tuple[int, list[str]]:
    """Run that many with this seed: how many ran, and what differed."""
    _Counted.sequences = 0
    machine = seed(number)(_Counted)
    limits = settings(
        max_examples=sequences,
        stateful_step_count=ACTIONS,
        database=None,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=limits)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a sequence is what the proof is to find
        notes = "\n".join(getattr(error, "__notes__", ()))
        return _Counted.sequences, [f"{error!r}\n{notes}"]
    return _Counted.sequences, []
