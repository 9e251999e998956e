"""The dials: what acts on which call, how often, and what cannot be set."""

from __future__ import annotations

import msgspec
import pytest

from terminal_app.simulator.dialects.dials import Dials


def test_a_rule_acts_on_its_route_so_many_times() -> None:
    dials = Dials()
    dials.change({"errors": [{"route": "POST /orders/*", "times": 2, "code": "OrderException"}]})
    assert dials.error("GET /orders") is None
    found = [dials.error("POST /orders/regular") for _ in range(3)]
    assert [rule.code if rule is not None else None for rule in found] == ["OrderException", "OrderException", None]


def test_a_rule_for_ever_is_not_used_up() -> None:
    dials = Dials()
    dials.change({"slow": [{"route": "*", "seconds": 2}]})
    assert [dials.delay_s("GET /x") for _ in range(3)] == [2, 2, 2]


def test_the_first_rule_that_fits_acts_and_the_next_follows_when_it_is_used_up() -> None:
    dials = Dials()
    dials.change({"errors": [{"code": "A"}, {"code": "B"}]})
    found = [dials.error("GET /x") for _ in range(3)]
    assert [rule and rule.code for rule in found] == ["A", "B", None]


def test_a_count_goes_down_with_every_use() -> None:
    dials = Dials(wrong_checksum=1)
    assert [dials.uses("wrong_checksum") for _ in range(2)] == [True, False]


def test_what_a_change_does_not_name_stays() -> None:
    dials = Dials(spent_code=3)
    dials.change({"mute_sockets": True})
    assert (dials.spent_code, dials.mute_sockets) == (3, True)


@pytest.mark.parametrize(
    "wrong", [{"nonsense": 1}, {"static_ip": "maybe"}, {"errors": [{"rout": "*"}]}, {"wrong_checksum": "many"}]
)
def test_a_dial_that_is_wrong_changes_nothing(wrong: dict[str, object]) -> None:
    dials = Dials()
    with pytest.raises(msgspec.ValidationError):
        dials.change({"mute_sockets": True, **wrong})
    assert dials == Dials()


def test_reset_puts_everything_at_rest() -> None:
    dials = Dials(mute_sockets=True, reject_late=["no"])
    dials.reset()
    assert dials == Dials()
