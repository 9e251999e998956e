"""The typed bus: services announce frozen messages, whoever cares subscribes by the message's type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

M = TypeVar("M")


class Subscription:
    """A handle that ends a subscription."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel: Callable[[], None] | None = cancel

    def cancel(self) -> None:
        """Stop hearing. Calling it twice does nothing more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None


class Bus:
    """Delivers in the order of publishing, on the caller's thread, before ``publish`` returns.

    A message that is published while another is being delivered waits for its turn, so that every subscriber sees the same order.
    An exception of a handler goes to ``on_error`` and does not keep the message from the others.
    """

    def __init__(self, on_error: Callable[[BaseException, object], None]) -> None:
        self._handlers: dict[type, list[Callable[[Any], None]]] = {}
        self._queue: list[object] = []
        self._delivering = False
        self._on_error = on_error

    def subscribe(self, kind: type[M], handler: Callable[[M], None]) -> Subscription:
        """Hear every message of exactly this type."""
        handlers = self._handlers.setdefault(kind, [])
        handlers.append(handler)

        def cancel() -> None:
            if handler in handlers:
                handlers.remove(handler)

        return Subscription(cancel)

    def publish(self, message: object) -> None:
        """Deliver ``message`` to all who subscribed to its type."""
        self._queue.append(message)
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._queue:
                self._deliver(self._queue.pop(0))
        finally:
            self._delivering = False

    def _deliver(self, message: object) -> None:
        for handler in tuple(self._handlers.get(type(message), ())):
            try:
                handler(message)
            except Exception as error:  # noqa: BLE001 - a subscriber's fault must not silence the others; it is reported
                self._on_error(error, message)
