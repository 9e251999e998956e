"""The contract that every broker fulfils, and what a broker declares it can do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct, field

from terminal_app.domain.account import BrokerSession, Profile
from terminal_app.domain.broker_charges import BrokerCharges, ChargedOrder
from terminal_app.domain.enums import FeedMode, Interval, OrderType, Product, Segment, Side, Validity, Variety
from terminal_app.domain.errors import SessionExpired
from terminal_app.domain.fill import Fill
from terminal_app.domain.funds import Funds, Margin
from terminal_app.domain.holding import Holding
from terminal_app.domain.ids import BrokerOrderId, ClientTag, InstrumentId
from terminal_app.domain.instrument import InstrumentDump
from terminal_app.domain.login import LoginPrompter
from terminal_app.domain.market import Bar, Quote, TickBatch
from terminal_app.domain.order import Order, OrderChange, OrderRef, OrderRequest, OrderUpdate
from terminal_app.domain.position import PositionKey, Positions
from terminal_app.domain.trigger import StoredTrigger, TriggerId, TriggerRequest


class Capabilities(Struct, frozen=True):
    """What a broker can do; the window shows nothing else.

    ``product_codes`` are the broker's own words for the products, as its customers know them (CNC, MIS, NRML).
    ``default_protection`` is the market protection in percent that an order without one gets.
    """

    products: dict[Segment, tuple[Product, ...]]
    product_codes: dict[Product, str]
    order_types: tuple[OrderType, ...] = (OrderType.LIMIT, OrderType.MARKET, OrderType.SL, OrderType.SL_M)
    validities: tuple[Validity, ...] = (Validity.DAY, Validity.IOC)
    varieties: tuple[Variety, ...] = (Variety.REGULAR,)
    intervals: tuple[Interval, ...] = tuple(Interval)
    depth_levels: int = 5
    default_protection: Decimal = Decimal(2)
    can_modify: bool = True
    can_convert: bool = False
    has_stored_triggers: bool = False
    echoes_tag: bool = True
    square_off_times: dict[Segment, str] = field(default_factory=dict)


class LoginField(Struct, frozen=True):
    """One value that an account at this broker needs. ``help`` says where to find it."""

    key: str
    label: str
    help: str
    secret: bool = True
    required: bool = True


class LoginForm(Struct, frozen=True):
    """What is asked when an account is added. ``steps`` are sentences to follow at the broker's ``console_url``.

    ``redirect_help`` says where the redirect address has to be registered; ``session_ends`` when a login is over, in words.
    """

    fields: tuple[LoginField, ...]
    console_url: str
    redirect_help: str
    steps: tuple[str, ...]
    session_ends: str


class Execution(Protocol):
    """Everything that can change an order. Only the order desk holds it."""

    async def place(self, order: OrderRequest, tag: ClientTag) -> BrokerOrderId:
        """Send a new order once. Raises OrderRejected (definite), OrderUnknown (it may exist), BrokerError."""
        ...

    async def modify(self, order: OrderRef, change: OrderChange) -> None:
        """Change a working order. Raises OrderRejected, OrderUnknown, BrokerError."""
        ...

    async def cancel(self, order: OrderRef) -> None:
        """Ask for an order to be cancelled. Raises OrderRejected, OrderUnknown, BrokerError."""
        ...


class TriggerExecution(Protocol):
    """The part of an execution that stores triggers at the broker; only where the capabilities say so."""

    async def place_trigger(self, trigger: TriggerRequest) -> TriggerId:
        """Store a trigger once. Raises OrderRejected, OrderUnknown, BrokerError."""
        ...

    async def modify_trigger(self, id: TriggerId, trigger: TriggerRequest) -> None:
        """Replace what a stored trigger says. Raises OrderRejected, OrderUnknown, BrokerError."""
        ...

    async def cancel_trigger(self, id: TriggerId) -> None:
        """Delete a stored trigger. Raises OrderRejected, OrderUnknown, BrokerError."""
        ...


class ConvertExecution(Protocol):
    """The part of an execution that converts positions; only where the capabilities say so."""

    async def convert(self, position: PositionKey, side: Side, quantity: int, to: Product, *, carried: bool) -> None:
        """Turn part of a position into another product. ``carried``: it was open when the day began. Raises OrderRejected, BrokerError."""
        ...


class Feed(Protocol):
    """Live prices; iterating yields tick batches until the feed is closed."""

    async def subscribe(self, ids: Sequence[InstrumentId], mode: FeedMode) -> None:
        """Ask for these instruments; a second call changes the mode."""
        ...

    async def unsubscribe(self, ids: Sequence[InstrumentId]) -> None:
        """Stop these instruments."""
        ...

    def __aiter__(self) -> AsyncIterator[TickBatch]: ...

    async def __anext__(self) -> TickBatch: ...


class Broker(Protocol):
    """One account at one broker. Opening it does no I/O; all calls raise BrokerError or its children."""

    @property
    def capabilities(self) -> Capabilities:
        """What this broker can do."""
        ...

    @property
    def execution(self) -> Execution:
        """Orders: for the order desk only."""
        ...

    @property
    def feed(self) -> Feed:
        """Live prices."""
        ...

    @property
    def order_updates(self) -> AsyncIterator[OrderUpdate]:
        """What happens to the account's orders, in the order it is heard; ends when the broker is closed."""
        ...

    async def login(self, prompter: LoginPrompter) -> BrokerSession:
        """Log in. Raises LoginError, BrokerError."""
        ...

    async def logout(self) -> None:
        """End the session at the broker."""
        ...

    async def aclose(self) -> None:
        """Close connections and end own tasks; the session stays valid."""
        ...

    async def profile(self) -> Profile:
        """Who is logged in; proves that the session works."""
        ...

    async def funds(self) -> Funds:
        """Money."""
        ...

    async def holdings(self) -> list[Holding]:
        """Shares in the demat account."""
        ...

    async def positions(self) -> Positions:
        """Open and closed positions of the day."""
        ...

    async def orders(self) -> list[Order]:
        """All orders of the trading day."""
        ...

    async def fills(self) -> list[Fill]:
        """All fills of the trading day."""
        ...

    async def quotes(self, ids: Sequence[InstrumentId]) -> dict[InstrumentId, Quote]:
        """Prices asked for once; instruments without a price are absent."""
        ...

    async def bars(self, id: InstrumentId, interval: Interval, start: datetime, end: datetime) -> list[Bar]:
        """Bars that begin in [start, end), aware times, oldest first."""
        ...

    async def margin(self, orders: Sequence[OrderRequest]) -> Margin:
        """What these orders together would need."""
        ...

    async def instruments(self) -> InstrumentDump:
        """All instruments of the broker."""
        ...


