"""The gate that every order passes: trading states per account and for all, and the user's risk rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from terminal_app.domain.bus import Bus
from terminal_app.domain.clock import Clock
from terminal_app.domain.enums import TradingState
from terminal_app.domain.errors import StorageError
from terminal_app.domain.ids import AccountId
from terminal_app.domain.messages import TradingStateChanged
from terminal_app.trading.proposal import Proposal, Refusal
from terminal_app.trading.rules import RiskLimits, rules_of
from terminal_app.trading.stores import GateStore

_ALL = ""
_NARROW = {TradingState.NORMAL: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}


class GateState(Struct, frozen=True):
    """A trading state with who set it, why and since when (aware UTC; None: from the beginning)."""

    state: TradingState = TradingState.NORMAL
    who: str = ""
    why: str = ""
    since: datetime | None = None

    @property
    def reason(self) -> str:
        """Who and why in one line."""
        return f"{self.who}: {self.why}" if self.who and self.why else self.who or self.why


class Gate:
    """Answers whether an order may go out. Cancels never ask: they always pass.

    NORMAL lets everything through that the user's rules allow. REDUCE_ONLY lets through what closes a position, and changes of working
    orders that do not make them larger. HALTED lets through what closes a position and nothing else. The narrower of the account's and
    the overall state counts.
    """

    def __init__(
        self,
        store: GateStore,
        bus: Bus,
        clock: Clock,
        limits: Callable[[AccountId], RiskLimits] = lambda _account: RiskLimits(),
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._limits = limits
        self._states: dict[str, GateState] = {}
        self._load()

    def state(self, account: AccountId | None) -> GateState:
        """The state that counts for ``account``; None: the overall one alone."""
        overall = self._states.get(_ALL, GateState())
        if account is None:
            return overall
        own = self._states.get(account, GateState())
        return own if _NARROW[own.state] > _NARROW[overall.state] else overall

    def is_halted(self, account: AccountId | None) -> bool:
        """Whether new orders are stopped."""
        return self.state(account).state is TradingState.HALTED

    def halt(self, account: AccountId | None, *, who: str, why: str) -> None:
        """Stop new orders. It holds at once, even where it cannot be written down; then StorageError is raised."""
        self.set(account, TradingState.HALTED, who=who, why=why)

    def resume(self, account: AccountId | None, *, who: str, why: str = "") -> None:
        """Let orders pass again. Raises StorageError, and then the halt stays."""
        self.set(account, TradingState.NORMAL, who=who, why=why)

    def set(self, account: AccountId | None, state: TradingState, *, who: str, why: str) -> None:
        """Set a trading state: a narrower one holds before it is written, a wider one only after. Raises StorageError."""
        key = account or _ALL
        before = dict(self._states)
        new = GateState(state, who, why, self._clock.now())
        narrower = _NARROW[state] >= _NARROW[before.get(key, GateState()).state]
        self._states[key] = new
        try:
            self._store.save({name: _written(value) for name, value in self._states.items()})
        except StorageError:
            if not narrower:
                self._states = before
                raise
            self._announce(account, new)
            raise
        self._announce(account, new)

    def refusal(self, proposal: Proposal, *, rules: bool = True) -> Refusal | None:
        """Why this order must not go out; None lets it pass. ``rules`` False asks about the trading state only."""
        closed = self._by_state(proposal)
        if closed is not None or not rules:
            return closed
        for rule in rules_of(self._limits(proposal.account)):
            refusal = rule.ask(proposal)
            if refusal is not None:
                return refusal
        return None

    def change_refusal(self, proposal: Proposal, *, grows: bool) -> Refusal | None:
        """Why a working order must not become this; ``grows``: its quantity would be larger than before."""
        state = self.state(proposal.account).state
        if state is TradingState.REDUCE_ONLY and not grows:
            return None
        return self.refusal(proposal)

    def _by_state(self, proposal: Proposal) -> Refusal | None:
        if proposal.must_reduce and not proposal.reduces:
            return Refusal(
                "NOT_REDUCING",
                f"This order was to close a position, but only {proposal.closable_quantity} units are left to close.",
            )
        now = self.state(proposal.account)
        if now.state is TradingState.NORMAL or proposal.reduces:
            return None
        reason = f" ({now.reason})" if now.reason else ""
        if now.state is TradingState.HALTED:
            return Refusal("HALTED", f"Trading is halted{reason}: resume it before you place new orders.")
        return Refusal("REDUCE_ONLY", f"Only orders that close a position pass now{reason}.")

    def _announce(self, account: AccountId | None, state: GateState) -> None:
        assert state.since is not None
        self._bus.publish(TradingStateChanged(account, state.state, state.reason, state.since))

    def _load(self) -> None:
        for name, value in self._store.load().items():
            self._states[name] = _read(value)


def _written(state: GateState) -> dict[str, str]:
    since = state.since.isoformat() if state.since is not None else ""
    return {"state": state.state.value, "who": state.who, "why": state.why, "since": since}


def _read(value: Mapping[str, Any]) -> GateState:
    """A saved state. What cannot be understood counts as a halt: the safe side of a damaged file."""
    try:
        since = datetime.fromisoformat(value["since"]) if value["since"] else None
        return GateState(TradingState(value["state"]), str(value["who"]), str(value["why"]), since)
    except (KeyError, TypeError, ValueError):
        return GateState(TradingState.HALTED, "Bhav", "the saved trading state could not be read", None)
