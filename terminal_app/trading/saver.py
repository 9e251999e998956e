"""Writing orders down behind the desk's back: in order, merged while the database is busy, and again until it works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct, field

from terminal_app.domain.errors import StorageError
from terminal_app.domain.fill import Fill
from terminal_app.domain.ids import AccountId, ClientOrderId
from terminal_app.domain.order import Order, OrderEvent
from terminal_app.trading.stores import OrderStore
from terminal_app.trading.tasks import TaskKeeper

Key = tuple[AccountId, ClientOrderId]


class _Parcel(Struct):
    """What is to be written of one order."""

    order: Order
    events: list[OrderEvent] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)


class OrderSaver:
    """Writes the newest state of each order with all its events and fills.

    What the broker said is true whether or not it can be written, so a failure is repeated every ``retry_s`` seconds; ``on_trouble`` hears
    the error, and None when writing works again.
    """

    def __init__(
        self,
        store: OrderStore,
        tasks: TaskKeeper,
        on_trouble: Callable[[StorageError | None], None],
        retry_s: float = 2.0,
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._on_trouble = on_trouble
        self._retry_s = retry_s
        self._parcels: dict[Key, _Parcel] = {}
        self._writing: tuple[Key, _Parcel] | None = None
        self._runner: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._failed = False

    def put(
        self, account: AccountId, order: Order, events: Sequence[OrderEvent] = (), fills: Sequence[Fill] = ()
    ) -> None:
        """Have this written soon."""
        self._parcel(account, order, events, fills)

    async def write(self, account: AccountId, order: Order, events: Sequence[OrderEvent] = ()) -> None:
        """Have this written now and wait for it. Raises StorageError; it is then still tried again later."""
        written = asyncio.get_running_loop().create_future()
        self._parcel(account, order, events, ()).waiting.append(written)
        self._hurry.set()
        await written

    async def flush(self, limit_s: float) -> bool:
        """Wait until all is written, at most ``limit_s`` seconds; whether it is."""
        runner = self._runner
        if runner is None or runner.done():
            return True
        self._hurry.set()
        await asyncio.wait({runner}, timeout=limit_s)
        return runner.done()

    def _parcel(self, account: AccountId, order: Order, events: Sequence[OrderEvent], fills: Sequence[Fill]) -> _Parcel:
        assert order.client_id is not None
        parcel = self._parcels.setdefault((account, order.client_id), _Parcel(order))
        parcel.order = order
        parcel.events.extend(events)
        parcel.fills.extend(fills)
        if self._runner is None or self._runner.done():
            self._runner = self._tasks.start(self._run(), "trading: write orders")
        return parcel

    async def _run(self) -> None:
        while self._parcels:
            key = next(iter(self._parcels))
            parcel = self._parcels.pop(key)
            try:
                await self._store.save(key[0], parcel.order, tuple(parcel.events), tuple(parcel.fills))
            except StorageError as error:
                self._put_back(key, parcel, error)
                await self._pause()
            except BaseException as error:
                _answer(parcel, error)
                raise
            else:
                _answer(parcel, None)
                if self._failed:
                    self._failed = False
                    self._on_trouble(None)

    def _put_back(self, key: Key, parcel: _Parcel, error: StorageError) -> None:
        _answer(parcel, error)
        newer = self._parcels.pop(key, None)
        if newer is not None:
            parcel.order = newer.order
            parcel.events += newer.events
            parcel.fills += newer.fills
            parcel.waiting += newer.waiting
        self._parcels = {key: parcel, **self._parcels}
        if not self._failed:
            self._failed = True
            self._on_trouble(error)

    async def _pause(self) -> None:
        self._hurry.clear()
        if any(parcel.waiting for parcel in self._parcels.values()):
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(self._retry_s):
                await self._hurry.wait()
        except TimeoutError:
            return


def _answer(parcel: _Parcel, error: BaseException | None) -> None:
    for waiting in parcel.waiting:
        if waiting.done():
            continue
        if error is None:
            waiting.set_result(None)
        elif isinstance(error, asyncio.CancelledError):
            waiting.cancel()
        else:
            waiting.set_exception(error)
    parcel.waiting = []
