"""Call budgets: what passes when, who goes first, who is turned away. Time here passes only when a test moves it."""

from __future__ import annotations

import asyncio
import gc
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_app.brokers.ratelimit import PRIORITY, CallClass, RateLimiter, Timer, Window, limiter_for
from terminal_app.domain.errors import RateLimited

PLACE, READ, CANCEL, MODIFY = CallClass.PLACE, CallClass.READ, CallClass.CANCEL, CallClass.MODIFY


class _Scheduled:
    def __init__(self, at_s: float, call: Callable[[], None]) -> None:
        self.at_s = at_s
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self.call = None


class Clock:
    """Time and timers, moved by hand. ``share`` below 1 makes each timer fire too early, as real ones may."""

    def __init__(self, share: float = 1.0) -> None:
        self.now_s = 500.0
        self.share = share
        self.timers: list[_Scheduled] = []

    def __call__(self) -> float:
        return self.now_s

    def later(self, delay_s: float, call: Callable[[], None]) -> Timer:
        assert delay_s > 0
        timer = _Scheduled(self.now_s + delay_s * self.share, call)
        self.timers.append(timer)
        return timer

    @property
    def waiting(self) -> list[_Scheduled]:
        return [timer for timer in self.timers if timer.call is not None]

    async def move_to(self, at_s: float) -> None:
        """Fire what is due until then, one after the other, and let the loop turn after each."""
        while due := [timer for timer in self.waiting if timer.at_s <= at_s]:
            timer = min(due, key=lambda one: one.at_s)
            self.now_s = max(self.now_s, timer.at_s)
            call, timer.call = timer.call, None
            assert call is not None
            call()
            await turn()
        self.now_s = at_s


async def turn() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


def limiter_of(clock: Clock, *windows: Window) -> RateLimiter:
    return RateLimiter({"orders": windows}, clock, later=clock.later)


class Calls:
    """Callers of one limiter and when each of them passed."""

    def __init__(self, limiter: RateLimiter, clock: Clock) -> None:
        self.limiter = limiter
        self.clock = clock
        self.passed: list[tuple[float, str]] = []
        self.refused: list[tuple[float, str]] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, call: CallClass, patience_s: float | None = None) -> None:
        async def caller() -> None:
            try:
                await self.limiter.acquire("orders", call, patience_s=patience_s)
            except RateLimited:
                self.refused.append((self.clock.now_s, name))
            else:
                self.passed.append((self.clock.now_s, name))

        self.tasks[name] = asyncio.get_running_loop().create_task(caller())
        await turn()

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.passed]


# --- windows


async def test_calls_within_the_budget_pass_at_once() -> None:
    clock = Clock()
    limiter = limiter_of(clock, Window(10, 1.0))
    for _ in range(10):
        await limiter.acquire("orders", PLACE, patience_s=0.0)
    assert clock.timers == []


async def test_the_next_call_passes_when_the_oldest_has_left_the_window() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(2, 1.0)), clock)
    await calls.come("a", PLACE)
    clock.now_s += 0.4
    await calls.come("b", PLACE)
    await calls.come("c", PLACE)
    await calls.come("d", PLACE)
    await clock.move_to(510.0)
    assert calls.passed == [(500.0, "a"), (500.4, "b"), (501.0, "c"), (501.4, "d")]


async def test_all_windows_of_a_budget_hold() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(2, 1.0), Window(3, 60.0)), clock)
    for name in "abcd":
        await calls.come(name, PLACE)
    await clock.move_to(600.0)
    assert calls.passed == [(500.0, "a"), (500.0, "b"), (501.0, "c"), (560.0, "d")]


async def test_budgets_do_not_touch_each_other() -> None:
    clock = Clock()
    limiter = RateLimiter({"orders": (Window(1, 1.0),), "quote": (Window(1, 1.0),)}, clock, later=clock.later)
    await limiter.acquire("orders", PLACE, patience_s=0.0)
    await limiter.acquire("quote", READ, patience_s=0.0)
    with pytest.raises(RateLimited):
        await limiter.acquire("quote", READ, patience_s=0.5)


async def test_an_unknown_budget_is_named_with_those_there_are() -> None:
    limiter = RateLimiter({"orders": (Window(1, 1.0),)})
    with pytest.raises(ValueError, match="no budget is called 'order'; there are: orders"):
        await limiter.acquire("order", PLACE)
    with pytest.raises(ValueError, match="no budget is called"):
        limiter.penalise("order", 1.0)


