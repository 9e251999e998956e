"""The simulated exchange against a slow, plain reading of its rules: random orders on a random market, no difference."""

from __future__ import annotations

import pytest

from tests.helpers.counts import runs
from tests.prove.matching import SEQUENCES, run

SEED = 1


@pytest.mark.prove
def test_random_sequences_of_orders_come_out_as_in_the_reference() -> None:
    count, differences = run(runs(SEQUENCES), SEED)
    assert differences == []
    assert count >= runs(SEQUENCES)
