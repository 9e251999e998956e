"""The simulated exchange against a slow, plain reading of its rules: random orders on a random market, no difference."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.helpers.counts import runs
from tests.reference.machine import MatchingMachine

SEQUENCES = 2000
ACTIONS = 40


@pytest.mark.prove
def test_random_sequences_of_orders_come_out_as_in_the_reference() -> None:
    run_state_machine_as_test(
        MatchingMachine,
        settings=settings(
            max_examples=runs(SEQUENCES), stateful_step_count=ACTIONS, suppress_health_check=list(HealthCheck)
        ),
    )