@pytest.mark.parametrize(("calls", "seconds"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, -1.0), (1, math.nan)])
def test_a_window_that_lets_nothing_pass_or_everything_is_refused(calls: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="at least one call"):
        Window(calls, seconds)


Arrival = tuple[float, CallClass, float | None]
ARRIVALS = st.lists(
    st.tuples(st.floats(0, 2.0), st.sampled_from([CANCEL, MODIFY, PLACE, READ]), st.none() | st.floats(0, 5.0)),
    min_size=1,
    max_size=40,
)
WINDOWS = st.lists(st.builds(Window, st.integers(1, 5), st.floats(0.1, 5.0)), min_size=1, max_size=3)


async def _any_day(arrivals: list[Arrival], windows: list[Window], penalties: list[float], share: float) -> None:
    clock = Clock(share)
    calls = Calls(limiter_of(clock, *windows), clock)
    came: dict[str, tuple[float, CallClass, float | None]] = {}
    for number, (gap_s, call, patience_s) in enumerate(arrivals):
        await clock.move_to(clock.now_s + gap_s)
        name = f"{number:02}"
        came[name] = (clock.now_s, call, patience_s)
        await calls.come(name, call, patience_s)
        if penalties and number % 7 == 3:
            calls.limiter.penalise("orders", penalties.pop())
    await clock.move_to(clock.now_s + 1000.0)

    at_s = [when for when, _ in calls.passed]
    for window in windows:
        for first, last in zip(at_s, at_s[window.calls :], strict=False):
            assert last - first >= window.seconds - 1e-9, "more calls in a window than it allows"
    assert len(calls.passed) + len(calls.refused) == len(arrivals), "somebody waits for ever"
    assert all(came[name][2] is not None for _, name in calls.refused)
    for when, name in calls.passed + calls.refused:
        arrived_s, _, patience_s = came[name]
        assert patience_s is None or when - arrived_s <= patience_s + 0.0011, "somebody waited beyond its patience"
    for rank in {PRIORITY[call] for _, call, _ in came.values()}:
        order = [name for name in calls.names if PRIORITY[came[name][1]] == rank]
        assert order == sorted(order), "somebody was overtaken by an equal"


@given(
    arrivals=ARRIVALS,
    windows=WINDOWS,
    penalties=st.lists(st.floats(0, 3), max_size=2),
    share=st.sampled_from([1.0, 0.9]),
)
def test_whatever_comes_no_window_holds_too_many_and_equals_pass_in_turn(
    loop: asyncio.AbstractEventLoop,
    arrivals: list[Arrival],
    windows: list[Window],
    penalties: list[float],
    share: float,
) -> None:
    loop.run_until_complete(_any_day(arrivals, windows, penalties, share))


# --- priority


async def test_cancels_pass_before_modifies_before_places_before_the_rest() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(1, 1.0)), clock)
    await calls.come("first", READ)
    rest = [CallClass.HISTORY, READ, PLACE, MODIFY, CANCEL, CallClass.QUOTE, PLACE, CANCEL]
    for number, call in enumerate(rest):
        await calls.come(f"{call}{number}", call)
    await clock.move_to(600.0)
    assert calls.names == [
        *("first", "cancel4", "cancel7", "modify3", "place2", "place6"),
        *("history0", "read1", "quote5"),
    ]


async def test_a_newcomer_does_not_slip_past_those_who_wait() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(1, 1.0)), clock)
    await calls.come("a", READ)
    await calls.come("b", READ)
    clock.now_s = 501.5  # the timer is late
    await calls.come("c", READ)
    await clock.move_to(510.0)
    assert calls.names == ["a", "b", "c"]


def test_every_kind_of_call_has_a_priority() -> None:
    assert set(PRIORITY) == set(CallClass)
    assert sorted(PRIORITY, key=lambda call: PRIORITY[call])[:3] == [CANCEL, MODIFY, PLACE]


# --- patience


async def test_a_turn_too_far_off_is_refused_at_once_with_the_time_to_wait() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(1, 10.0)), clock)
    await calls.come("a", PLACE)
    await calls.come("b", PLACE)
    with pytest.raises(RateLimited) as caught:
        await calls.limiter.acquire("orders", PLACE, patience_s=15.0)
    assert caught.value.retry_after_s == pytest.approx(20.0)
    assert caught.value.message == "Too many calls to the broker (orders): the next one can be made in 20 s."
    await clock.move_to(511.0)


