"""Every error of the terminal, in one tree. Each says whose move it is.

BhavError
  BadInput               the user's move: fix the named field
    ConfigError          ... of a setting, a key or a command line
  OrderError
    OrderDenied          we refused it; nothing was sent
    OrderRejected        the broker or exchange refused it
      AuthorisationNeeded  ... until the sale is authorised at the depository, on a page of the broker
    OrderUnknown         no answer: it may exist; ask, never resend
  BrokerError
    SessionExpired       log in again
    RateLimited          wait ``retry_after_s``
    NotPermitted         the account may not do this
      AddressRefused     ... from this internet address: register it with the broker
    BrokerUnavailable    the broker's or the network's move: try later
    ProtocolError        the broker said what we do not understand: our bug
  LoginError
    LoginCancelled       the user closed it
    LoginTimeout         nobody answered in time
    LoginFailed          the broker refused the login
  VaultError             secrets cannot be read or written; the message says why
    VaultLocked          ... until the keyring or the vault is unlocked
  StorageError           the machine's move: disk full, locked, read-only
    NewerDatabase        the database was written by a newer Bhav
  ReplayError            a recorded file could not be read; names file, line and column
"""

from __future__ import annotations

from enum import StrEnum


class Move(StrEnum):
    """Whose move it is after an error."""

    USER = "USER"
    LOG_IN = "LOG_IN"
    WAIT = "WAIT"
    BROKER = "BROKER"
    MACHINE = "MACHINE"
    DEVELOPER = "DEVELOPER"


class BhavError(Exception):
    """Base of all errors that we raise on purpose. ``str(error)`` is one sentence for the user."""

    move = Move.DEVELOPER

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(BhavError):
    """A value that cannot be accepted. ``field`` names it, the message says the rule and the fix."""

    move = Move.USER

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ConfigError(BadInput):
    """A setting, credential or argument that is missing or wrong."""


class OrderError(BhavError):
    """Base of the three ways an order does not come about."""


class OrderDenied(OrderError):
    """Refused here, before anything was sent. ``code`` names the rule."""

    move = Move.USER

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OrderRejected(OrderError):
    """Refused by the broker or the exchange: a definite answer. ``code`` is theirs."""

    move = Move.USER

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class AuthorisationNeeded(OrderRejected):
    """The shares may be sold once their sale is authorised at the depository: `Broker.authorise_sale`, then place again."""


class OrderUnknown(OrderError):
    """No definite answer: the order may or may not exist. Never send it again; ask."""

    move = Move.WAIT


class BrokerError(BhavError):
    """Base of what a broker's interface can answer besides a result."""

    move = Move.BROKER


class SessionExpired(BrokerError):
    """The session is over: log in again."""

    move = Move.LOG_IN


class RateLimited(BrokerError):
    """Too many calls; ``retry_after_s`` is how long to wait."""

    move = Move.WAIT

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotPermitted(BrokerError):
    """The account, key or address may not do this."""

    move = Move.USER


class AddressRefused(NotPermitted):
    """The broker takes orders only from registered internet addresses, and this is none of them."""


class BrokerUnavailable(BrokerError):
    """The broker or the network did not answer; nothing was changed by the call."""


class ProtocolError(BrokerError):
    """An answer that we do not understand; it names the unknown value or missing field."""

    move = Move.DEVELOPER


class LoginError(BhavError):
    """Base of the ways a login ends without a session."""

    move = Move.LOG_IN


class LoginCancelled(LoginError):
    """The user closed the login."""


class LoginTimeout(LoginError):
    """The login was not finished in time."""


class LoginFailed(LoginError):
    """The broker refused the login; the message says why."""


class VaultError(BhavError):
    """Secrets cannot be read or written. Nothing was half written."""

    move = Move.MACHINE


class VaultLocked(VaultError):
    """The keyring or the encrypted vault is locked, or was not unlocked in time: unlock it and try again."""

    move = Move.USER


class StorageError(BhavError):
    """The database cannot be read or written: disk full, locked, read-only. Nothing was half written."""

    move = Move.MACHINE


class NewerDatabase(StorageError):
    """The database was written by a newer version and is left untouched."""

    move = Move.USER


class ReplayError(BhavError):
    """A recorded file that cannot be read; the message names file, line and column."""

    move = Move.USER
