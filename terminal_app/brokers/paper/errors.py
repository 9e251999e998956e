"""What goes wrong with a paper account, in the words of the contract."""

from __future__ import annotations

from terminal_app.domain.errors import BrokerError, BrokerUnavailable, OrderRejected, OrderUnknown

LEDGER = "LEDGER"
"""The code of an order that was refused because it could not be written down."""


def not_kept(error: BaseException) -> OrderRejected:
    """An order call whose result could not be written to the ledger: it was undone, so this is a definite refusal."""
    return OrderRejected(f"The paper account could not be written down, so nothing was done: {error}", LEDGER)


def not_readable(error: BaseException) -> BrokerError:
    """An answer that would tell what is not written down."""
    return BrokerUnavailable(f"The paper account could not be written down: {error}")


def ledger_not_understood(account: str, error: BaseException) -> BrokerError:
    """A ledger of another version, or a damaged one."""
    return BrokerError(f"The ledger of the paper account {account} cannot be read: {error}")


def no_answer() -> OrderUnknown:
    """The answer was lost on its way."""
    return OrderUnknown("The exchange did not answer in time: the order may or may not exist.")


def closed() -> BrokerError:
    """A call after the end."""
    return BrokerUnavailable("This paper account is closed.")