async def test_those_of_lower_priority_do_not_count_in_the_forecast() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(1, 10.0)), clock)
    for name in "abc":
        await calls.come(name, READ)
    await calls.come("cancel", CANCEL, patience_s=11.0)
    await clock.move_to(600.0)
    assert calls.passed[1] == (510.0, "cancel")


async def test_a_caller_that_is_overtaken_is_refused_when_its_patience_ends() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(1, 1.0)), clock)
    await calls.come("a", READ)
    await calls.come("b", READ, patience_s=2.5)
    for number in range(5):
        await calls.come(f"c{number}", CANCEL)
    await clock.move_to(600.0)
    assert calls.refused == [(502.5, "b")]
    assert calls.names == ["a", "c0", "c1", "c2", "c3", "c4"]


async def test_a_caller_that_gives_up_takes_no_turn() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(1, 1.0)), clock)
    for name in "abc":
        await calls.come(name, PLACE)
    calls.tasks["b"].cancel()
    await turn()
    await calls.come("d", PLACE, patience_s=2.0)
    await clock.move_to(600.0)
    assert calls.passed == [(500.0, "a"), (501.0, "c"), (502.0, "d")]


async def test_when_all_who_waited_are_gone_no_timer_goes_on() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(1, 1.0)), clock)
    for name in "abc":
        await calls.come(name, PLACE)
    calls.tasks["b"].cancel()
    calls.tasks["c"].cancel()
    await turn()
    await clock.move_to(600.0)
    assert clock.waiting == []


# --- penalty and what is left


async def test_a_penalty_holds_everybody_back_and_never_shortens() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(5, 1.0)), clock)
    calls.limiter.penalise("orders", 7.0)
    calls.limiter.penalise("orders", 1.0)
    await calls.come("a", CANCEL)
    await clock.move_to(506.9)
    assert calls.passed == []
    await clock.move_to(510.0)
    assert calls.passed == [(507.0, "a")]


async def test_a_penalty_reaches_those_who_wait_already() -> None:
    clock = Clock()
    calls = Calls(limiter_of(clock, Window(1, 1.0)), clock)
    await calls.come("a", PLACE)
    await calls.come("b", PLACE)
    calls.limiter.penalise("orders", 5.0)
    await clock.move_to(600.0)
    assert calls.passed == [(500.0, "a"), (505.0, "b")]


async def test_what_is_left_is_that_of_the_tightest_window() -> None:
    clock = Clock()
    limiter = RateLimiter({"orders": (Window(3, 1.0), Window(4, 60.0)), "quote": (Window(1, 1.0),)}, clock)
    assert limiter.remaining() == (("orders", 3, 3), ("quote", 1, 1))
    for _ in range(2):
        await limiter.acquire("orders", PLACE)
    assert limiter.remaining() == (("orders", 1, 3), ("quote", 1, 1))
    clock.now_s += 1.0
    assert limiter.remaining() == (("orders", 2, 4), ("quote", 1, 1))
    limiter.penalise("orders", 3.0)
    assert limiter.remaining()[0][1] == 0


async def test_on_a_real_loop_and_clock_a_waiting_call_passes() -> None:
    limiter = RateLimiter({"orders": (Window(1, 0.02),)})
    for _ in range(3):
        await limiter.acquire("orders", PLACE)
    assert limiter.remaining()[0][2] == 1


# --- shared per client


def test_two_accounts_of_one_client_share_a_limiter() -> None:
    budgets = {"orders": (Window(10, 1.0),)}
    first = limiter_for("one broker", "key-1", budgets)
    assert limiter_for("one broker", "key-1", dict(budgets)) is first
    assert limiter_for("one broker", "key-2", budgets) is not first
    assert limiter_for("another broker", "key-1", budgets) is not first


async def test_what_was_called_before_an_account_was_closed_counts_when_it_is_opened_again() -> None:
    budgets = {"orders": (Window(10, 60.0),)}
    await limiter_for("one broker", "key-3", budgets).acquire("orders", PLACE)
    gc.collect()
    assert limiter_for("one broker", "key-3", budgets).remaining() == (("orders", 9, 10),)


def test_one_client_has_one_set_of_budgets() -> None:
    held = limiter_for("zerodha", "key-4", {"orders": (Window(10, 1.0),)})
    with pytest.raises(ValueError, match="two sets of budgets"):
        limiter_for("zerodha", "key-4", {"orders": (Window(9, 1.0),)})
    assert held.remaining() == (("orders", 10, 10),)
