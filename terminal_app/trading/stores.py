"""What trading needs to have written down: the protocols that storage fulfils."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from terminal_app.domain.enums import Product
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, ClientOrderId, InstrumentId
from terminal_app.domain.order import Order, OrderEvent
from terminal_app.domain.position import Position


class SavedOrders(Protocol):
    """Orders and fills of one account as they were written last."""

    @property
    def orders(self) -> Sequence[Order]:
        """Orders updated since the asked time, and those that were still working or in flight, whenever placed."""
        ...

    @property
    def fills(self) -> Sequence[Fill]:
        """Fills since the asked time."""
        ...


class OrderStore(Protocol):
    """Orders, their timelines and fills. Every call raises StorageError and then has written nothing."""

    async def add_intent(self, account: AccountId, order: Order, event: OrderEvent) -> None:
        """Write a new order so that even a power cut right after the call cannot lose it."""
        ...

    async def save(
        self, account: AccountId, order: Order, events: Sequence[OrderEvent] = (), fills: Sequence[Fill] = ()
    ) -> None:
        """Write an order as it stands (new or known), with new events; a fill that is there already is not written twice."""
        ...

    async def load(self, account: AccountId, since: datetime) -> SavedOrders:
        """What was written, see ``SavedOrders``."""
        ...

    async def events(self, client_id: ClientOrderId) -> Sequence[OrderEvent]:
        """The timeline of an order, oldest first."""
        ...


class PositionStore(Protocol):
    """The positions a trading day opened with. Raises StorageError."""

    async def save_carried(self, account: AccountId, day: date, positions: Sequence[Position]) -> None:
        """Keep what ``day`` opens with."""
        ...

    async def load_carried(self, account: AccountId, day: date) -> Sequence[Position] | None:
        """What ``day`` opened with; None where nothing was kept."""
        ...


class PnlStore(Protocol):
    """The points of the profit and loss line. Raises StorageError."""

    async def add(
        self,
        account: AccountId,
        time: datetime,
        realised: Decimal,
        unrealised: Decimal,
        positions: Sequence[tuple[InstrumentId, Product, int, Decimal]],
    ) -> None:
        """Keep one point with the quantity and day P&L of each position."""
        ...


class GateStore(Protocol):
    """Where the trading states outlive a restart: a small JSON document. Raises StorageError."""

    def load(self) -> Mapping[str, Any]:
        """What was saved; empty at first."""
        ...

    def save(self, states: Mapping[str, Any]) -> None:
        """Replace what was saved."""
        ...