class LiveBroker(Broker, Protocol):
    """What a broker of the real world knows besides. Every call may raise BrokerError."""

    on_session_lost: Callable[[SessionExpired], None] | None
    """Called once when the broker does not take the session any more."""

    def use_instruments(self, dump: InstrumentDump) -> None:
        """Know these instruments from now on, instead of asking for the list."""
        ...

    async def order_history(self, order: OrderRef) -> list[Order]:
        """The states that one order went through, oldest first."""
        ...

    async def order_fills(self, order: OrderRef) -> list[Fill]:
        """The fills of one order."""
        ...

    async def triggers(self) -> list[StoredTrigger]:
        """Stored triggers; empty where the broker has none."""
        ...

    async def charges(self, orders: Sequence[ChargedOrder]) -> BrokerCharges:
        """What these orders would cost by the broker's own calculation. Raises NotPermitted where it has none."""
        ...

    async def authorise_sale(self, prompter: LoginPrompter, holdings: Sequence[Holding]) -> None:
        """Have the sale of holdings authorised at the depository. Raises LoginError, NotPermitted where it is not needed."""
        ...

    async def keep_warm(self) -> None:
        """Have the connection for orders open, so that the next order does not wait for it. Raises nothing."""
        ...

    def remaining_calls(self) -> tuple[tuple[str, int, int], ...]:
        """The budget of calls: (name of the class, calls left in its tightest window now, size of that window)."""
        ...
